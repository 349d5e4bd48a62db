package dev.tandem.cli;

import dev.tandem.trainer.Trainer;
import java.util.Locale;

/** Plain lines: one an epoch, and one every ten seconds within. */
final class ProgressInLog extends Progress {
    private static final long EVERY_NANOS = 10_000_000_000L;

    private final Console console;
    private long lastLine = System.nanoTime();

    ProgressInLog(Console console, String validation) {
        super(validation);
        this.console = console;
    }

    @Override
    public void onStep(Trainer trainer, Step step) {
        super.onStep(trainer, step);
        if (System.nanoTime() - lastLine >= EVERY_NANOS && step.batch() < step.batchesInEpoch()) {
            lastLine = System.nanoTime();
            double left = (double) (trainer.batchesPerEpoch() * trainer.epochs() - step.step()) * trainer.batchSize();
            console.note(String.format(
                    Locale.ROOT,
                    "epoch %d/%d: step %d of %d, %s; %,.0f images/s, %s left",
                    step.epoch(),
                    trainer.epochs(),
                    step.batch(),
                    step.batchesInEpoch(),
                    state(),
                    step.imagesPerSecond(),
                    Format.seconds(left / step.imagesPerSecond())));
        }
    }

    @Override
    public void onEpoch(Trainer trainer, Epoch epoch) {
        lastLine = System.nanoTime();
        console.note(line(trainer, epoch));
    }
}
