package dev.tandem.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class NormalizationTest {
    @Test
    void factoriesGiveMeanAndScaleInPixelUnits() {
        Normalization zeroToOne = Normalization.zeroToOne(3);
        assertThat(zeroToOne.mean()).containsExactly(0, 0, 0);
        assertThat(zeroToOne.scale()).containsExactly(1 / 255f, 1 / 255f, 1 / 255f);
        Normalization centred = Normalization.centred(127.5, 100);
        assertThat(centred.mean()).containsExactly(127.5f, 100);
        assertThat(centred.scale()).containsExactly(1 / 255f, 1 / 255f);
        Normalization standard = Normalization.standard(new double[] {10}, new double[] {4});
        assertThat(standard.mean()).containsExactly(10);
        assertThat(standard.scale()).containsExactly(0.25f);
    }

    @Test
    void cannotBeAlteredFromOutside() {
        float[] mean = {1};
        Normalization normalization = new Normalization(mean, new float[] {1});
        mean[0] = 2;
        normalization.mean()[0] = 3;
        normalization.scale()[0] = 3;
        assertThat(normalization).isEqualTo(new Normalization(new float[] {1}, new float[] {1}));
    }

    @Test
    void equalValuesAreEqual() {
        assertThat(Normalization.zeroToOne(3))
                .isEqualTo(Normalization.zeroToOne(3))
                .hasSameHashCodeAs(Normalization.zeroToOne(3))
                .isNotEqualTo(Normalization.zeroToOne(1));
    }

    @Test
    void valuesThatMakeNoSenseAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Normalization(new float[3], new float[1]))
                .withMessage("normalization: 3 means and 1 scales; give one a channel");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Normalization.standard(new double[] {1, 2}, new double[] {1}));
        assertThatIllegalArgumentException().isThrownBy(() -> Normalization.zeroToOne(0));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Normalization.standard(new double[] {1}, new double[] {-1}))
                .withMessageContaining("standard deviation -1.0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Normalization.standard(new double[] {1}, new double[] {Double.NaN}));
        assertThatIllegalArgumentException().isThrownBy(() -> Normalization.centred(Double.NaN));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Normalization(new float[] {0}, new float[] {Float.POSITIVE_INFINITY}));
    }
}
