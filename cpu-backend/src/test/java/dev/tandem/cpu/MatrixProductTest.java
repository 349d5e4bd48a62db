package dev.tandem.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.backend.Activation;
import dev.tandem.backend.Storage;
import dev.tandem.backend.UnaryOp;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class MatrixProductTest {
    private static final Activation TANH = new Activation(UnaryOp.TANH, 0, 0);

    private final CpuRuntime runtime = TestStorages.runtime();
    private final MatrixProduct product = new MatrixProduct(runtime);

    @AfterEach
    void close() {
        runtime.close();
    }

    /** Leading axes of a, leading axes of b, m, k, n. */
    static Stream<Arguments> cases() {
        return Stream.of(
                Arguments.of(Shape.of(), Shape.of(), 33, 57, 19),
                Arguments.of(Shape.of(), Shape.of(), 1, 84, 10),
                Arguments.of(Shape.of(), Shape.of(), 128, 1, 1),
                Arguments.of(Shape.of(), Shape.of(), 1, 1, 1),
                Arguments.of(Shape.of(), Shape.of(), 3, 5, 9000),
                Arguments.of(Shape.of(4), Shape.of(), 5, 24, 16),
                Arguments.of(Shape.of(4), Shape.of(1), 5, 7, 3),
                Arguments.of(Shape.of(), Shape.of(4), 5, 7, 3),
                Arguments.of(Shape.of(3), Shape.of(3), 17, 16, 9),
                Arguments.of(Shape.of(2, 3), Shape.of(2, 3), 17, 8, 17),
                Arguments.of(Shape.of(2, 1), Shape.of(1, 3), 4, 8, 5),
                Arguments.of(Shape.of(2, 1), Shape.of(3), 4, 8, 5),
                Arguments.of(Shape.of(3), Shape.of(2, 3), 4, 8, 1));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void agreesWithNestedLoops(Shape leadingA, Shape leadingB, int m, int k, int n) {
        for (int variant = 0; variant < 8; variant++) {
            for (DType dtype : new DType[] {DType.FLOAT32, DType.BFLOAT16}) {
                check(leadingA, leadingB, m, k, n, (variant & 1) != 0, (variant & 2) != 0, (variant & 4) != 0, dtype);
            }
        }
        assertThat(runtime.allocator().stats().liveBytes()).isZero();
    }

    private void check(
            Shape leadingA,
            Shape leadingB,
            int m,
            int k,
            int n,
            boolean transposeA,
            boolean transposeB,
            boolean epilogue,
            DType dtype) {
        Random random = new Random(3);
        Shape a = join(leadingA, transposeA ? k : m, transposeA ? m : k);
        Shape b = join(leadingB, transposeB ? n : k, transposeB ? k : n);
        Shape leading = Shape.broadcast("test", leadingA, leadingB);
        Shape y = join(leading, m, n);
        float[] as = eighths(TestStorages.random(random, a));
        float[] bs = eighths(TestStorages.random(random, b));
        float[] cs = eighths(TestStorages.random(random, Shape.of(n)));
        double[] expected = new double[(int) y.elements()];
        for (int i = 0; i < expected.length; i++) {
            int row = i / n % m;
            int column = i % n;
            int fromA = batch(i / (m * n), leading, leadingA) * m * k;
            int fromB = batch(i / (m * n), leading, leadingB) * k * n;
            double sum = epilogue ? cs[column] : 0;
            for (int j = 0; j < k; j++) {
                sum += (double) as[fromA + (transposeA ? j * m + row : row * k + j)]
                        * bs[fromB + (transposeB ? column * k + j : j * n + column)];
            }
            expected[i] = epilogue ? Math.tanh(sum) : sum;
        }
        Storage left = of(a, as, dtype);
        Storage right = of(b, bs, dtype);
        Storage bias = epilogue ? of(Shape.of(n), cs, dtype) : null;
        Storage into = runtime.allocate(y, dtype);
        Storage fresh = product.run(left, right, transposeA, transposeB, bias, epilogue ? TANH : null, null);
        Storage same = product.run(left, right, transposeA, transposeB, bias, epilogue ? TANH : null, into);
        assertThat(same).isSameAs(into);
        String what = a + (transposeA ? "ᵀ" : "") + " × " + b + (transposeB ? "ᵀ " : " ") + dtype;
        // Half an ulp of bfloat16 is 2⁻⁸; oneDNN's tanh is good to 1e-5.
        double tolerance = dtype == DType.FLOAT32 ? 1e-5 : 4e-3;
        TestStorages.assertClose(what, floats(fresh), expected, tolerance);
        TestStorages.assertClose(what + " into", floats(same), expected, tolerance);
        for (Storage storage : Arrays.asList(left, right, bias, into, fresh, same)) {
            if (storage != null) {
                storage.release();
            }
        }
    }

    /** Which of the operand's matrices belongs to a matrix of the result. */
    private static int batch(int index, Shape leading, Shape own) {
        int result = 0;
        int factor = 1;
        for (int axis = 1; axis <= own.rank(); axis++) {
            int position = index % (int) leading.size(-axis);
            index /= (int) leading.size(-axis);
            result += own.size(-axis) == 1 ? 0 : position * factor;
            factor *= (int) own.size(-axis);
        }
        return result;
    }

    private static Shape join(Shape leading, long rows, long columns) {
        long[] sizes = Arrays.copyOf(leading.toArray(), leading.rank() + 2);
        sizes[leading.rank()] = rows;
        sizes[leading.rank() + 1] = columns;
        return Shape.of(sizes);
    }

    /** Rounded to eighths, which bfloat16 holds exactly. */
    private static float[] eighths(float[] values) {
        for (int i = 0; i < values.length; i++) {
            values[i] = Math.round(values[i] * 8) / 8f;
        }
        return values;
    }

    private CpuStorage of(Shape shape, float[] values, DType dtype) {
        CpuStorage floats = TestStorages.of(runtime, Order.PLAIN, shape, values);
        CpuStorage result = runtime.allocate(shape, dtype);
        runtime.convert(floats, result);
        floats.release();
        return result;
    }

    private float[] floats(Storage storage) {
        CpuStorage source = (CpuStorage) storage;
        CpuStorage floats = runtime.allocate(source.shape(), DType.FLOAT32);
        runtime.convert(source, floats);
        float[] values = TestStorages.values(runtime, floats);
        floats.release();
        return values;
    }

    @Test
    void sumsOverNothingAreZero() {
        Storage a = runtime.allocate(Shape.of(0, 3), DType.FLOAT32);
        Storage b = runtime.allocate(Shape.of(0, 2), DType.FLOAT32);
        Storage target = TestStorages.target(runtime, Shape.of(3, 2));
        product.run(a, b, true, false, null, null, target).release();
        assertThat(TestStorages.values(runtime, target)).containsOnly(0);

        Storage none = runtime.allocate(Shape.of(3, 0), DType.FLOAT32);
        Storage bias = TestStorages.of(runtime, Order.PLAIN, Shape.of(2), 5, -7);
        Storage y = product.run(none, b, false, false, bias, null, null);
        assertThat(TestStorages.values(runtime, y)).containsExactly(5, -7, 5, -7, 5, -7);
    }

    @Test
    void anEmptyBatchGivesAnEmptyResult() {
        Storage a = runtime.allocate(Shape.of(0, 3), DType.FLOAT32);
        Storage b = runtime.allocate(Shape.of(5, 3), DType.FLOAT32);
        assertThat(product.run(a, b, false, true, null, null, null).shape()).isEqualTo(Shape.of(0, 5));
    }

    @Test
    void channelsLastOperandsAreRead() {
        Random random = new Random(5);
        Shape shape = Shape.of(2, 3, 4, 4);
        float[] values = TestStorages.random(random, shape);
        Storage plain = TestStorages.of(runtime, Order.PLAIN, shape, values);
        Storage last = TestStorages.of(runtime, Order.CHANNELS_LAST, shape, values);
        assertThat(TestStorages.values(runtime, product.run(last, last, false, true, null, null, null)))
                .containsExactly(
                        TestStorages.values(runtime, product.run(plain, plain, false, true, null, null, null)));
    }
}
