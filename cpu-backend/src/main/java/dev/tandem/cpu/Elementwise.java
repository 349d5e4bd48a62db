package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.tandem.backend.BinaryOp;
import dev.tandem.backend.Storage;
import dev.tandem.backend.UnaryOp;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;

/**
 * Functions of one operand. Both orders are dense, so an element-wise loop need not know which one it is. Own loops do what
 * is as fast as memory anyway; oneDNN does the curves. Its ReLU, clamp and exp turn NaN into numbers, and its log errs in the
 * sixth digit, so those are ours.
 */
final class Elementwise {
    private static final float GELU_IS_INPUT = 1e30f; // much smaller numbers are theirs too

    private final CpuRuntime runtime;
    private final ElementwiseKernels kernels = Kernels.of(ElementwiseKernels.class);
    private final BinaryKernels products = Kernels.of(BinaryKernels.class);

    Elementwise(CpuRuntime runtime) {
        this.runtime = runtime;
    }

    CpuStorage forward(UnaryOp op, Storage input, float a, float b) {
        CpuStorage x = (CpuStorage) input;
        CpuStorage y = runtime.allocateLike(x);
        long count = x.shape().elements();
        if (x.dtype() != DType.FLOAT32) {
            IntegerFunctions.unary(runtime, op, x, y, a, b);
        } else if (ElementwiseKernels.hasForward(op)) {
            runtime.parallel()
                    .run(
                            count,
                            (from, to) ->
                                    kernels.unary(op, x.address + 4 * from, y.address + 4 * from, to - from, a, b));
        } else if (count > 0) {
            forward(Curve.of(op, a, count))
                    .with(OneDnn.ARG_SRC, x.address)
                    .with(OneDnn.ARG_DST, y.address)
                    .run(runtime);
            if (op == UnaryOp.GELU && !Limit.allBelow(runtime, x, GELU_IS_INPUT)) {
                copyLarge(x, y);
            }
        }
        return y;
    }

    /** oneDNN's GELU overflows at numbers near the largest, and makes NaN of infinity; the function's value is the input there. */
    private static void copyLarge(CpuStorage x, CpuStorage y) {
        for (long at = 0; at < x.bytes(); at += Float.BYTES) {
            float value = NativeMemory.ALL.get(JAVA_FLOAT, x.address + at);
            if (value >= GELU_IS_INPUT) {
                NativeMemory.ALL.set(JAVA_FLOAT, y.address + at, value);
            }
        }
    }

    /** @param known the input or the output, as the function needs; null if it needs neither */
    CpuStorage backward(UnaryOp op, Storage gradient, Storage known, float a, float b, boolean overwrite) {
        CpuStorage dy = (CpuStorage) gradient;
        CpuStorage value = known == null ? null : runtime.in(dy.order(), known);
        CpuStorage dx = overwrite ? (CpuStorage) dy.retain() : runtime.allocateLike(dy);
        long count = dy.shape().elements();
        if (ElementwiseKernels.hasBackward(op)) {
            long saved = value == null ? 0 : value.address;
            runtime.parallel()
                    .run(
                            count,
                            (from, to) -> kernels.unaryBackward(
                                    op,
                                    dy.address + 4 * from,
                                    saved == 0 ? 0 : saved + 4 * from,
                                    dx.address + 4 * from,
                                    to - from,
                                    a,
                                    b));
        } else if (op == UnaryOp.POWER) {
            powerBackward(dy, value, dx, a);
        } else if (count > 0) {
            backward(Curve.of(op, a, count))
                    .with(OneDnn.ARG_SRC, value.address)
                    .with(OneDnn.ARG_DIFF_DST, dy.address)
                    .with(OneDnn.ARG_DIFF_SRC, dx.address)
                    .run(runtime);
        }
        if (value != null) {
            value.release();
        }
        return dx;
    }

    /** {@code dx = dy · a·x^(a − 1)}. oneDNN's own divides x^a by x, and x^a leaves the range sooner. */
    private void powerBackward(CpuStorage dy, CpuStorage x, CpuStorage dx, float a) {
        long count = dy.shape().elements();
        if (a == 0) {
            Fill.fill(runtime, dx, 0);
        } else if (count > 0) {
            CpuStorage slope = runtime.allocateLike(dy);
            forward(new Curve(UnaryOp.POWER, a, a - 1, count))
                    .with(OneDnn.ARG_SRC, x.address)
                    .with(OneDnn.ARG_DST, slope.address)
                    .run(runtime);
            runtime.parallel().run(count, (from, to) -> {
                long at = 4 * from;
                products.binary(
                        BinaryOp.MULTIPLY, dy.address + at, 1, slope.address + at, 1, dx.address + at, to - from);
            });
            slope.release();
        }
    }

    /** {@code y = alpha·x + beta·y} in y's order. */
    void axpby(float alpha, Storage x, float beta, Storage y) {
        CpuStorage target = (CpuStorage) y;
        CpuStorage source = runtime.in(target.order(), x);
        runtime.parallel()
                .run(
                        target.shape().elements(),
                        (from, to) -> kernels.axpby(
                                alpha, source.address + 4 * from, beta, target.address + 4 * from, to - from));
        source.release();
    }

    /** A function that oneDNN computes, for so many elements. */
    private record Curve(UnaryOp op, float alpha, float beta, long count) {
        static Curve of(UnaryOp op, float a, long count) {
            return new Curve(op, op == UnaryOp.ELU ? a : 1, op == UnaryOp.POWER ? a : 0, count);
        }

        /** Its number in dnnl_types.h. */
        int algorithm() {
            return switch (op) {
                case POWER -> OneDnn.ELTWISE_POW;
                case ELU -> OneDnn.ELTWISE_ELU;
                case SIGMOID -> OneDnn.ELTWISE_LOGISTIC;
                case TANH -> OneDnn.ELTWISE_TANH;
                case GELU -> OneDnn.ELTWISE_GELU_ERF;
                case GELU_TANH -> OneDnn.ELTWISE_GELU_TANH;
                case SILU -> OneDnn.ELTWISE_SWISH;
                default -> throw new AssertionError(op);
            };
        }

        long layout() {
            return MemoryDescriptor.plain(Shape.of(count), DType.FLOAT32).handle();
        }
    }

    private Primitive forward(Curve curve) {
        return runtime.primitive(
                curve,
                () -> new Primitive(OneDnn.create(
                        "dnnl_eltwise_forward_primitive_desc_create",
                        OneDnn.ENGINE,
                        OneDnn.FORWARD_TRAINING,
                        curve.algorithm(),
                        curve.layout(),
                        curve.layout(),
                        curve.alpha(),
                        curve.beta(),
                        Attributes.none())));
    }

    private record Slope(Curve curve) {}

    private Primitive backward(Curve curve) {
        return runtime.primitive(
                new Slope(curve),
                () -> new Primitive(OneDnn.create(
                        "dnnl_eltwise_backward_primitive_desc_create",
                        OneDnn.ENGINE,
                        curve.algorithm(),
                        curve.layout(),
                        curve.layout(),
                        curve.layout(),
                        curve.alpha(),
                        curve.beta(),
                        forward(curve).descriptor(),
                        Attributes.none())));
    }
}
