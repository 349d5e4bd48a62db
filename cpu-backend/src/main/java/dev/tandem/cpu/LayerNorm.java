package dev.tandem.cpu;

import dev.tandem.backend.NeuralOps.Normalized;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;

/** Layer normalisation over the last axis, by oneDNN. */
final class LayerNorm {
    private static final int USE_SCALE_AND_SHIFT = 2 | 4;

    private record Key(long rows, long size, float epsilon, boolean backward) {}

    private final CpuRuntime runtime;

    LayerNorm(CpuRuntime runtime) {
        this.runtime = runtime;
    }

    Normalized forward(Storage x, Storage scale, Storage shift, float epsilon) {
        CpuStorage.requireFloat32("layer norm", x, scale, shift);
        long rows = rows(x.shape());
        CpuStorage output = runtime.allocate(x.shape(), DType.FLOAT32);
        CpuStorage mean = runtime.allocate(Shape.of(rows), DType.FLOAT32);
        CpuStorage variance = runtime.allocate(Shape.of(rows), DType.FLOAT32);
        if (x.shape().elements() > 0) {
            CpuStorage source = runtime.plain(x);
            primitive(new Key(rows, x.shape().size(-1), epsilon, false))
                    .with(OneDnn.ARG_SRC, source.address)
                    .with(OneDnn.ARG_SCALE, ((CpuStorage) scale).address)
                    .with(OneDnn.ARG_SHIFT, ((CpuStorage) shift).address)
                    .with(OneDnn.ARG_MEAN, mean.address)
                    .with(OneDnn.ARG_VARIANCE, variance.address)
                    .with(OneDnn.ARG_DST, output.address)
                    .run(runtime);
            source.release();
        }
        return new Normalized(output, mean, variance, null);
    }

    Storage backward(
            Storage gradient,
            Storage x,
            Normalized forward,
            Storage scale,
            float epsilon,
            Storage scaleGradient,
            Storage shiftGradient) {
        CpuStorage.requireFloat32("layer norm", gradient, x, scale, scaleGradient, shiftGradient);
        CpuStorage result = runtime.allocate(x.shape(), DType.FLOAT32);
        if (x.shape().elements() == 0) {
            ((CpuStorage) scaleGradient).segment().fill((byte) 0);
            ((CpuStorage) shiftGradient).segment().fill((byte) 0);
            return result;
        }
        CpuStorage source = runtime.plain(x);
        CpuStorage outputGradient = runtime.plain(gradient);
        primitive(new Key(rows(x.shape()), x.shape().size(-1), epsilon, true))
                .with(OneDnn.ARG_SRC, source.address)
                .with(OneDnn.ARG_MEAN, ((CpuStorage) forward.mean()).address)
                .with(OneDnn.ARG_VARIANCE, ((CpuStorage) forward.variance()).address)
                .with(OneDnn.ARG_SCALE, ((CpuStorage) scale).address)
                .with(OneDnn.ARG_DIFF_DST, outputGradient.address)
                .with(OneDnn.ARG_DIFF_SRC, result.address)
                .with(OneDnn.ARG_DIFF_SCALE, ((CpuStorage) scaleGradient).address)
                .with(OneDnn.ARG_DIFF_SHIFT, ((CpuStorage) shiftGradient).address)
                .run(runtime);
        outputGradient.release();
        source.release();
        return result;
    }

    private static long rows(Shape x) {
        return x.size(-1) == 0 ? 0 : x.elements() / x.size(-1);
    }

    private Primitive primitive(Key key) {
        return runtime.primitive(key, () -> create(key));
    }

    private Primitive create(Key key) {
        long elements = MemoryDescriptor.plain(Shape.of(key.rows, key.size), DType.FLOAT32)
                .handle();
        long statistics =
                MemoryDescriptor.plain(Shape.of(key.rows), DType.FLOAT32).handle();
        if (!key.backward) {
            return new Primitive(OneDnn.create(
                    "dnnl_layer_normalization_forward_primitive_desc_create",
                    OneDnn.ENGINE,
                    OneDnn.FORWARD_TRAINING,
                    elements,
                    elements,
                    statistics,
                    key.epsilon,
                    USE_SCALE_AND_SHIFT,
                    Attributes.none()));
        }
        long forward =
                primitive(new Key(key.rows, key.size, key.epsilon, false)).descriptor();
        return new Primitive(OneDnn.create(
                "dnnl_layer_normalization_backward_primitive_desc_create",
                OneDnn.ENGINE,
                OneDnn.BACKWARD,
                elements,
                elements,
                elements,
                statistics,
                key.epsilon,
                USE_SCALE_AND_SHIFT,
                forward,
                Attributes.none()));
    }
}
