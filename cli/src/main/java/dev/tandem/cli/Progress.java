package dev.tandem.cli;

import dev.tandem.trainer.Callback;
import dev.tandem.trainer.Evaluation;
import dev.tandem.trainer.Trainer;
import java.util.Locale;

/** Tells how training goes. Closing it leaves the terminal as it was. */
abstract class Progress implements Callback, AutoCloseable {
    private static final double WORTH_TELLING = 0.05;

    private double smoothLoss = Double.NaN;
    private String accuracy = "";
    private final String validation;

    /** @param validation what the network is measured on after each epoch; null if it is not */
    static Progress on(Console console, String validation) {
        return console.isInteractive()
                ? new ProgressOnTerminal(console, validation)
                : new ProgressInLog(console, validation);
    }

    Progress(String validation) {
        this.validation = validation;
    }

    @Override
    public void onStep(Trainer trainer, Step step) {
        // The mean of about the last 20 steps.
        smoothLoss = Double.isNaN(smoothLoss) ? step.loss() : smoothLoss + 0.05 * (step.loss() - smoothLoss);
    }

    /** {@code loss 0.0312, test 98.70 %}: a running mean, and the last measurement. */
    final String state() {
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
        String line = String.format(
                Locale.ROOT,
                "epoch %d/%d: loss %.4f, %s%s; %,.0f images/s, %s",
                epoch.epoch(),
                trainer.epochs(),
                epoch.trainLoss(),
                Format.percent(epoch.trainTop1()),
                measurement,
                epoch.imagesPerSecond(),
                Format.seconds(epoch.seconds()));
        boolean waits = epoch.waitingShare() >= WORTH_TELLING;
        return waits ? line + String.format(", %.0f %% of it waiting for data", 100 * epoch.waitingShare()) : line;
    }

    @Override
    public void close() {}
}
