package dev.tandem.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** Learning rates after each observation are those of PyTorch 1.13's ReduceLROnPlateau. */
class PlateauTest {
    private static final double[] LOSSES = {1, .9, .95, .9, .89999, .5, .6, .6, .6, .6, Double.NaN, .6};
    private static final double[] RATES = {.1, .1, .1, .1, 1e-2, 1e-2, 1e-2, 1e-2, 1e-3, 1e-3, 1e-3, 1e-4};

    @Test
    void dividesByTenWhenTheLossStandsStill() {
        assertRates(new Plateau(Schedule.constant(0.1)).patience(2), LOSSES, RATES);
    }

    @Test
    void followsAnAccuracyWithCoolDownAndMinimum() {
        Plateau plateau = new Plateau(Schedule.constant(0.1))
                .higherIsBetter()
                .patience(1)
                .factor(0.5)
                .coolDown(2)
                .minimum(0.03);
        assertRates(plateau, new double[] {.1, .2, .2, .2, .2, .2, .3, .3, .3, .3}, new double[] {
            .1, .1, .1, .05, .05, .05, .05, .05, .03, .03
        });
    }

    @Test
    void saysWhenItDivided() {
        Plateau plateau = new Plateau(Schedule.constant(0.1)).patience(0);
        assertThat(plateau.observe(1)).isFalse();
        assertThat(plateau.observe(1)).isTrue();
        assertThat(plateau.observe(0.5)).isFalse();
    }

    @Test
    void dividesAnotherSchedulesValues() {
        Plateau plateau = new Plateau(Schedule.step(0.1, 1, 0.5).warmUp(2, 0.5)).patience(0);
        assertThat(plateau.at(0)).isEqualTo(0.05);
        plateau.observe(1);
        plateau.observe(2);
        assertThat(plateau.at(3)).isCloseTo(0.005, Offset.offset(1e-15));
    }

    @Test
    void theMinimumDoesNotRaiseAWarmUp() {
        Plateau plateau = new Plateau(Schedule.constant(0.1).warmUp(10, 0.01)).minimum(0.01);
        assertThat(plateau.at(0)).isCloseTo(0.001, Offset.offset(1e-15));
    }

    @Test
    void aRestoredPlateauGoesOnAlike() {
        for (int stop = 0; stop < LOSSES.length; stop++) {
            Plateau first = new Plateau(Schedule.constant(0.1)).patience(2);
            Plateau second = new Plateau(Schedule.constant(0.1)).patience(2);
            for (int i = 0; i < stop; i++) {
                first.observe(LOSSES[i]);
            }
            second.restore(first.state());
            for (int i = stop; i < LOSSES.length; i++) {
                first.observe(LOSSES[i]);
                second.observe(LOSSES[i]);
                assertThat(second.at(0)).isEqualTo(first.at(0));
            }
            assertThat(second.state()).isEqualTo(first.state());
        }
    }

    @Test
    void aStateThatIsNoneIsRefusedAndChangesNothing() {
        Plateau plateau = new Plateau(Schedule.constant(0.1));
        Map<String, String> before = plateau.state();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> plateau.restore(Map.of("scale", "0.5", "best", "1", "badInARow", "3")))
                .withMessageContaining("[scale, best, badInARow, coolDownLeft]");
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        plateau.restore(Map.of("scale", "x", "best", "1", "badInARow", "3", "coolDownLeft", "0")));
        assertThat(plateau.state()).isEqualTo(before);
    }

    @Test
    void settingsThatMakeNoSenseAreRefused() {
        Plateau plateau = new Plateau(Schedule.constant(0.1));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> plateau.factor(1))
                .withMessage("plateau: factor 1.0 given; it must be in [0, 1)");
        assertThatIllegalArgumentException().isThrownBy(() -> plateau.factor(Double.NaN));
        assertThatIllegalArgumentException().isThrownBy(() -> plateau.patience(-1));
        assertThatIllegalArgumentException().isThrownBy(() -> plateau.threshold(1));
        assertThatIllegalArgumentException().isThrownBy(() -> plateau.coolDown(-1));
        assertThatIllegalArgumentException().isThrownBy(() -> plateau.minimum(Double.POSITIVE_INFINITY));
    }

    private static void assertRates(Plateau plateau, double[] metrics, double[] rates) {
        for (int i = 0; i < metrics.length; i++) {
            plateau.observe(metrics[i]);
            assertThat(plateau.at(i)).as("after %d", i).isCloseTo(rates[i], Offset.offset(1e-15));
        }
    }
}
