package dev.tandem.cuda;

import dev.tandem.backend.BinaryOp;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;

/** Functions of two operands that broadcast, and the choice between two by a third. */
final class BinaryOperation {
    private static final String FILE = "binary";

    private final CudaRuntime runtime;

    BinaryOperation(CudaRuntime runtime) {
        this.runtime = runtime;
    }

    CudaStorage run(BinaryOp op, Storage a, Storage b) {
        Shape shape = Shape.broadcast(op.name(), a.shape(), b.shape());
        boolean compares = op.isComparison();
        CudaStorage result = runtime.allocate(shape, compares ? DType.UINT8 : a.dtype());
        Walk walk = Walk.over(
                shape.toArray(), Walk.broadcast(a.shape(), shape), Walk.broadcast(b.shape(), shape), shape.strides());
        runtime.kernel(FILE, compares ? "comparison" : "arithmetic", a.dtype())
                .with((CudaStorage) a)
                .with((CudaStorage) b)
                .with(result)
                .with(op.ordinal())
                .with(walk.structure())
                .with(shape.elements())
                .over(shape.elements());
        return result;
    }

    CudaStorage where(Storage condition, Storage a, Storage b) {
        Shape shape = Shape.broadcast("where", condition.shape(), Shape.broadcast("where", a.shape(), b.shape()));
        CudaStorage result = runtime.allocate(shape, a.dtype());
        Walk walk = Walk.over(
                shape.toArray(),
                Walk.broadcast(condition.shape(), shape),
                Walk.broadcast(a.shape(), shape),
                Walk.broadcast(b.shape(), shape));
        runtime.kernel(FILE, "where", a.dtype())
                .with((CudaStorage) condition)
                .with((CudaStorage) a)
                .with((CudaStorage) b)
                .with(result)
                .with(walk.structure())
                .with(shape.elements())
                .over(shape.elements());
        return result;
    }
}
