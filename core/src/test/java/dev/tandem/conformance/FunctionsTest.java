package dev.tandem.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tandem.backend.UnaryOp;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The numbers of the curved functions are SciPy's. */
class FunctionsTest {
    @ParameterizedTest
    @CsvSource({
        "-2, -0.9953222650189527, -0.04550026389635842, -0.04540230591222494, -0.2384058440442351",
        "-0.5, -0.5204998778130465, -0.15426876936299347, -0.15428599017485606, -0.1887703343990727",
        "0.3, 0.3286267594591274, 0.18537342665668577, 0.18537092354275922, 0.1723327550434977",
        "1, 0.8427007929497148, 0.8413447460685429, 0.8411919906082768, 0.7310585786300049",
        "2.5, 0.999593047982555, 2.4844758366855597, 2.484915733910001, 2.3103545499468914",
        "4, 0.9999999845827421, 3.9998733150326675, 3.9999297540518075, 3.928055160151634",
        "0, 0, 0, 0, 0",
        "-40, -1, 0, 0, -1.6993417021166355e-16"
    })
    void errorFunctionAndItsRelatives(double x, double erf, double gelu, double geluTanh, double silu) {
        assertThat(Functions.erf(x)).isCloseTo(erf, within(1e-14));
        assertThat(Functions.unary(UnaryOp.GELU, x, 0, 0)).isCloseTo(gelu, within(1e-14));
        assertThat(Functions.unary(UnaryOp.GELU_TANH, x, 0, 0)).isCloseTo(geluTanh, within(1e-14));
        assertThat(Functions.unary(UnaryOp.SILU, x, 0, 0)).isCloseTo(silu, within(1e-14));
    }

    @ParameterizedTest
    @CsvSource({
        "HARD_SIGMOID, -4, 0",
        "HARD_SIGMOID, 0, 0.5",
        "HARD_SIGMOID, 1.5, 0.75",
        "HARD_SIGMOID, 9, 1",
        "HARD_SWISH, -4, 0",
        "HARD_SWISH, -1.5, -0.375",
        "HARD_SWISH, 1.5, 1.125",
        "HARD_SWISH, 9, 9",
        "ROUND, 2.5, 2",
        "ROUND, 3.5, 4",
        "ROUND, -0.5, 0",
        "SIGN, -7, -1",
        "LINEAR, 4, 7.5",
        "POWER, 9, 27",
        "CLAMP, 2, 1.5",
        "CLAMP, -2, -0.5",
        "LEAKY_RELU, -2, -3",
        "RELU, -2, 0",
        "RELU, 2, 2",
        "RELU, NaN, NaN"
    })
    void simpleFunctions(UnaryOp op, double x, double expected) {
        double a = op == UnaryOp.CLAMP ? -0.5 : 1.5;
        double b = op == UnaryOp.CLAMP ? 1.5 : 1.5;
        assertThat(Functions.unary(op, x, a, b)).isCloseTo(expected, within(1e-15));
    }

    @ParameterizedTest
    @EnumSource
    void derivativesAreTheSlopes(UnaryOp op) {
        for (double x : new double[] {-3.7, -2.2, -0.9, -0.3, 0.4, 1.3, 2.4, 3.6}) {
            boolean undefined = x < 0 && (op == UnaryOp.LOG || op == UnaryOp.SQRT || op == UnaryOp.POWER);
            double a = op == UnaryOp.CLAMP ? -1 : 1.7;
            double b = op == UnaryOp.CLAMP ? 2 : 0.6;
            double step = 1e-5;
            double y = Functions.unary(op, x, a, b);
            double slope = (Functions.unary(op, x + step, a, b) - Functions.unary(op, x - step, a, b)) / (2 * step);
            if (!undefined) {
                assertThat(Functions.derivative(op, x, y, a, b)).isCloseTo(slope, within(1e-7));
            }
        }
    }
}
