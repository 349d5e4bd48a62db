package dev.tandem.optim;

import java.util.Arrays;

/**
 * The learning rate as a function of the step alone, so that a resumed run needs to know nothing but its step. Steps count
 * from 0 and are optimizer steps or epochs, as the caller likes, but the same for all settings of a schedule.
 *
 * <pre>{@code
 * Schedule schedule = Schedule.cosine(0.1, 0, 9_500).warmUp(500, 0.01);
 * optimizer.setLearningRate((float) schedule.at(optimizer.stepCount()));
 * }</pre>
 *
 * <p>Settings that make no sense are refused with an {@link IllegalArgumentException}: a learning rate that is negative or
 * not finite, a number of steps below 1.
 */
@FunctionalInterface
public interface Schedule {
    /** @param step 0 for the first */
    double at(long step);

    static Schedule constant(double learningRate) {
        rate("learning rate", learningRate);
        return step -> learningRate;
    }

    /** {@code learningRate · factor^⌊step / every⌋}. */
    static Schedule step(double learningRate, long every, double factor) {
        rate("learning rate", learningRate);
        rate("factor", factor);
        atLeastOne("every", every);
        return step -> learningRate * Math.pow(factor, Math.floorDiv(step, every));
    }

    /**
     * {@code learningRate · factor^k} with the {@code k} milestones that are reached, as in ResNet's training (He et al. 2015,
     * https://arxiv.org/abs/1512.03385): a tenth at two milestones.
     *
     * @param milestones ascending
     */
    static Schedule multiStep(double learningRate, double factor, long... milestones) {
        rate("learning rate", learningRate);
        rate("factor", factor);
        long[] sorted = milestones.clone();
        Arrays.sort(sorted);
        if (!Arrays.equals(sorted, milestones)) {
            throw new IllegalArgumentException(
                    "schedule: milestones " + Arrays.toString(milestones) + " given; they must be ascending");
        }
        return step -> {
            long reached =
                    Arrays.stream(sorted).filter(milestone -> milestone <= step).count();
            return learningRate * Math.pow(factor, reached);
        };
    }

    /** {@code learningRate · factor^step}. */
    static Schedule exponential(double learningRate, double factor) {
        rate("learning rate", learningRate);
        rate("factor", factor);
        return step -> learningRate * Math.pow(factor, step);
    }

    /**
     * Half a cosine: {@code minimum + (learningRate − minimum) · (1 + cos(π · step / steps)) / 2}, then {@code minimum}
     * (Loshchilov and Hutter 2016, https://arxiv.org/abs/1608.03983, without restarts).
     */
    static Schedule cosine(double learningRate, double minimum, long steps) {
        rate("learning rate", learningRate);
        rate("minimum", minimum);
        atLeastOne("steps", steps);
        return step -> cosine(learningRate, minimum, Math.min(step, steps) / (double) steps);
    }

    /** {@code learningRate · (1 − step / steps)^power}, then 0; power 1 is a straight line. */
    static Schedule polynomial(double learningRate, long steps, double power) {
        rate("learning rate", learningRate);
        rate("power", power);
        atLeastOne("steps", steps);
        return step -> learningRate * Math.pow(1 - Math.min(step, steps) / (double) steps, power);
    }

    /** {@link #oneCycle(double, long, double, double, double)} with the usual 0.3, 25 and 10,000. */
    static Schedule oneCycle(double maximum, long steps) {
        return oneCycle(maximum, steps, 0.3, 25, 1e4);
    }

    /**
     * Up and down once along half cosines (Smith and Topin 2017, https://arxiv.org/abs/1708.07120): from {@code maximum /
     * startDivisor} up to {@code maximum} at step {@code rise · steps − 1}, down to {@code maximum / (startDivisor ·
     * endDivisor)} at the last one, {@code steps − 1}; there it stays.
     *
     * @param rise the share of the steps that go up, in [0, 1)
     */
    static Schedule oneCycle(double maximum, long steps, double rise, double startDivisor, double endDivisor) {
        rate("maximum", maximum);
        atLeastOne("steps", steps);
        if (!(rise >= 0 && rise < 1)) {
            throw new IllegalArgumentException("schedule: rise " + rise + " given; it must be in [0, 1)");
        }
        if (!(startDivisor >= 1 && endDivisor >= 1)) {
            throw new IllegalArgumentException(
                    "schedule: divisors " + startDivisor + " and " + endDivisor + " given; they must be at least 1");
        }
        double start = maximum / startDivisor;
        double end = start / endDivisor;
        double peak = rise * steps - 1;
        double last = steps - 1;
        return step -> {
            if (step < peak) {
                return cosine(start, maximum, step / peak);
            }
            return step >= last ? end : cosine(maximum, end, (step - peak) / (last - peak));
        };
    }

    /**
     * This schedule after a straight line of {@code steps} steps from {@code startFactor} times its first value up to that
     * value (Goyal et al. 2017, https://arxiv.org/abs/1706.02677). This schedule's own step 0 is where the line ends.
     *
     * @param startFactor in (0, 1]: at 0 the first step would move nothing
     */
    default Schedule warmUp(long steps, double startFactor) {
        if (steps < 0) {
            throw new IllegalArgumentException("schedule: warm-up of " + steps + " steps given; it must be 0 or more");
        }
        if (!(startFactor > 0 && startFactor <= 1)) {
            throw new IllegalArgumentException(
                    "schedule: warm-up from " + startFactor + " given; it must be above 0 and at most 1");
        }
        return step -> step < steps ? at(0) * (startFactor + (1 - startFactor) * step / steps) : at(step - steps);
    }

    /** From {@code from} to {@code to} along half a cosine; {@code position} in [0, 1]. */
    private static double cosine(double from, double to, double position) {
        return to + (from - to) * (1 + Math.cos(Math.PI * position)) / 2;
    }

    private static void rate(String what, double value) {
        if (!(value >= 0) || Double.isInfinite(value)) {
            throw new IllegalArgumentException(
                    "schedule: " + what + " " + value + " given; it must be 0 or more, and finite");
        }
    }

    private static void atLeastOne(String what, long value) {
        if (value < 1) {
            throw new IllegalArgumentException("schedule: " + what + " " + value + " given; it must be at least 1");
        }
    }
}
