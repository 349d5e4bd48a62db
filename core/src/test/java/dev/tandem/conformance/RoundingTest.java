package dev.tandem.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.tensor.DType;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RoundingTest {
    @ParameterizedTest
    @CsvSource({
        "1, 1",
        "1.00390625, 1", // half way between 1 and 1 + 2⁻⁷: to even
        "1.01171875, 1.015625", // half way again, the even one above
        "1.0039063, 1.0078125",
        "-1.0039063, -1.0078125",
        "3.3895313892515355e38, 3.3895313892515355e38", // the largest
        "3.39e38, 3.3895313892515355e38",
        "3.4e38, Infinity",
        "-3.4e38, -Infinity",
        "9.183549615799121e-41, 9.183549615799121e-41", // the smallest subnormal
        "4.591774807899561e-41, 0", // half of it: to even
        "5e-41, 9.183549615799121e-41",
        "NaN, NaN"
    })
    void bfloat16(double value, double rounded) {
        assertThat(Rounding.round(value, DType.BFLOAT16)).isEqualTo(Double.valueOf(rounded));
    }

    @ParameterizedTest
    @CsvSource({
        "65504, 65504",
        "65519, 65504",
        "65520, Infinity", // half way to the next: to even, which is infinity
        "-1e6, -Infinity",
        "2049, 2048",
        "2051, 2052",
        "5.960464477539063e-8, 5.960464477539063e-8", // the smallest subnormal
        "2.9802322387695312e-8, 0",
        "8.940696716308594e-8, 1.1920928955078125e-7",
        "6.097555160522461e-5, 6.097555160522461e-5"
    })
    void float16(double value, double rounded) {
        assertThat(Rounding.round(value, DType.FLOAT16)).isEqualTo(Double.valueOf(rounded));
    }

    @Test
    void float16AgreesWithJava() {
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 200_000; i++) {
            float value = Float.intBitsToFloat(random.nextInt());
            float expected = Float.float16ToFloat(Float.floatToFloat16(value));
            assertThat((float) Rounding.round(value, DType.FLOAT16)).isEqualTo(Float.valueOf(expected));
        }
    }

    @Test
    void bitsComeBack() {
        for (int bits = 0; bits < 1 << 16; bits++) {
            for (DType dtype : new DType[] {DType.BFLOAT16, DType.FLOAT16}) {
                double value = Rounding.fromBits((short) bits, dtype);
                if (!Double.isNaN(value)) {
                    assertThat(Rounding.toBits(Rounding.round(value, dtype), dtype))
                            .isEqualTo((short) bits);
                }
            }
        }
    }
}
