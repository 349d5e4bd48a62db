package dev.tandem.cuda.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/** Kernels run in the simulation as they would on a GPU, and what they do wrong is said. */
@EnabledIf("dev.tandem.cuda.simulation.SimulatedCuda#isPossible")
class SimulatedKernelsTest {
    private static final int ILLEGAL_ADDRESS = 700;
    private static final int LAUNCH_FAILED = 719;

    private CudaCalls cuda;

    @BeforeEach
    void open() {
        cuda = new CudaCalls();
    }

    @AfterEach
    void close() {
        cuda.close();
    }

    @Test
    void threadsOfABlockMeetInShufflesAndAtBarriers() {
        long sum = cuda.kernel("sum", """
                extern "C" __global__ void sum(const float* x, float* y, int n) {
                    __shared__ float parts[8];
                    float s = 0;
                    for (int i = threadIdx.x; i < n; i += blockDim.x) s += x[blockIdx.x * n + i];
                    for (int o = 16; o > 0; o /= 2) s += __shfl_down_sync(0xffffffffu, s, o);
                    if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = s;
                    __syncthreads();
                    if (threadIdx.x == 0) {
                        float t = 0;
                        for (int i = 0; i < 8; i++) t += parts[i];
                        y[blockIdx.x] = t;
                    }
                }
                """);
        float[] values = new float[2000];
        for (int i = 0; i < values.length; i++) {
            values[i] = i;
        }
        long x = cuda.upload(values);
        long y = cuda.allocate(8);
        assertThat(cuda.launch(sum, 2, 256, 0L, x, y, 1000)).isZero();
        assertThat(cuda.download(y, 2)).containsExactly(499_500f, 1_499_500f);
        cuda.free(x, y);
        assertThat(cuda.control.diagnoses()).isEmpty();
    }

    @Test
    void readingPastTheEndOfABlockIsReportedAndEndsTheContext() {
        long copy = cuda.kernel("copy", """
                extern "C" __global__ void copy(const float* x, float* y) { y[threadIdx.x] = x[threadIdx.x + 1]; }
                """);
        long x = cuda.allocate(4 * 32);
        long y = cuda.allocate(4 * 32);
        assertThat(cuda.launch(copy, 1, 32, 0L, x, y)).isEqualTo(ILLEGAL_ADDRESS);
        assertThat(cuda.control.diagnoses().get(0))
                .contains("kernel copy", "reads 4 bytes", "0 bytes past the end of the block before it, of 128 bytes");
        assertThat(cuda.control.diagnoses().get(1)).contains("thread 31 of block (0, 0, 0)");
        assertThat(cuda.call("cuCtxSynchronize")).isEqualTo(ILLEGAL_ADDRESS);
    }

    @Test
    void usingFreedMemoryIsReported() {
        long fill = cuda.kernel("fill", """
                extern "C" __global__ void fill(float* y) { y[threadIdx.x] = 1; }
                """);
        long y = cuda.allocate(4 * 32);
        cuda.free(y);
        assertThat(cuda.launch(fill, 1, 32, 0L, y)).isEqualTo(ILLEGAL_ADDRESS);
        assertThat(cuda.control.diagnoses().get(0)).contains("writes 4 bytes", "not allocated");
    }

    @Test
    void hostPointersInKernelsAreReported() {
        long fill = cuda.kernel("fill", """
                extern "C" __global__ void fill(float* y) { y[threadIdx.x] = 1; }
                """);
        assertThat(cuda.launch(fill, 1, 32, 0L, cuda.arena.allocate(128).address()))
                .isEqualTo(ILLEGAL_ADDRESS);
        assertThat(cuda.control.diagnoses().get(0)).contains("fill", "a host address");
    }

    @Test
    void aMissingBarrierIsReportedThoughTheResultWouldBeRightHere() {
        long reverse = cuda.kernel("neighbour", """
                extern "C" __global__ void neighbour(const float* x, float* y) {
                    __shared__ float a[64];
                    a[threadIdx.x] = x[threadIdx.x];
                    y[threadIdx.x] = a[threadIdx.x / 2];
                }
                """);
        long x = cuda.upload(new float[64]);
        long y = cuda.allocate(256);
        assertThat(cuda.launch(reverse, 1, 64, 0L, x, y)).isEqualTo(LAUNCH_FAILED);
        assertThat(cuda.control.diagnoses().get(0))
                .contains("neighbour: thread 1 reads shared memory", "thread 0 wrote", "no barrier");
    }

    @Test
    void aBarrierThatSomeThreadsMissIsReported() {
        long split = cuda.kernel("split", """
                extern "C" __global__ void split(float* y) {
                    if (threadIdx.x < 16) {
                        __syncthreads();
                        y[0] = 1;
                    } else {
                        __syncthreads();
                    }
                }
                """);
        long y = cuda.allocate(4);
        assertThat(cuda.launch(split, 1, 32, 0L, y)).isEqualTo(LAUNCH_FAILED);
        assertThat(cuda.control.diagnoses().get(0))
                .contains("split: thread 16 is at the barrier of line 6", "at line 3");
    }

    @Test
    void aShuffleThatSomeLanesNeverReachIsReported() {
        long half = cuda.kernel("half", """
                extern "C" __global__ void half(float* y) {
                    float v = threadIdx.x;
                    if (threadIdx.x < 16) v += __shfl_xor_sync(0xffffffffu, v, 1);
                    y[threadIdx.x] = v;
                }
                """);
        long y = cuda.allocate(128);
        cuda.launch(half, 1, 32, 0L, y);
        assertThat(cuda.control.diagnoses().get(0)).contains("half, line 3", "has returned from the kernel");
    }

    @Test
    void freshMemoryIsNotANumber() {
        long y = cuda.allocate(8);
        assertThat(cuda.download(y, 2)).containsExactly(Float.NaN, Float.NaN);
        cuda.free(y);
    }

    @Test
    void compilerErrorsNameFileAndLine() {
        assertThat(cuda.compile("extern \"C\" __global__ void k(float* y) {\n    y[0] = nonsense;\n}\n"))
                .isEqualTo(6);
        assertThat(cuda.log).contains("test.cu:2", "nonsense");
    }

    @Test
    void headersAreNotThereAsInNvrtc() {
        assertThat(cuda.compile("#include <math.h>\nextern \"C\" __global__ void k() {}\n"))
                .isEqualTo(6);
        assertThat(cuda.log).contains("math.h");
    }

    @Test
    void anImageForALaterArchitectureIsRefused() {
        assertThat(cuda.compile("extern \"C\" __global__ void k() {}\n")).isZero();
        cuda.control.set("ARCH", "86");
        try {
            assertThat(cuda.call("cuModuleLoadData", cuda.arena.allocate(8), cuda.image))
                    .isEqualTo(209);
        } finally {
            cuda.control.set("ARCH", "");
        }
    }

    @Test
    void aLaunchBeyondItsBoundsIsRefused() {
        long k = cuda.kernel("k", """
                extern "C" __global__ void __launch_bounds__(128) k(float* y) { y[threadIdx.x] = 0; }
                """);
        long y = cuda.allocate(2048);
        assertThat(cuda.launch(k, 1, 256, 0L, y)).isEqualTo(1);
        assertThat(cuda.control.diagnoses().get(0)).contains("256 threads a block; its __launch_bounds__ says 128");
        cuda.free(y);
    }

    @Test
    void atomicsAddUpOverBlocks() {
        long add = cuda.kernel("add", """
                extern "C" __global__ void add(float* y, int* most) {
                    atomicAdd(y, 1.0f);
                    atomicMax(most, (int)(blockIdx.x * blockDim.x + threadIdx.x));
                }
                """);
        long y = cuda.upload(0f, Float.intBitsToFloat(0));
        assertThat(cuda.launch(add, 10, 100, 0L, y, y + 4)).isZero();
        float[] result = cuda.download(y, 2);
        assertThat(result[0]).isEqualTo(1000f);
        assertThat(Float.floatToRawIntBits(result[1])).isEqualTo(999);
        cuda.free(y);
        assertThat(cuda.control.diagnoses()).isEmpty();
    }
}
