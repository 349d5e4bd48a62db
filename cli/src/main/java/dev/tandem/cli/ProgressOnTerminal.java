package dev.tandem.cli;

import dev.tandem.trainer.Trainer;
import dev.tandem.trainer.TrainingResult;
import java.text.DecimalFormat;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** One bar over the whole run, with a line above it for each epoch. */
final class ProgressOnTerminal extends Progress {
    private static final String CLEAR_LINE = "\r\033[K";

    private final Console console;
    private ProgressBar bar;

    ProgressOnTerminal(Console console, String validation) {
        super(validation);
        this.console = console;
    }

    @Override
    public void onStart(Trainer trainer) {
        long images = trainer.batchesPerEpoch() * trainer.batchSize();
        bar = new ProgressBarBuilder()
                .setTaskName("training")
                .setInitialMax(images * trainer.epochs())
                .startsFrom(trainer.step() * trainer.batchSize(), java.time.Duration.ZERO)
                .setUnit(" images", 1)
                .showSpeed(new DecimalFormat("#,##0"))
                .setStyle(ProgressBarStyle.COLORFUL_UNICODE_BAR)
                .setUpdateIntervalMillis(200)
                .setConsumer(new ConsoleProgressBarConsumer(console.err()))
                .build();
    }

    @Override
    public void onStep(Trainer trainer, Step step) {
        bar.setExtraMessage("epoch " + step.epoch() + "/" + trainer.epochs() + ", " + state(step));
        bar.stepTo(step.step() * trainer.batchSize());
    }

    @Override
    public void onEpoch(Trainer trainer, Epoch epoch) {
        console.note(CLEAR_LINE + line(trainer, epoch));
        bar.refresh();
    }

    @Override
    public void onEnd(Trainer trainer, TrainingResult result) {
        close();
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
            bar = null;
        }
    }
}
