package dev.tandem.cli;

import dev.tandem.trainer.Trainer;
import dev.tandem.trainer.TrainingResult;
import java.time.Duration;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressState;

/** One bar over the whole run, with a line above it for each epoch. */
final class ProgressOnTerminal extends Progress {
    private static final int LONGEST_BAR = 30;
    private static final int SHORTEST_BAR = 5;
    private static final String SEPARATOR = ", ";

    private final Console console;
    private ProgressBar bar;
    private volatile String head = "";
    private volatile String speed = "";

    ProgressOnTerminal(Console console, String validation) {
        super(validation);
        this.console = console;
    }

    @Override
    public void onStart(Trainer trainer) {
        head = "starting";
        bar = new ProgressBarBuilder()
                .setInitialMax(trainer.batchesPerEpoch() * trainer.epochs())
                .startsFrom(trainer.step(), Duration.ZERO)
                .setRenderer(this::render)
                .setUpdateIntervalMillis(200)
                .setConsumer(console.openStatusLine())
                .build();
    }

    @Override
    public void onStep(Trainer trainer, Step step) {
        super.onStep(trainer, step);
        head = "epoch " + step.epoch() + "/" + trainer.epochs();
        speed = String.format(Locale.ROOT, "%,.0f images/s", step.imagesPerSecond());
        bar.setExtraMessage(state());
        bar.stepTo(step.step());
    }

    private String render(ProgressState progress, int columns) {
        double done = progress.getMax() == 0 ? 0 : (double) progress.getCurrent() / progress.getMax();
        long steps = progress.getCurrent() - progress.getStart();
        String facts = "";
        if (steps > 0) {
            double secondsAStep = progress.getElapsedAfterStart().toMillis() / 1e3 / steps;
            facts = ", " + Format.seconds(secondsAStep * (progress.getMax() - progress.getCurrent())) + " left, "
                    + speed + ", " + progress.getExtraMessage();
        }
        return fitted(head, done, facts, columns);
    }

    /** {@code epoch 2/6 ━━━━━━╺─────── 38 %, 12 s left, 21,504 images/s, loss 0.0312, test 98.70 %}, shorter than the columns. */
    static String fitted(String head, double done, String facts, int columns) {
        String tail = String.format(Locale.ROOT, " %3.0f %%%s", 100 * done, facts);
        int room = Math.max(SHORTEST_BAR, Math.min(LONGEST_BAR, columns - head.length() - tail.length() - 2));
        int full = (int) Math.round(done * room);
        String line = head + " " + "━".repeat(full) + "─".repeat(room - full) + tail;
        while (line.length() >= columns && line.contains(SEPARATOR)) {
            // Whole facts: a number that is cut off, even at the comma of its thousands, would be another number.
            line = line.substring(0, line.lastIndexOf(SEPARATOR));
        }
        return line.length() < columns ? line : line.substring(0, Math.max(0, columns - 1));
    }

    @Override
    public void onEpoch(Trainer trainer, Epoch epoch) {
        console.note(line(trainer, epoch));
        bar.setExtraMessage(state());
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
