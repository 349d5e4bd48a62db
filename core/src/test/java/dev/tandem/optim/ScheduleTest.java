package dev.tandem.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/**
 * Values are PyTorch 1.13's, printed step by step from its schedulers with momentum SGD. They agree to double rounding:
 * PyTorch multiplies on from step to step where we evaluate the closed form.
 */
class ScheduleTest {
    private static final Offset<Double> ROUNDING = Offset.offset(1e-15);

    @Test
    void constantStays() {
        assertValues(Schedule.constant(0.1), 0.1, 0.1, 0.1);
    }

    @Test
    void stepDecaysEverySoManySteps() {
        assertValues(Schedule.step(0.1, 2, 0.5), 0.1, 0.1, 0.05, 0.05, 0.025, 0.025);
    }

    @Test
    void multiStepDecaysAtEachMilestone() {
        assertValues(Schedule.multiStep(0.1, 0.1, 2, 3, 5), 0.1, 0.1, 1e-2, 1e-3, 1e-3, 1e-4, 1e-4);
        assertValues(Schedule.multiStep(0.1, 0.1), 0.1, 0.1);
        assertValues(Schedule.multiStep(0.1, 0.1, 1, 1), 0.1, 1e-3);
    }

    @Test
    void milestonesAreCopied() {
        long[] milestones = {1};
        Schedule schedule = Schedule.multiStep(0.1, 0.1, milestones);
        milestones[0] = 9;
        assertValues(schedule, 0.1, 0.01);
    }

    @Test
    void exponentialDecaysEveryStep() {
        assertValues(Schedule.exponential(0.1, 0.9), 0.1, 0.09, 0.081, 0.0729, 0.06561);
    }

    @Test
    void cosineFallsToItsMinimumAndStays() {
        assertValues(
                Schedule.cosine(0.1, 0.01, 5),
                0.1,
                0.09140576474687263,
                0.06890576474687263,
                0.04109423525312736,
                0.018594235253127367,
                0.01,
                0.01, // PyTorch's would rise again
                0.01);
    }

    @Test
    void polynomialFallsToZeroAndStays() {
        assertValues(Schedule.polynomial(0.1, 4, 2), 0.1, 0.05625, 0.025, 0.00625, 0, 0);
        assertValues(Schedule.polynomial(0.1, 4, 1), 0.1, 0.075, 0.05, 0.025, 0, 0);
    }

    @Test
    void oneCycleRisesAndFalls() {
        assertValues(
                Schedule.oneCycle(0.4, 10),
                0.016000000000000014,
                0.20800000000000002,
                0.4,
                0.38019385280538953,
                0.3246982615799052,
                0.24450480877451572,
                0.1554967912254843,
                0.0753033384200948,
                0.019807747194610516,
                1.6e-06,
                1.6e-06);
        assertValues(
                Schedule.oneCycle(0.4, 7, 0.5, 10, 100),
                0.03999999999999998,
                0.16437694101250946,
                0.36562305898749053,
                0.38021357980690335,
                0.24465968260447163,
                0.07562673758862505,
                0.0004);
    }

    @Test
    void oneCycleOfFewStepsHasNoRise() {
        assertValues(Schedule.oneCycle(0.4, 3), 0.39776617418036475, 0.18505484106679002, 1.6e-06);
        assertValues(Schedule.oneCycle(0.4, 2, 0.5, 25, 1e4), 0.4, 1.6e-06); // PyTorch divides by zero here
        assertValues(Schedule.oneCycle(0.4, 1), 1.6e-06, 1.6e-06);
    }

    @Test
    void warmUpRisesInALineThenTheScheduleBegins() {
        assertValues(
                Schedule.cosine(0.1, 0.01, 4).warmUp(4, 0.2),
                0.02,
                0.04,
                0.06,
                0.08,
                0.1,
                0.08681980515339464,
                0.05500000000000001,
                0.023180194846605363,
                0.01);
        assertValues(Schedule.step(0.1, 1, 0.5).warmUp(0, 1), 0.1, 0.05);
        assertValues(Schedule.step(0.1, 1, 0.5).warmUp(2, 0.5), 0.05, 0.075, 0.1, 0.05);
    }

    @Test
    void valuesStayFiniteForVeryLongRuns() {
        long far = 1L << 40;
        assertThat(Schedule.step(0.1, 1, 0.5).at(far)).isZero();
        assertThat(Schedule.cosine(0.1, 0, far).at(far / 2)).isCloseTo(0.05, ROUNDING);
        assertThat(Schedule.oneCycle(0.1, far).at(far - 1)).isCloseTo(0.1 / 25 / 1e4, ROUNDING);
    }

    @Test
    void settingsThatMakeNoSenseAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Schedule.constant(-0.1))
                .withMessage("schedule: learning rate -0.1 given; it must be 0 or more, and finite");
        assertThatIllegalArgumentException().isThrownBy(() -> Schedule.constant(Double.NaN));
        assertThatIllegalArgumentException().isThrownBy(() -> Schedule.exponential(0.1, Double.POSITIVE_INFINITY));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Schedule.step(0.1, 0, 0.1))
                .withMessage("schedule: every 0 given; it must be at least 1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Schedule.multiStep(0.1, 0.1, 60, 30))
                .withMessageContaining("milestones [60, 30] given; they must be ascending");
        assertThatIllegalArgumentException().isThrownBy(() -> Schedule.cosine(0.1, -1, 5));
        assertThatIllegalArgumentException().isThrownBy(() -> Schedule.cosine(0.1, 0, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> Schedule.polynomial(0.1, 0, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> Schedule.oneCycle(0.1, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> Schedule.oneCycle(0.1, 5, 1, 25, 1e4));
        assertThatIllegalArgumentException().isThrownBy(() -> Schedule.oneCycle(0.1, 5, 0.3, 0, 1e4));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Schedule.constant(0.1).warmUp(5, 0))
                .withMessageContaining("warm-up from 0.0 given; it must be above 0 and at most 1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Schedule.constant(0.1).warmUp(-1, 0.1));
    }

    private static void assertValues(Schedule schedule, double... expected) {
        for (int step = 0; step < expected.length; step++) {
            assertThat(schedule.at(step)).as("step %d", step).isCloseTo(expected[step], ROUNDING);
        }
    }
}
