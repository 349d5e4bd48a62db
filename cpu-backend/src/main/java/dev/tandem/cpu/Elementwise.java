package dev.tandem.cpu;

import dev.tandem.backend.Storage;
import dev.tandem.backend.UnaryOp;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;

/**
 * Functions of one operand: oneDNN's where it has them, own loops elsewhere. Both orders are dense, so an element-wise loop
 * need not know which one it is.
 */
final class Elementwise {
    private final CpuRuntime runtime;
    private final ElementwiseKernels kernels = Kernels.of(ElementwiseKernels.class);

    Elementwise(CpuRuntime runtime) {
        this.runtime = runtime;
    }

    /**
     * One of oneDNN's functions.
     *
     * @param number in dnnl_types.h
     * @param fromOutput the number of its derivative where that comes from the result, else 0
     */
    private record Algorithm(int number, float alpha, float beta, int fromOutput) {
        Algorithm(int number, float alpha, float beta) {
            this(number, alpha, beta, 0);
        }
    }

    /** Null where oneDNN has none, or one that turns NaN into a number (ReLU, clamp). */
    private static Algorithm algorithm(UnaryOp op, float a, float b) {
        return switch (op) {
            case NEGATE -> new Algorithm(38, -1, 0);
            case LINEAR -> new Algorithm(38, a, b);
            case ABS -> new Algorithm(36, 0, 0);
            case EXP -> new Algorithm(42, 0, 0, 261);
            case LOG -> new Algorithm(45, 0, 0);
            case SQRT -> new Algorithm(37, 0, 0, 259);
            case SQUARE -> new Algorithm(35, 0, 0);
            case POWER -> new Algorithm(48, 1, a);
            case LEAKY_RELU -> new Algorithm(32, a, 0);
            case ELU -> new Algorithm(34, a, 0);
            case SIGMOID -> new Algorithm(41, 0, 0, 260);
            case TANH -> new Algorithm(33, 0, 0, 257);
            case GELU -> new Algorithm(49, 0, 0);
            case GELU_TANH -> new Algorithm(43, 0, 0);
            case SILU -> new Algorithm(44, 1, 0);
            case HARD_SIGMOID -> new Algorithm(40, 1f / 6, 0.5f);
            case HARD_SWISH -> new Algorithm(52, 1f / 6, 0.5f);
            default -> null;
        };
    }

    // Forward
    // ----------------------------------------------------------------------------------------------------------

    CpuStorage forward(UnaryOp op, Storage input, float a, float b) {
        CpuStorage x = (CpuStorage) input;
        CpuStorage y = runtime.allocateLike(x);
        if (x.dtype() != DType.FLOAT32) {
            integers(op, x, y, a, b);
            return y;
        }
        long count = x.shape().elements();
        Algorithm algorithm = algorithm(op, a, b);
        if (count > 0 && algorithm != null) {
            forward(algorithm, count)
                    .with(OneDnn.ARG_SRC, x.address)
                    .with(OneDnn.ARG_DST, y.address)
                    .run(runtime);
        } else {
            runtime.parallel().run(count, (from, to) -> {
                long source = x.address + 4 * from;
                long target = y.address + 4 * from;
                switch (op) {
                    case RELU -> kernels.relu(source, target, to - from);
                    case CLAMP -> kernels.clamp(source, target, to - from, a, b);
                    default -> each(op, source, target, to - from);
                }
            });
        }
        return y;
    }

    /** What no kernel has: one call an element. */
    private static void each(UnaryOp op, long source, long target, long count) {
        for (long i = 0; i < 4 * count; i += 4) {
            float x = ScalarElementwiseKernels.get(source + i);
            double y =
                    switch (op) {
                        case SIGN -> Math.signum(x);
                        case RECIPROCAL -> 1f / x;
                        case SIN -> Math.sin(x);
                        case COS -> Math.cos(x);
                        case FLOOR -> Math.floor(x);
                        case CEIL -> Math.ceil(x);
                        case ROUND -> Math.rint(x);
                        default -> throw new AssertionError(op);
                    };
            ScalarElementwiseKernels.set(target + i, (float) y);
        }
    }

    private static void integers(UnaryOp op, CpuStorage x, CpuStorage y, float a, float b) {
        for (long i = 0; i < x.shape().elements(); i++) {
            long value = Integers.get(x.dtype(), x.address, i);
            long result =
                    switch (op) {
                        case NEGATE -> -value;
                        case ABS -> Math.abs(value);
                        case SIGN -> Long.signum(value);
                        case SQUARE -> value * value;
                        case RELU -> Math.max(value, 0);
                        case LINEAR ->
                            a == (long) a && b == (long) b
                                    ? value * (long) a + (long) b
                                    : (long) ((double) a * value + b);
                        case CLAMP -> value < a ? (long) a : value > b ? (long) b : value;
                        case FLOOR, CEIL, ROUND -> value;
                        default ->
                            throw new UnsupportedOperationException(
                                    "cpu: " + op + " of " + x.dtype() + " is not supported; cast to FLOAT32 first");
                    };
            Integers.set(y.dtype(), y.address, i, result);
        }
    }

    private record ForwardKey(Algorithm algorithm, long count) {}

    private Primitive forward(Algorithm algorithm, long count) {
        return runtime.primitive(new ForwardKey(algorithm, count), () -> {
            long flat = MemoryDescriptor.plain(Shape.of(count), DType.FLOAT32).handle();
            return new Primitive(OneDnn.create(
                    "dnnl_eltwise_forward_primitive_desc_create",
                    OneDnn.ENGINE,
                    OneDnn.FORWARD_TRAINING,
                    algorithm.number(),
                    flat,
                    flat,
                    algorithm.alpha(),
                    algorithm.beta(),
                    Attributes.none()));
        });
    }

    // Backward
    // ---------------------------------------------------------------------------------------------------------

    /** @param known the input or the output, as the function needs; null if it needs neither */
    CpuStorage backward(UnaryOp op, Storage gradient, Storage known, float a, float b, boolean overwrite) {
        CpuStorage dy = (CpuStorage) gradient;
        if (known == null) { // a straight line
            return forward(UnaryOp.LINEAR, dy, op == UnaryOp.NEGATE ? -1 : a, 0);
        }
        CpuStorage value = runtime.in(dy.order(), known);
        CpuStorage dx = overwrite ? (CpuStorage) dy.retain() : runtime.allocateLike(dy);
        long count = dy.shape().elements();
        Algorithm algorithm = algorithm(op, a, b);
        if (count > 0 && algorithm != null) {
            boolean output = op.derivativeNeeds() == UnaryOp.Needs.OUTPUT;
            backward(algorithm, output, count)
                    .with(output ? OneDnn.ARG_DST : OneDnn.ARG_SRC, value.address)
                    .with(OneDnn.ARG_DIFF_DST, dy.address)
                    .with(OneDnn.ARG_DIFF_SRC, dx.address)
                    .run(runtime);
        } else {
            runtime.parallel().run(count, (from, to) -> {
                long g = dy.address + 4 * from;
                long v = value.address + 4 * from;
                long result = dx.address + 4 * from;
                if (op == UnaryOp.RELU) {
                    kernels.reluBackward(g, v, result, to - from);
                } else {
                    eachBackward(op, g, v, result, to - from, a, b);
                }
            });
        }
        value.release();
        return dx;
    }

    private static void eachBackward(UnaryOp op, long gradient, long known, long result, long count, float a, float b) {
        for (long i = 0; i < 4 * count; i += 4) {
            float v = ScalarElementwiseKernels.get(known + i);
            double slope =
                    switch (op) {
                        case RECIPROCAL -> -(double) v * v; // of the output
                        case SIN -> Math.cos(v);
                        case COS -> -Math.sin(v);
                        case CLAMP -> v >= a && v <= b ? 1 : 0;
                        default -> throw new AssertionError(op);
                    };
            ScalarElementwiseKernels.set(result + i, (float) (ScalarElementwiseKernels.get(gradient + i) * slope));
        }
    }

    private record BackwardKey(Algorithm algorithm, boolean output, long count) {}

    private Primitive backward(Algorithm algorithm, boolean output, long count) {
        return runtime.primitive(new BackwardKey(algorithm, output, count), () -> {
            long flat = MemoryDescriptor.plain(Shape.of(count), DType.FLOAT32).handle();
            return new Primitive(OneDnn.create(
                    "dnnl_eltwise_backward_primitive_desc_create",
                    OneDnn.ENGINE,
                    output ? algorithm.fromOutput() : algorithm.number(),
                    flat,
                    flat,
                    flat,
                    algorithm.alpha(),
                    algorithm.beta(),
                    forward(algorithm, count).descriptor(),
                    Attributes.none()));
        });
    }
}
