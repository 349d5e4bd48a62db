package dev.tandem.cli;

import com.fasterxml.jackson.annotation.JsonValue;
import dev.tandem.optim.Plateau;
import dev.tandem.optim.Schedule;
import java.util.Locale;

/** Learning-rate schedules by name, laid over a run's length. */
enum Schedules {
    CONSTANT,
    COSINE,
    STEP,
    MULTI_STEP,
    EXPONENTIAL,
    POLYNOMIAL,
    ONE_CYCLE,
    PLATEAU;

    /**
     * @param steps of the whole run
     * @param warmup steps of it that lead up to the learning rate
     */
    Schedule create(double learningRate, long steps, long warmup) {
        long rest = Math.max(1, steps - warmup);
        if (this == PLATEAU) {
            Schedule base = Schedule.constant(learningRate);
            return new Plateau(warmup == 0 ? base : base.warmUp(warmup, 0.01)).patience(2);
        }
        Schedule schedule = over(learningRate, rest);
        return warmup == 0 ? schedule : schedule.warmUp(warmup, 0.01);
    }

    private Schedule over(double learningRate, long steps) {
        switch (this) {
            case CONSTANT:
                return Schedule.constant(learningRate);
            case COSINE:
                return Schedule.cosine(learningRate, 0, steps);
            case STEP: // a tenth after each third, as AlexNet's and ResNet's trainings
                return Schedule.step(learningRate, (steps + 2) / 3, 0.1);
            case MULTI_STEP:
                return Schedule.multiStep(learningRate, 0.1, steps / 2, steps * 3 / 4);
            case EXPONENTIAL: // down to a hundredth
                return Schedule.exponential(learningRate, Math.pow(0.01, 1.0 / steps));
            case POLYNOMIAL:
                return Schedule.polynomial(learningRate, steps, 1);
            case ONE_CYCLE:
                return Schedule.oneCycle(learningRate, steps);
            default:
                throw new AssertionError(this);
        }
    }

    @JsonValue
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
