package dev.tandem.cuda.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The simulated cuBLAS against plain loops, and what it refuses. */
@EnabledIf("dev.tandem.cuda.simulation.SimulatedCuda#isPossible")
class SimulatedCublasTest {
    private static final int FLOAT32 = 0;
    private static final int FLOAT16 = 2;
    private static final int BFLOAT16 = 14;
    private static final int COMPUTE_32F = 68;
    private static final int INVALID_VALUE = 7;
    private static final int NOT_SUPPORTED = 15;

    private CudaCalls cuda;
    private long cublas;
    private MemorySegment two;
    private MemorySegment three;

    @BeforeEach
    void open() {
        cuda = new CudaCalls();
        cublas = cuda.create("cublasCreate_v2");
        two = cuda.arena.allocateFrom(ValueLayout.JAVA_FLOAT, 2f);
        three = cuda.arena.allocateFrom(ValueLayout.JAVA_FLOAT, 3f);
    }

    @AfterEach
    void close() {
        cuda.call("cublasDestroy_v2", cublas);
        cuda.close();
    }

    private static float[] numbers(int seed, int count) {
        Random random = new Random(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextInt(-8, 9); // exact in every type
        }
        return values;
    }

    /** Column-major, leading dimensions larger than the rows, alpha 2, beta 3, two matrices a batch. */
    @ParameterizedTest
    @CsvSource({"0, 0, 3, 4, 5", "0, 1, 3, 4, 5", "1, 0, 3, 4, 5", "1, 1, 3, 4, 5", "0, 0, 1, 20, 7", "1, 1, 20, 1, 1"})
    void batchedProductsEqualPlainLoops(int ta, int tb, int m, int n, int k) {
        int lda = (ta == 0 ? m : k) + 1;
        int ldb = (tb == 0 ? k : n) + 2;
        int ldc = m + 3;
        int strideA = lda * (ta == 0 ? k : m);
        int strideB = ldb * (tb == 0 ? n : k);
        int strideC = ldc * n;
        float[] a = numbers(1, 2 * strideA);
        float[] b = numbers(2, 2 * strideB);
        float[] c = numbers(3, 2 * strideC);
        long da = cuda.upload(a);
        long db = cuda.upload(b);
        long dc = cuda.upload(c);
        cuda.ok(
                "cublasGemmStridedBatchedEx",
                cublas,
                ta,
                tb,
                m,
                n,
                k,
                two,
                da,
                FLOAT32,
                lda,
                (long) strideA,
                db,
                FLOAT32,
                ldb,
                (long) strideB,
                three,
                dc,
                FLOAT32,
                ldc,
                (long) strideC,
                2,
                COMPUTE_32F,
                -1);
        float[] expected = c.clone();
        for (int i = 0; i < 2; i++) {
            for (int row = 0; row < m; row++) {
                for (int column = 0; column < n; column++) {
                    float sum = 0;
                    for (int p = 0; p < k; p++) {
                        sum += a[i * strideA + (ta == 0 ? p * lda + row : row * lda + p)]
                                * b[i * strideB + (tb == 0 ? column * ldb + p : p * ldb + column)];
                    }
                    int at = i * strideC + column * ldc + row;
                    expected[at] = 2 * sum + 3 * c[at];
                }
            }
        }
        assertThat(cuda.download(dc, c.length)).containsExactly(expected);
        cuda.free(da, db, dc);
        assertThat(cuda.control.diagnoses()).isEmpty();
    }

    @Test
    void halvesGoInAndFloatsComeOut() {
        MemorySegment host =
                cuda.arena.allocateFrom(ValueLayout.JAVA_SHORT, Float.floatToFloat16(1.5f), Float.floatToFloat16(-2f));
        long a = cuda.allocate(4);
        cuda.ok("cuMemcpyHtoD_v2", a, host, 4L);
        long c = cuda.allocate(4);
        cuda.ok(
                "cublasGemmEx",
                cublas,
                1,
                0,
                1,
                1,
                2,
                two,
                a,
                FLOAT16,
                2,
                a,
                FLOAT16,
                2,
                zero(),
                c,
                FLOAT32,
                1,
                COMPUTE_32F,
                -1);
        assertThat(cuda.download(c, 1)).containsExactly(2 * (1.5f * 1.5f + 4));
        cuda.free(a, c);
    }

    private MemorySegment zero() {
        return cuda.arena.allocateFrom(ValueLayout.JAVA_FLOAT, 0f);
    }

    @Test
    void tf32IsUsedOnlyWhereTheHandleAllowsIt() {
        long a = cuda.upload(1f + 1f / 4096);
        long c = cuda.allocate(4);
        cuda.ok("cublasSgemm_v2", cublas, 0, 0, 1, 1, 1, two, a, 1, a, 1, zero(), c, 1);
        assertThat(cuda.download(c, 1)[0]).isCloseTo(2f * (1f + 2f / 4096), within(1e-6f));
        cuda.ok("cublasSetMathMode", cublas, 3);
        cuda.ok("cublasSgemm_v2", cublas, 0, 0, 1, 1, 1, two, a, 1, a, 1, zero(), c, 1);
        assertThat(cuda.download(c, 1)[0]).isEqualTo(2f);
        cuda.free(a, c);
    }

    @Test
    void aLeadingDimensionSmallerThanTheRowsIsRefused() {
        long a = cuda.upload(new float[16]);
        assertThat(cuda.call("cublasSgemm_v2", cublas, 0, 0, 4, 4, 1, two, a, 3, a, 1, zero(), a, 4))
                .isEqualTo(INVALID_VALUE);
        assertThat(cuda.control.diagnoses().get(0)).contains("ldA is 3, less than its 4 rows");
        cuda.free(a);
    }

    @Test
    void aMatrixLargerThanItsMemoryIsRefused() {
        long a = cuda.upload(new float[15]);
        assertThat(cuda.call("cublasSgemm_v2", cublas, 0, 0, 4, 4, 1, two, a, 4, a, 1, zero(), a, 4))
                .isEqualTo(INVALID_VALUE);
        assertThat(cuda.control.diagnoses().get(0))
                .contains("C is 64 bytes", "4 bytes past the end of its block of 60 bytes");
        cuda.free(a);
    }

    @Test
    void mixedTypesAndOldComputeTypesAreRefused() {
        long a = cuda.upload(1f);
        for (int[] types :
                new int[][] {{FLOAT16, BFLOAT16, COMPUTE_32F}, {FLOAT32, FLOAT32, 0}, {FLOAT32, FLOAT32, 64}}) {
            assertThat(cuda.call(
                            "cublasGemmEx",
                            cublas,
                            0,
                            0,
                            1,
                            1,
                            1,
                            two,
                            a,
                            types[0],
                            1,
                            a,
                            types[1],
                            1,
                            zero(),
                            a,
                            FLOAT32,
                            1,
                            types[2],
                            -1))
                    .isEqualTo(NOT_SUPPORTED);
        }
        cuda.free(a);
    }

    @Test
    void aHandleCannotBeUsedAfterItWasDestroyed() {
        cuda.ok("cublasDestroy_v2", cublas);
        assertThat(cuda.call("cublasSetStream_v2", cublas, MemorySegment.NULL)).isEqualTo(1);
        assertThat(cuda.control.diagnoses().get(0)).contains("the cuBLAS handle", "was destroyed before");
    }

    @Test
    void theProductIsOrderedByItsStream() {
        long a = cuda.upload(1f);
        long c = cuda.allocate(4);
        long stream = cuda.stream();
        cuda.ok("cublasSetStream_v2", cublas, stream);
        cuda.ok("cublasSgemm_v2", cublas, 0, 0, 1, 1, 1, two, a, 1, a, 1, zero(), c, 1);
        assertThat(cuda.call("cuMemcpyDtoH_v2", cuda.arena.allocate(4), c, 4L)).isEqualTo(700);
        assertThat(cuda.control.diagnoses().get(0)).contains("cuMemcpyDtoH", "which cublasSgemm 1×1×1");
        cuda.ok("cuStreamSynchronize", stream);
        assertThat(cuda.download(c, 1)).containsExactly(2f);
    }
}
