package dev.tandem.cpu;

import dev.tandem.backend.Activation;
import dev.tandem.backend.BinaryOp;
import dev.tandem.backend.Distribution;
import dev.tandem.backend.MathOps;
import dev.tandem.backend.ReduceOp;
import dev.tandem.backend.Storage;
import dev.tandem.backend.UnaryOp;
import dev.tandem.tensor.Shape;

/** Math operations on the CPU. */
final class CpuMath implements MathOps {
    private final CpuRuntime runtime;
    private final MatrixProduct matrixProduct;

    CpuMath(CpuRuntime runtime) {
        this.runtime = runtime;
        this.matrixProduct = new MatrixProduct(runtime);
    }

    @Override
    public Storage unary(UnaryOp op, Storage x, float a, float b) {
        throw new UnsupportedOperationException("cpu: unary");
    }

    @Override
    public Storage unaryBackward(
            UnaryOp op, Storage gradient, Storage input, Storage output, float a, float b, boolean overwriteGradient) {
        throw new UnsupportedOperationException("cpu: unaryBackward");
    }

    @Override
    public Storage binary(BinaryOp op, Storage a, Storage b) {
        throw new UnsupportedOperationException("cpu: binary");
    }

    @Override
    public Storage where(Storage condition, Storage a, Storage b) {
        throw new UnsupportedOperationException("cpu: where");
    }

    @Override
    public void axpby(float alpha, Storage x, float beta, Storage y) {
        throw new UnsupportedOperationException("cpu: axpby");
    }

    @Override
    public Storage reduce(ReduceOp op, Storage x, int... axes) {
        throw new UnsupportedOperationException("cpu: reduce");
    }

    @Override
    public Storage argmax(Storage x, int axis) {
        throw new UnsupportedOperationException("cpu: argmax");
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
        return matrixProduct.run(a, b, transposeA, transposeB, bias, activation, into);
    }

    @Override
    public Storage random(Distribution distribution, Shape shape, Storage state) {
        throw new UnsupportedOperationException("cpu: random");
    }
}
