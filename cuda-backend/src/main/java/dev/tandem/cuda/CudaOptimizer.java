package dev.tandem.cuda;

import dev.tandem.backend.Bounds;
import dev.tandem.backend.OptimizerOps;
import dev.tandem.backend.RecentlyUsed;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.util.List;

/** Optimizer operations on a GPU: one launch for all parameters, and nothing comes back to the host. */
final class CudaOptimizer implements OptimizerOps {
    private static final String FILE = "optimizer";

    private final CudaRuntime runtime;
    private final RecentlyUsed<List<Segment>, FlatUpdate> tables;

    CudaOptimizer(CudaRuntime runtime) {
        this.runtime = runtime;
        this.tables = runtime.cache("optimizer tables", FlatUpdate::close);
    }

    private FlatUpdate flat(Buffers buffers, Storage... states) {
        Bounds.update(buffers, states);
        CudaStorage.requireFloat32("an update", buffers.parameters(), buffers.gradients(), buffers.scalars());
        List<Segment> segments = List.copyOf(buffers.segments());
        return tables.get(segments, () -> new FlatUpdate(runtime, segments));
    }

    /** An update, with the arguments that all have; it ends a step. */
    private Launch update(FlatUpdate flat, String name, Buffers buffers) {
        runtime.status().nextStep();
        return flat.kernel(name, buffers);
    }

    @Override
    public void sgd(Buffers buffers, Storage velocity, float momentum, boolean nesterov) {
        FlatUpdate flat = flat(buffers, velocity);
        update(flat, "sgd", buffers)
                .with((CudaStorage) velocity)
                .with(momentum)
                .with(nesterov)
                .blocks(flat.chunkCount());
    }

    @Override
    public void adaGrad(Buffers buffers, Storage squares, float epsilon) {
        FlatUpdate flat = flat(buffers, squares);
        update(flat, "ada_grad", buffers)
                .with((CudaStorage) squares)
                .with(epsilon)
                .blocks(flat.chunkCount());
    }

    @Override
    public void adaDelta(Buffers buffers, Storage squares, Storage updates, float rho, float epsilon) {
        FlatUpdate flat = flat(buffers, squares, updates);
        update(flat, "ada_delta", buffers)
                .with((CudaStorage) squares)
                .with((CudaStorage) updates)
                .with(rho)
                .with(epsilon)
                .blocks(flat.chunkCount());
    }

    @Override
    public void rmsProp(
            Buffers buffers, Storage squares, Storage velocity, float alpha, float epsilon, float momentum) {
        FlatUpdate flat = flat(buffers, squares, velocity);
        update(flat, "rms_prop", buffers)
                .with((CudaStorage) squares)
                .with((CudaStorage) velocity)
                .with(alpha)
                .with(epsilon)
                .with(momentum)
                .blocks(flat.chunkCount());
    }

    @Override
    public void adam(
            Buffers buffers,
            Storage means,
            Storage squares,
            float beta1,
            float beta2,
            float epsilon,
            boolean decoupled) {
        FlatUpdate flat = flat(buffers, means, squares);
        update(flat, "adam", buffers)
                .with((CudaStorage) means)
                .with((CudaStorage) squares)
                .with(beta1)
                .with(beta2)
                .with(epsilon)
                .with(decoupled)
                .blocks(flat.chunkCount());
    }

    @Override
    public void lars(Buffers buffers, Storage velocity, float momentum, float trust, float epsilon) {
        FlatUpdate flat = flat(buffers, velocity);
        CudaStorage parameterSquares = flat.squares(buffers.parameters());
        CudaStorage gradientSquares = flat.squares(buffers.gradients());
        CudaStorage factors = runtime.allocate(Shape.of(flat.segmentCount()), DType.FLOAT32);
        runtime.kernel(FILE, "lars_factors", DType.FLOAT32)
                .with(parameterSquares)
                .with(gradientSquares)
                .with(flat.settings())
                .with((CudaStorage) buffers.scalars())
                .with(factors)
                .with(trust)
                .with(epsilon)
                .with((long) flat.segmentCount())
                .over(flat.segmentCount());
        update(flat, "lars", buffers)
                .with((CudaStorage) velocity)
                .with(factors)
                .with(momentum)
                .blocks(flat.chunkCount());
        parameterSquares.release();
        gradientSquares.release();
        factors.release();
    }

    @Override
    public void lerp(Storage target, Storage source, float weight) {
        Bounds.alike("moving average", target, source);
        CudaStorage.requireFloat32("lerp", target, source);
        CudaStorage to = (CudaStorage) target;
        runtime.kernel(FILE, "lerp", DType.FLOAT32)
                .with(to)
                .with((CudaStorage) source)
                .with(weight)
                .with(to.elements())
                .over(to.elements());
    }

    @Override
    public void globalNorm(Buffers buffers, float maxNorm) {
        FlatUpdate flat = flat(buffers);
        CudaStorage squares = flat.squares(buffers.gradients());
        runtime.kernel(FILE, "global_norm", DType.FLOAT32)
                .with(squares)
                .with(flat.chunkCount())
                .with((CudaStorage) buffers.scalars())
                .with(maxNorm)
                .blocks(1);
        squares.release();
    }

    @Override
    public void clipByValue(Buffers buffers, float limit) {
        FlatUpdate flat = flat(buffers);
        runtime.kernel(FILE, "clip", DType.FLOAT32)
                .with((CudaStorage) buffers.gradients())
                .with(flat.chunks())
                .with((CudaStorage) buffers.scalars())
                .with(limit)
                .blocks(flat.chunkCount());
        set(buffers, Scalar.GRADIENT_SCALE, 1);
    }

    @Override
    public void checkFinite(Buffers buffers) {
        FlatUpdate flat = flat(buffers);
        set(buffers, Scalar.FOUND_NOT_FINITE, 0);
        runtime.kernel(FILE, "check_finite", DType.FLOAT32)
                .with((CudaStorage) buffers.gradients())
                .with(flat.chunks())
                .with((CudaStorage) buffers.scalars())
                .blocks(flat.chunkCount());
        runtime.kernel(FILE, "count_skipped", DType.FLOAT32)
                .with((CudaStorage) buffers.scalars())
                .once();
    }

    private void set(Buffers buffers, Scalar slot, float value) {
        runtime.kernel(FILE, "set_scalar", DType.FLOAT32)
                .with((CudaStorage) buffers.scalars())
                .with(slot.ordinal())
                .with(value)
                .once();
    }
}
