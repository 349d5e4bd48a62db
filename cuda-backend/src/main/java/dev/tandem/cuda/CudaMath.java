package dev.tandem.cuda;

import dev.tandem.backend.Activation;
import dev.tandem.backend.BinaryOp;
import dev.tandem.backend.Bounds;
import dev.tandem.backend.Distribution;
import dev.tandem.backend.MathOps;
import dev.tandem.backend.ReduceOp;
import dev.tandem.backend.Storage;
import dev.tandem.backend.UnaryOp;
import dev.tandem.tensor.Shape;

/** Math operations on a GPU. */
final class CudaMath implements MathOps {
    private final Elementwise elementwise;
    private final BinaryOperation binary;
    private final Reduction reduction;
    private final MatrixProduct matrixProduct;
    private final Random random;

    CudaMath(CudaRuntime runtime, Elementwise elementwise, Reduction reduction, MatrixProduct matrixProduct) {
        this.elementwise = elementwise;
        this.reduction = reduction;
        this.matrixProduct = matrixProduct;
        this.binary = new BinaryOperation(runtime);
        this.random = new Random(runtime);
    }

    @Override
    public Storage unary(UnaryOp op, Storage x, float a, float b) {
        return elementwise.forward(op, x, a, b);
    }

    @Override
    public Storage unaryBackward(
            UnaryOp op, Storage gradient, Storage input, Storage output, float a, float b, boolean overwriteGradient) {
        Bounds.alike("an activation's gradient", gradient, input, output);
        return elementwise.backward(op, gradient, input != null ? input : output, a, b, overwriteGradient);
    }

    @Override
    public Storage binary(BinaryOp op, Storage a, Storage b) {
        Bounds.sameType("arithmetic", a, b);
        return binary.run(op, a, b);
    }

    @Override
    public Storage where(Storage condition, Storage a, Storage b) {
        Bounds.where(condition, a, b);
        return binary.where(condition, a, b);
    }

    @Override
    public void addInto(float alpha, Storage x, float beta, Storage y) {
        Bounds.alike("axpby", y, x);
        elementwise.axpby(alpha, x, beta, y);
    }

    @Override
    public Storage reduce(ReduceOp op, Storage x, int... axes) {
        Bounds.axes("reduce", x, axes);
        return reduction.reduce(op, x, axes);
    }

    @Override
    public Storage argmax(Storage x, int axis) {
        Bounds.axes("argmax", x, axis);
        return reduction.argmax(x, axis);
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
}
