package dev.tandem.backend.meta;

import dev.tandem.backend.Activation;
import dev.tandem.backend.BinaryOp;
import dev.tandem.backend.Distribution;
import dev.tandem.backend.MathOps;
import dev.tandem.backend.ReduceOp;
import dev.tandem.backend.Storage;
import dev.tandem.backend.UnaryOp;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.util.Arrays;
import java.util.Locale;

/** Shapes of arithmetic. */
final class MetaMath implements MathOps {
    private final MetaMemory memory;
    private final MultiplyAdds multiplyAdds;

    MetaMath(MetaMemory memory, MultiplyAdds multiplyAdds) {
        this.memory = memory;
        this.multiplyAdds = multiplyAdds;
    }

    @Override
    public Storage unary(UnaryOp op, Storage x, float a, float b) {
        return memory.like(x);
    }

    @Override
    public Storage unaryBackward(
            UnaryOp op, Storage gradient, Storage input, Storage output, float a, float b, boolean overwriteGradient) {
        return overwriteGradient ? gradient.retain() : memory.like(gradient);
    }

    @Override
    public Storage binary(BinaryOp op, Storage a, Storage b) {
        Shape shape = Shape.broadcast(op.name().toLowerCase(Locale.ROOT), a.shape(), b.shape());
        return memory.allocate(shape, op.isComparison() ? DType.UINT8 : a.dtype());
    }

    @Override
    public Storage where(Storage condition, Storage a, Storage b) {
        Shape shape = Shape.broadcast("where", condition.shape(), Shape.broadcast("where", a.shape(), b.shape()));
        return memory.allocate(shape, a.dtype());
    }

    @Override
    public void addInto(float alpha, Storage x, float beta, Storage y) {}

    @Override
    public Storage reduce(ReduceOp op, Storage x, int... axes) {
        return memory.allocate(x.shape().reduced(axes), x.dtype());
    }

    @Override
    public Storage argmax(Storage x, int axis) {
        return memory.allocate(x.shape().reduced(axis), DType.INT64);
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
        long rows = a.shape().size(transposeA ? -1 : -2);
        long inner = a.shape().size(transposeA ? -2 : -1);
        long columns = b.shape().size(transposeB ? -2 : -1);
        Shape batch = Shape.broadcast("matmul", leading(a.shape()), leading(b.shape()));
        multiplyAdds.add(batch.elements() * rows * inner * columns);
        if (into != null) {
            return into.retain();
        }
        long[] sizes = Arrays.copyOf(batch.toArray(), batch.rank() + 2);
        sizes[sizes.length - 2] = rows;
        sizes[sizes.length - 1] = columns;
        return memory.allocate(Shape.of(sizes), a.dtype());
    }

    private static Shape leading(Shape shape) {
        return Shape.of(Arrays.copyOf(shape.toArray(), shape.rank() - 2));
    }

    @Override
    public Storage random(Distribution distribution, Shape shape, Storage state) {
        return memory.allocate(shape, DType.FLOAT32);
    }
}
