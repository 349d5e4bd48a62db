package dev.tandem.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.backend.BinaryOp;
import dev.tandem.backend.UnaryOp;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.util.Arrays;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Vector loops and their scalar twins agree bit for bit, for special numbers and all lengths of rests too. */
class ElementwiseKernelsTest {
    private static final float[] SPECIAL = {
        0f,
        -0f,
        Float.NaN,
        Float.POSITIVE_INFINITY,
        Float.NEGATIVE_INFINITY,
        Float.MIN_VALUE,
        -Float.MIN_VALUE,
        Float.MIN_NORMAL,
        Float.MAX_VALUE,
        -Float.MAX_VALUE,
        0.5f,
        -0.5f,
        1.5f,
        2.5f,
        -3f,
        3f,
        8388607.5f,
        8388608f,
        -8388609f,
        88.7f,
        88.8f,
        -87.4f,
        -103.9f,
        1e-40f
    };
    private static final int[] COUNTS = {0, 1, 5, 15, 16, 17, 33, 1000, 1027};

    /** Special numbers, then ones of all sizes. */
    private static float[] numbers(int count) {
        Random random = new Random(count);
        float[] numbers = Arrays.copyOf(SPECIAL, count);
        for (int i = SPECIAL.length; i < count; i++) {
            numbers[i] = (float) (random.nextGaussian() * Math.pow(10, random.nextInt(5) - 2));
        }
        return numbers;
    }

    private interface Loop<K> {
        void run(K kernels, long x, long y, int count);
    }

    /** Runs both twins from {@code x} into {@code y}, which holds the same numbers in reverse. */
    private static <K> void compare(Class<K> kind, Loop<K> loop) {
        for (int count : COUNTS) {
            Function<Boolean, float[]> result = vectors -> {
                try (TestRuntime test = new TestRuntime(1)) {
                    float[] numbers = numbers(count);
                    CpuStorage x = test.floats(numbers);
                    float[] reversed = new float[count];
                    for (int i = 0; i < count; i++) {
                        reversed[i] = numbers[count - 1 - i];
                    }
                    CpuStorage y = test.floats(reversed);
                    loop.run(Kernels.of(kind, vectors), x.address, y.address, count);
                    return test.array(y);
                }
            };
            TestRuntime.assertClose(result.apply(true), result.apply(false), 0);
        }
    }

    @ParameterizedTest
    @EnumSource
    void functions(UnaryOp op) {
        if (ElementwiseKernels.hasForward(op)) {
            compare(ElementwiseKernels.class, (k, x, y, count) -> k.unary(op, x, y, count, -0.75f, 1.25f));
        }
        if (ElementwiseKernels.hasBackward(op)) {
            compare(ElementwiseKernels.class, (k, x, y, n) -> k.unaryBackward(op, y, x, y, n, -0.75f, 1.25f));
        }
    }

    @Test
    void scaledSums() {
        compare(ElementwiseKernels.class, (k, x, y, count) -> k.axpby(0.3f, x, -1.7f, y, count));
        compare(ElementwiseKernels.class, (k, x, y, count) -> k.axpby(1, x, 1, y, count));
        compare(ElementwiseKernels.class, (k, x, y, count) -> k.axpby(0.3f, x, 0, y, count));
    }

    @ParameterizedTest
    @EnumSource
    void functionsOfTwo(BinaryOp op) {
        for (int steps = 0; steps < 4; steps++) {
            int stepA = steps & 1;
            int stepB = steps >> 1;
            compare(BinaryKernels.class, (k, x, y, count) -> {
                if (op.isComparison()) {
                    k.compare(op, x, stepA, x + 4L * (count / 2) * (1 - stepB), stepB, y, count);
                } else {
                    k.binary(op, y, stepA, x, stepB, y, stepA == 0 ? Math.min(count, 1) : count);
                }
            });
        }
    }

    @Test
    void choices() {
        for (int steps = 0; steps < 8; steps++) {
            int a = steps & 1;
            int b = steps >> 1 & 1;
            int condition = steps >> 2;
            // The condition is the numbers' own bytes.
            compare(BinaryKernels.class, (k, x, y, n) -> k.where(x, condition, x, a, y, b, y, b == 0 ? n / 2 : n));
        }
    }

    /** Their polynomials are Cephes': relative errors below 2⁻²². */
    @Test
    void exponentialAndLogarithmAreExactToTheLastDigits() {
        Random random = new Random(1);
        for (int i = 0; i < 1_000_000; i++) {
            float x = random.nextFloat() * 200 - 105;
            double exp = Math.exp(x);
            float actual = ScalarFunctions.exp(x);
            assertThat(Math.abs(actual - exp) <= exp * 0x1p-22 + Float.MIN_VALUE || (float) exp == actual)
                    .as("exp(%s) = %s, not %s", x, actual, exp)
                    .isTrue();
            float y = Float.intBitsToFloat(random.nextInt(0x7f800000));
            double log = Math.log(y);
            assertThat(Math.abs(ScalarFunctions.log(y) - log))
                    .as("log(%s)", y)
                    .isLessThanOrEqualTo(Math.abs(log) * 0x1p-22);
        }
    }

    @Test
    void conversionsOfAllHalves() {
        for (DType half : new DType[] {DType.BFLOAT16, DType.FLOAT16}) {
            try (TestRuntime test = new TestRuntime(1)) {
                CpuStorage all = test.runtime.allocate(Shape.of(65536), half);
                for (int i = 0; i < 65536; i++) {
                    all.segment().setAtIndex(java.lang.foreign.ValueLayout.JAVA_SHORT, i, (short) i);
                }
                CpuStorage fast = Cast.cast(test.runtime, all, DType.FLOAT32);
                CpuStorage slow = test.floats(Shape.of(65536));
                Conversion.convert(half, all.address, DType.FLOAT32, slow.address, 0, 65536);
                TestRuntime.assertClose(test.array(fast), test.array(slow), 0);
                test.release(all, fast);
            }
        }
    }

    @Test
    void conversionsToHalves() {
        Random random = new Random(1);
        int count = 100_003;
        try (TestRuntime test = new TestRuntime(1)) {
            float[] numbers = new float[count];
            for (int i = 0; i < count; i++) {
                // Half of them near float16's range, ties among them.
                float value = Float.intBitsToFloat(random.nextInt());
                numbers[i] = i % 2 == 0 ? value : Float.intBitsToFloat(0x33000000 + random.nextInt(0x15000) * 0x1000);
            }
            CpuStorage x = test.floats(numbers);
            for (DType half : new DType[] {DType.BFLOAT16, DType.FLOAT16}) {
                CpuStorage fast = Cast.cast(test.runtime, x, half);
                for (int i = 0; i < count; i++) {
                    short actual = fast.segment().getAtIndex(java.lang.foreign.ValueLayout.JAVA_SHORT, i);
                    short expected = half == DType.FLOAT16
                            ? Float.floatToFloat16(numbers[i])
                            : Conversion.toBfloat16(numbers[i]);
                    boolean nan = half == DType.FLOAT16
                            ? Float.isNaN(Float.float16ToFloat(actual))
                            : Float.isNaN(Float.intBitsToFloat(actual << 16));
                    assertThat(nan ? Float.isNaN(numbers[i]) : actual == expected)
                            .as("%s to %s", numbers[i], half)
                            .isTrue();
                }
                fast.release();
            }
        }
    }
}
