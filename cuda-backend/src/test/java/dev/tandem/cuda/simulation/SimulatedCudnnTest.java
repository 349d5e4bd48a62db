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

/** The simulated cuDNN against plain loops, and what it refuses. */
@EnabledIf("dev.tandem.cuda.simulation.SimulatedCuda#isPossible")
class SimulatedCudnnTest {
    private static final int FMA_MATH = 3;
    private static final int DEFAULT_MATH = 0;
    private static final int BAD_PARAM = 2000;
    private static final int SIZE_INSUFFICIENT = 2006;
    private static final int NOT_SUPPORTED = 3000;

    private CudaCalls cuda;
    private long cudnn;
    private MemorySegment one;
    private MemorySegment zero;

    @BeforeEach
    void open() {
        cuda = new CudaCalls();
        cudnn = cuda.create("cudnnCreate");
        one = cuda.arena.allocateFrom(ValueLayout.JAVA_FLOAT, 1f);
        zero = cuda.arena.allocateFrom(ValueLayout.JAVA_FLOAT, 0f);
    }

    @AfterEach
    void close() {
        cuda.ok("cudnnDestroy", cudnn);
        cuda.close();
    }

    /** A convolution with its descriptors and plain loops beside it. */
    private final class Case {
        final int n;
        final int c;
        final int h;
        final int w;
        final int k;
        final int r;
        final int s;
        final int pad;
        final int stride;
        final int dilation;
        final int groups;
        final int outH;
        final int outW;
        final long xd = cuda.create("cudnnCreateTensorDescriptor");
        final long yd = cuda.create("cudnnCreateTensorDescriptor");
        final long wd = cuda.create("cudnnCreateFilterDescriptor");
        final long convolution = cuda.create("cudnnCreateConvolutionDescriptor");
        final float[] x;
        final float[] weight;
        final float[] y;

        Case(int n, int c, int h, int w, int k, int r, int s, int pad, int stride, int dilation, int groups, int math) {
            this.n = n;
            this.c = c;
            this.h = h;
            this.w = w;
            this.k = k;
            this.r = r;
            this.s = s;
            this.pad = pad;
            this.stride = stride;
            this.dilation = dilation;
            this.groups = groups;
            outH = (h + 2 * pad - dilation * (r - 1) - 1) / stride + 1;
            outW = (w + 2 * pad - dilation * (s - 1) - 1) / stride + 1;
            cuda.ok("cudnnSetTensor4dDescriptor", xd, 0, 0, n, c, h, w);
            cuda.ok("cudnnSetTensor4dDescriptor", yd, 0, 0, n, k, outH, outW);
            cuda.ok("cudnnSetFilter4dDescriptor", wd, 0, 0, k, c / groups, r, s);
            cuda.ok("cudnnSetConvolution2dDescriptor", convolution, pad, pad, stride, stride, dilation, dilation, 1, 0);
            cuda.ok("cudnnSetConvolutionGroupCount", convolution, groups);
            cuda.ok("cudnnSetConvolutionMathType", convolution, math);
            Random random = new Random(7);
            x = numbers(random, n * c * h * w);
            weight = numbers(random, k * c / groups * r * s);
            y = numbers(random, n * k * outH * outW);
        }

        private float[] numbers(Random random, int count) {
            float[] values = new float[count];
            for (int i = 0; i < count; i++) {
                values[i] = (float) random.nextGaussian();
            }
            return values;
        }

        /** Visits every product of the convolution: indices into x, weight and y. */
        void forEach(Visitor visitor) {
            int perGroup = c / groups;
            for (int in = 0; in < n; in++) {
                for (int ik = 0; ik < k; ik++) {
                    for (int i = 0; i < outH; i++) {
                        for (int j = 0; j < outW; j++) {
                            for (int ic = 0; ic < perGroup; ic++) {
                                for (int ir = 0; ir < r; ir++) {
                                    for (int is = 0; is < s; is++) {
                                        int row = i * stride - pad + ir * dilation;
                                        int column = j * stride - pad + is * dilation;
                                        if (row < 0 || row >= h || column < 0 || column >= w) {
                                            continue;
                                        }
                                        int channel = ik / (k / groups) * perGroup + ic;
                                        visitor.visit(
                                                ((in * c + channel) * h + row) * w + column,
                                                ((ik * perGroup + ic) * r + ir) * s + is,
                                                ((in * k + ik) * outH + i) * outW + j);
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }

        void destroy() {
            cuda.ok("cudnnDestroyTensorDescriptor", xd);
            cuda.ok("cudnnDestroyTensorDescriptor", yd);
            cuda.ok("cudnnDestroyFilterDescriptor", wd);
            cuda.ok("cudnnDestroyConvolutionDescriptor", convolution);
        }
    }

    private interface Visitor {
        void visit(int x, int weight, int y);
    }

    /** Every algorithm that the library offers for a direction must give the same numbers. */
    @ParameterizedTest
    @CsvSource({
        "2, 3, 7, 5, 4, 3, 3, 1, 1, 1, 1",
        "1, 4, 9, 8, 6, 3, 2, 2, 2, 2, 2",
        "3, 1, 5, 5, 1, 5, 5, 0, 1, 1, 1",
        "1, 4, 6, 7, 4, 3, 3, 1, 2, 1, 4",
        "2, 2, 1, 1, 3, 1, 1, 0, 3, 1, 1",
    })
    void convolutionsEqualPlainLoopsInEveryDirectionAndAlgorithm(
            int n, int c, int h, int w, int k, int r, int s, int pad, int stride, int dilation, int groups) {
        Case one = new Case(n, c, h, w, k, r, s, pad, stride, dilation, groups, FMA_MATH);
        double[] forward = new double[one.y.length];
        double[] data = new double[one.x.length];
        double[] filter = new double[one.weight.length];
        one.forEach((x, weight, y) -> {
            forward[y] += (double) one.x[x] * one.weight[weight];
            data[x] += (double) one.y[y] * one.weight[weight];
            filter[weight] += (double) one.x[x] * one.y[y];
        });
        long x = cuda.upload(one.x);
        long weight = cuda.upload(one.weight);
        long y = cuda.upload(one.y);
        checkDirection(one, "Forward", one.xd, one.wd, one.yd, forward, x, weight);
        checkDirection(one, "BackwardData", one.wd, one.yd, one.xd, data, weight, y);
        checkDirection(one, "BackwardFilter", one.xd, one.yd, one.wd, filter, x, y);
        cuda.free(x, weight, y);
        one.destroy();
        assertThat(cuda.control.diagnoses()).isEmpty();
    }

    private void checkDirection(
            Case c, String direction, long first, long second, long result, double[] expected, long a, long b) {
        MemorySegment count = cuda.arena.allocate(4);
        MemorySegment found = cuda.arena.allocate(48 * 16, 8);
        cuda.ok(
                "cudnnGetConvolution" + direction + "Algorithm_v7",
                cudnn,
                first,
                second,
                c.convolution,
                result,
                16,
                count,
                found);
        int tried = 0;
        for (int i = 0; i < count.get(ValueLayout.JAVA_INT, 0); i++) {
            boolean can = found.get(ValueLayout.JAVA_INT, 48L * i + 4) == 0;
            boolean isAffordable = found.get(ValueLayout.JAVA_LONG, 48L * i + 16) >= 0;
            boolean isFloat32 = found.get(ValueLayout.JAVA_INT, 48L * i + 28) == FMA_MATH;
            if (!can || !isAffordable || !isFloat32) {
                continue;
            }
            tried++;
            int algorithm = found.get(ValueLayout.JAVA_INT, 48L * i);
            MemorySegment bytes = cuda.arena.allocate(8);
            cuda.ok(
                    "cudnnGetConvolution" + direction + "WorkspaceSize",
                    cudnn,
                    first,
                    second,
                    c.convolution,
                    result,
                    algorithm,
                    bytes);
            long size = bytes.get(ValueLayout.JAVA_LONG, 0);
            assertThat(size).isEqualTo(found.get(ValueLayout.JAVA_LONG, 48L * i + 16));
            long workspace = cuda.allocate(Math.max(1, size));
            long output = cuda.allocate(4L * expected.length);
            cuda.ok(
                    "cudnnConvolution" + direction,
                    cudnn,
                    one,
                    first,
                    a,
                    second,
                    b,
                    c.convolution,
                    algorithm,
                    workspace,
                    size,
                    zero,
                    result,
                    output);
            float[] values = cuda.download(output, expected.length);
            for (int e = 0; e < expected.length; e++) {
                // Float rounding of the result, and the jitter of non-deterministic algorithms.
                assertThat((double) values[e]).isCloseTo(expected[e], within(3e-7 * (1 + Math.abs(expected[e]))));
            }
            cuda.free(workspace, output);
        }
        assertThat(tried).isGreaterThan(1);
    }

    @Test
    void defaultMathComputesFloatConvolutionsInTf32() {
        Case c = new Case(1, 8, 6, 6, 4, 3, 3, 1, 1, 1, 1, DEFAULT_MATH);
        double[] expected = new double[c.y.length];
        c.forEach((x, weight, y) -> expected[y] += (double) c.x[x] * c.weight[weight]);
        long x = cuda.upload(c.x);
        long weight = cuda.upload(c.weight);
        long y = cuda.allocate(4L * c.y.length);
        cuda.ok(
                "cudnnConvolutionForward",
                cudnn,
                one,
                c.xd,
                x,
                c.wd,
                weight,
                c.convolution,
                0,
                MemorySegment.NULL,
                0L,
                zero,
                c.yd,
                y);
        float[] values = cuda.download(y, expected.length);
        double largest = 0;
        for (int i = 0; i < expected.length; i++) {
            largest = Math.max(largest, Math.abs(values[i] - expected[i]));
        }
        assertThat(largest).isBetween(1e-5, 5e-2);
        cuda.free(x, weight, y);
        c.destroy();
    }

    @Test
    void aSmallWorkspaceIsRefused() {
        Case c = new Case(1, 2, 6, 6, 2, 3, 3, 1, 1, 1, 1, FMA_MATH);
        long x = cuda.upload(c.x);
        long weight = cuda.upload(c.weight);
        long y = cuda.allocate(4L * c.y.length);
        assertThat(cuda.call(
                        "cudnnConvolutionForward",
                        cudnn,
                        one,
                        c.xd,
                        x,
                        c.wd,
                        weight,
                        c.convolution,
                        1,
                        MemorySegment.NULL,
                        0L,
                        zero,
                        c.yd,
                        y))
                .isEqualTo(SIZE_INSUFFICIENT);
        assertThat(cuda.control.diagnoses().get(0)).contains("the workspace has 0 bytes", "are needed");
        cuda.free(x, weight, y);
        c.destroy();
    }

    @Test
    void aWrongOutputShapeIsRefusedNamingBoth() {
        Case c = new Case(1, 2, 6, 6, 2, 3, 3, 0, 1, 1, 1, FMA_MATH);
        cuda.ok("cudnnSetTensor4dDescriptor", c.yd, 0, 0, 1, 2, 6, 6);
        assertThat(cuda.call(
                        "cudnnGetConvolutionForwardWorkspaceSize",
                        cudnn,
                        c.xd,
                        c.wd,
                        c.convolution,
                        c.yd,
                        0,
                        cuda.arena.allocate(8)))
                .isEqualTo(BAD_PARAM);
        assertThat(cuda.control.diagnoses().get(0)).contains("y is float32 [1, 2, 6, 6], must be [1, 2, 4, 4]");
        c.destroy();
    }

    @Test
    void ordersOfImageAndFilterMustAgree() {
        Case c = new Case(1, 2, 6, 6, 2, 3, 3, 1, 1, 1, 1, FMA_MATH);
        cuda.ok("cudnnSetTensor4dDescriptor", c.xd, 1, 0, 1, 2, 6, 6);
        assertThat(cuda.call(
                        "cudnnGetConvolutionForwardWorkspaceSize",
                        cudnn,
                        c.xd,
                        c.wd,
                        c.convolution,
                        c.yd,
                        0,
                        cuda.arena.allocate(8)))
                .isEqualTo(NOT_SUPPORTED);
        assertThat(cuda.control.diagnoses().get(0)).contains("NHWC", "packed in one order");
        c.destroy();
    }

    @Test
    void outputSmallerThanItsDescriptorIsRefused() {
        Case c = new Case(1, 2, 6, 6, 2, 3, 3, 1, 1, 1, 1, FMA_MATH);
        long x = cuda.upload(c.x);
        long weight = cuda.upload(c.weight);
        long y = cuda.allocate(4L * c.y.length - 4);
        assertThat(cuda.call(
                        "cudnnConvolutionForward",
                        cudnn,
                        one,
                        c.xd,
                        x,
                        c.wd,
                        weight,
                        c.convolution,
                        0,
                        MemorySegment.NULL,
                        0L,
                        zero,
                        c.yd,
                        y))
                .isEqualTo(BAD_PARAM);
        assertThat(cuda.control.diagnoses().get(0)).contains("y is 288 bytes", "4 bytes past the end of its block");
        cuda.free(x, weight, y);
        c.destroy();
    }

    @Test
    void aDestroyedDescriptorIsReported() {
        Case c = new Case(1, 2, 6, 6, 2, 3, 3, 1, 1, 1, 1, FMA_MATH);
        c.destroy();
        assertThat(cuda.call("cudnnGetTensorSizeInBytes", c.xd, cuda.arena.allocate(8)))
                .isEqualTo(BAD_PARAM);
        assertThat(cuda.control.diagnoses().get(0)).contains("cuDNN tensor descriptor", "was destroyed before");
    }

    @ParameterizedTest
    @CsvSource({"0, 1", "1, 1", "2, 1", "1, 0", "2, 0"})
    void softmaxAndItsGradientEqualPlainFormulas(int algorithm, int mode) {
        int n = 2;
        int c = 5;
        int h = 3;
        Random random = new Random(3);
        float[] x = new float[n * c * h];
        float[] gradient = new float[x.length];
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) random.nextGaussian() * 3;
            gradient[i] = (float) random.nextGaussian();
        }
        double[] y = new double[x.length];
        double[] dx = new double[x.length];
        for (int group = 0; group < (mode == 1 ? n * h : n); group++) {
            int[] at = new int[mode == 1 ? c : c * h];
            for (int i = 0; i < at.length; i++) {
                at[i] = mode == 1 ? (group / h * c + i) * h + group % h : group * c * h + i;
            }
            double sum = 0;
            for (int i : at) {
                sum += Math.exp(x[i]);
            }
            double inner = 0;
            for (int i : at) {
                y[i] = algorithm == 2 ? x[i] - Math.log(sum) : Math.exp(x[i]) / sum;
                inner += algorithm == 2 ? gradient[i] : gradient[i] * y[i];
            }
            for (int i : at) {
                dx[i] = algorithm == 2 ? gradient[i] - Math.exp(y[i]) * inner : y[i] * (gradient[i] - inner);
            }
        }
        long descriptor = cuda.create("cudnnCreateTensorDescriptor");
        cuda.ok("cudnnSetTensor4dDescriptor", descriptor, 0, 0, n, c, h, 1);
        long input = cuda.upload(x);
        long upstream = cuda.upload(gradient);
        long output = cuda.allocate(4L * x.length);
        long result = cuda.allocate(4L * x.length);
        cuda.ok("cudnnSoftmaxForward", cudnn, algorithm, mode, one, descriptor, input, zero, descriptor, output);
        cuda.ok(
                "cudnnSoftmaxBackward",
                cudnn,
                algorithm,
                mode,
                one,
                descriptor,
                output,
                descriptor,
                upstream,
                zero,
                descriptor,
                result);
        float[] forward = cuda.download(output, x.length);
        float[] backward = cuda.download(result, x.length);
        for (int i = 0; i < x.length; i++) {
            // Outputs are rounded to float before the backward pass reads them.
            assertThat((double) forward[i]).isCloseTo(y[i], within(1e-6 * (1 + Math.abs(y[i]))));
            assertThat((double) backward[i]).isCloseTo(dx[i], within(2e-6));
        }
        cuda.free(input, upstream, output, result);
        cuda.ok("cudnnDestroyTensorDescriptor", descriptor);
        assertThat(cuda.control.diagnoses()).isEmpty();
        assertThat(cuda.leaks()).hasSize(1); // the handle of this test
    }
}
