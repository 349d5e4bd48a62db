package dev.tandem.optim;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Divides a schedule's learning rate when a metric has stopped getting better: by 10 unless told otherwise, as AlexNet's
 * authors did by hand when the validation error stood still (Krizhevsky et al. 2012, section 5).
 *
 * <pre>{@code
 * Plateau schedule = new Plateau(Schedule.constant(0.01)).patience(3);
 * schedule.observe(validationLoss); // after each epoch
 * }</pre>
 *
 * <p>Unlike other schedules it depends on what was observed: a checkpoint keeps its {@link #state}. A metric is better when
 * it passes the best so far by the relative {@link #threshold}; NaN never is.
 */
public final class Plateau implements Schedule {
    private final Schedule schedule;
    private double factor = 0.1;
    private int patience = 10;
    private double threshold = 1e-4;
    private int coolDown;
    private double minimum;
    private boolean higherIsBetter;

    private double scale = 1;
    private double best = Double.POSITIVE_INFINITY;
    private int badInARow;
    private int coolDownLeft;

    /** @param schedule what to divide; a lower metric is better */
    public Plateau(Schedule schedule) {
        this.schedule = schedule;
    }

    /** @param factor in [0, 1): the learning rate is multiplied by this */
    public Plateau factor(double factor) {
        require(factor >= 0 && factor < 1, "factor", factor, "in [0, 1)");
        this.factor = factor;
        return this;
    }

    /** Observations in a row without a better one that are let pass; the next one divides. */
    public Plateau patience(int patience) {
        require(patience >= 0, "patience", patience, "0 or more");
        this.patience = patience;
        return this;
    }

    /** Better means below {@code best · (1 − threshold)}, or above {@code best · (1 + threshold)}. */
    public Plateau threshold(double threshold) {
        require(threshold >= 0 && threshold < 1, "threshold", threshold, "in [0, 1)");
        this.threshold = threshold;
        return this;
    }

    /** Observations after a division that do not count as bad. */
    public Plateau coolDown(int coolDown) {
        require(coolDown >= 0, "cool-down", coolDown, "0 or more");
        this.coolDown = coolDown;
        return this;
    }

    /** No division goes below this learning rate. */
    public Plateau minimum(double minimum) {
        require(minimum >= 0 && minimum < Double.POSITIVE_INFINITY, "minimum", minimum, "0 or more, and finite");
        this.minimum = minimum;
        return this;
    }

    /** For an accuracy, say. Forgets what was observed. */
    public Plateau higherIsBetter() {
        higherIsBetter = true;
        best = Double.NEGATIVE_INFINITY;
        return this;
    }

    @Override
    public double at(long step) {
        double full = schedule.at(step);
        return Math.min(full, Math.max(minimum, full * scale));
    }

    /**
     * Takes a new value of the metric.
     *
     * @return whether it divided the learning rate
     */
    public boolean observe(double metric) {
        if (higherIsBetter ? metric > best * (1 + threshold) : metric < best * (1 - threshold)) {
            best = metric;
            badInARow = 0;
        } else {
            badInARow++;
        }
        if (coolDownLeft > 0) {
            coolDownLeft--;
            badInARow = 0;
        }
        if (badInARow <= patience) {
            return false;
        }
        scale *= factor;
        coolDownLeft = coolDown;
        badInARow = 0;
        return true;
    }

    /** What was observed, as text that {@link #restore} takes back without loss. */
    public Map<String, String> state() {
        Map<String, String> state = new LinkedHashMap<>();
        state.put("scale", Double.toString(scale));
        state.put("best", Double.toString(best));
        state.put("badInARow", Integer.toString(badInARow));
        state.put("coolDownLeft", Integer.toString(coolDownLeft));
        return state;
    }

    /** @throws IllegalArgumentException if it is no {@link #state}; then nothing changes */
    public void restore(Map<String, String> state) {
        try {
            double savedScale = Double.parseDouble(state.get("scale"));
            double savedBest = Double.parseDouble(state.get("best"));
            int savedBad = Integer.parseInt(state.get("badInARow"));
            coolDownLeft = Integer.parseInt(state.get("coolDownLeft"));
            scale = savedScale;
            best = savedBest;
            badInARow = savedBad;
        } catch (NumberFormatException | NullPointerException e) {
            throw new IllegalArgumentException(
                    "plateau: " + state + " is not its state; it needs the numbers " + state().keySet(), e);
        }
    }

    private static void require(boolean condition, String what, double value, String rule) {
        if (!condition) {
            throw new IllegalArgumentException("plateau: " + what + " " + value + " given; it must be " + rule);
        }
    }
}
