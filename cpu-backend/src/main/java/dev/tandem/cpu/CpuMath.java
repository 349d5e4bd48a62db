package dev.tandem.cpu;

import dev.tandem.backend.Activation;
import dev.tandem.backend.BinaryOp;
import dev.tandem.backend.Bounds;
import dev.tandem.backend.Distribution;
import dev.tandem.backend.MathOps;
import dev.tandem.backend.ReduceOp;
import dev.tandem.backend.Storage;
import dev.tandem.backend.UnaryOp;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.util.function.UnaryOperator;

/** Math operations on the CPU. */
final class CpuMath implements MathOps {
    private final CpuRuntime runtime;
    private final CpuMemory memory;
    private final Elementwise elementwise;
    private final BinaryOperation binary;
    private final Reduction reduction;
    private final MatrixProduct matrixProduct;
    private final Random random;

    CpuMath(CpuRuntime runtime, CpuMemory memory) {
        this.runtime = runtime;
        this.memory = memory;
        this.elementwise = new Elementwise(runtime);
        this.binary = new BinaryOperation(runtime);
        this.reduction = new Reduction(runtime);
        this.matrixProduct = new MatrixProduct(runtime);
        this.random = new Random(runtime);
    }

    @Override
    public Storage unary(UnaryOp op, Storage x, float a, float b) {
        return halves(x, full -> elementwise.forward(op, full, a, b));
    }

    @Override
    public Storage unaryBackward(
            UnaryOp op, Storage gradient, Storage input, Storage output, float a, float b, boolean overwriteGradient) {
        Bounds.alike("an activation's gradient", gradient, input, output);
        Storage known = input != null ? input : output;
        if (isHalf(gradient)) {
            return halves(gradient, dy -> {
                CpuStorage full = known == null ? null : memory.cast(known, DType.FLOAT32);
                CpuStorage dx = elementwise.backward(op, dy, full, a, b, false);
                if (full != null) {
                    full.release();
                }
                return dx;
            });
        }
        return elementwise.backward(op, gradient, known, a, b, overwriteGradient);
    }

    @Override
    public Storage binary(BinaryOp op, Storage a, Storage b) {
        Bounds.sameType("arithmetic", a, b);
        if (!isHalf(a)) {
            return binary.run(op, a, b);
        }
        CpuStorage left = memory.cast(a, DType.FLOAT32);
        CpuStorage right = memory.cast(b, DType.FLOAT32);
        CpuStorage full = binary.run(op, left, right);
        left.release();
        right.release();
        return op.isComparison() ? full : narrow(full, a.dtype());
    }

    @Override
    public Storage where(Storage condition, Storage a, Storage b) {
        Bounds.where(condition, a, b);
        return Where.where(runtime, condition, a, b);
    }

    @Override
    public void addInto(float alpha, Storage x, float beta, Storage y) {
        Bounds.alike("axpby", y, x);
        if (!isHalf(y)) {
            elementwise.axpby(alpha, x, beta, y);
            return;
        }
        CpuStorage source = memory.cast(x, DType.FLOAT32);
        CpuStorage target = memory.cast(y, DType.FLOAT32);
        elementwise.axpby(alpha, source, beta, target);
        CpuStorage rounded = memory.cast(target, y.dtype());
        memory.write(rounded, y);
        source.release();
        target.release();
        rounded.release();
    }

    @Override
    public Storage reduce(ReduceOp op, Storage x, int... axes) {
        Bounds.axes("reduce", x, axes);
        return halves(x, full -> reduction.reduce(op, full, axes));
    }

    @Override
    public Storage argmax(Storage x, int axis) {
        Bounds.axes("argmax", x, axis);
        if (!isHalf(x)) {
            return ArgMax.run(runtime, x, axis);
        }
        CpuStorage full = memory.cast(x, DType.FLOAT32);
        CpuStorage result = ArgMax.run(runtime, full, axis);
        full.release();
        return result;
    }

    @Override
    public Storage matmul(
            Storage a,
            Storage b,
            boolean transposeA,
            boolean transposeB,
            Storage bias,
            Activation activation,
            Storage into) {
        Bounds.matmul(a, b, transposeA, transposeB, bias, into);
        return matrixProduct.run(a, b, transposeA, transposeB, bias, activation, into);
    }

    @Override
    public Storage random(Distribution distribution, Shape shape, Storage state) {
        Bounds.randomState(state);
        return random.draw(distribution, shape, state);
    }

    private static boolean isHalf(Storage x) {
        return x.dtype() == DType.BFLOAT16 || x.dtype() == DType.FLOAT16;
    }

    /** Computes in float32 what is stored in half of it, and rounds. */
    private CpuStorage halves(Storage x, UnaryOperator<CpuStorage> function) {
        if (!isHalf(x)) {
            return function.apply((CpuStorage) x);
        }
        CpuStorage full = memory.cast(x, DType.FLOAT32);
        CpuStorage result = function.apply(full);
        full.release();
        return narrow(result, x.dtype());
    }

    private CpuStorage narrow(CpuStorage full, DType dtype) {
        CpuStorage result = memory.cast(full, dtype);
        full.release();
        return result;
    }
}
