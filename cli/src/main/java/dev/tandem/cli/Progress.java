package dev.tandem.cli;

import dev.tandem.trainer.Callback;
import dev.tandem.trainer.Evaluation;
import dev.tandem.trainer.Trainer;
import java.util.Locale;

/** Tells how training goes. Closing it leaves the terminal as it was. */
abstract class Progress implements Callback, AutoCloseable {
    private double smoothLoss = Double.NaN;
    private String accuracy = "";

    /** @param validation what the network is measured on after each epoch; null if it is not */
    static Progress on(Console console, String validation) {
        return console.isInteractive()
                ? new ProgressOnTerminal(console, validation)
                : new ProgressInLog(console, validation);
    }

    private final String validation;

    Progress(String validation) {
        this.validation = validation;
    }

    /** {@code loss 0.0312, test 98.70 %}: a running mean, and the last measurement. */
    final String state(Step step) {
        // The mean of about the last 20 steps.
        smoothLoss = Double.isNaN(smoothLoss) ? step.loss() : smoothLoss + 0.05 * (step.loss() - smoothLoss);
        return String.format(Locale.ROOT, "loss %.4f%s", smoothLoss, accuracy);
    }

    final String line(Trainer trainer, Epoch epoch) {
        Evaluation measured = epoch.validation();
        String measurement = "";
        if (measured != null) {
            accuracy = ", " + validation + " " + Format.percent(measured.top1());
            measurement = String.format(
                    Locale.ROOT, "; %s: loss %.4f, %s", validation, measured.loss(), Format.percent(measured.top1()));
        }
        return String.format(
                Locale.ROOT,
                "epoch %d/%d: loss %.4f, %s%s; %,.0f images/s, %.0f %% of the time waiting for data, %s",
                epoch.epoch(),
                trainer.epochs(),
                epoch.trainLoss(),
                Format.percent(epoch.trainTop1()),
                measurement,
                epoch.imagesPerSecond(),
                100 * epoch.waitingShare(),
                Format.seconds(epoch.seconds()));
    }

    @Override
    public void close() {}
}
