package dev.tandem.cpu;

import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;

/** Softmax and its logarithm along any axis, by oneDNN. */
final class Softmax {
    private static final int ACCURATE = 0x30000;
    private static final int LOGARITHM = 0x30001;

    /** @param rows, size, columns the shape around the axis: all before it, itself, all behind it */
    private record Key(long rows, long size, long columns, boolean logarithm, boolean backward) {}

    private final CpuRuntime runtime;

    Softmax(CpuRuntime runtime) {
        this.runtime = runtime;
    }

    Storage forward(Storage x, int axis, boolean logarithm) {
        CpuStorage.requireFloat32("softmax", x);
        CpuStorage result = runtime.allocate(x.shape(), DType.FLOAT32);
        if (x.shape().elements() > 0) {
            CpuStorage source = runtime.plain(x);
            primitive(x.shape(), axis, logarithm, false)
                    .with(OneDnn.ARG_SRC, source.address)
                    .with(OneDnn.ARG_DST, result.address)
                    .run(runtime);
            source.release();
        }
        return result;
    }

    Storage backward(Storage gradient, Storage output, int axis, boolean logarithm) {
        CpuStorage.requireFloat32("softmax", gradient, output);
        CpuStorage result = runtime.allocate(output.shape(), DType.FLOAT32);
        if (output.shape().elements() > 0) {
            CpuStorage source = runtime.plain(gradient);
            CpuStorage probabilities = runtime.plain(output);
            primitive(output.shape(), axis, logarithm, true)
                    .with(OneDnn.ARG_DST, probabilities.address)
                    .with(OneDnn.ARG_DIFF_DST, source.address)
                    .with(OneDnn.ARG_DIFF_SRC, result.address)
                    .run(runtime);
            probabilities.release();
            source.release();
        }
        return result;
    }

    private Primitive primitive(Shape shape, int axis, boolean logarithm, boolean backward) {
        long rows = 1;
        long columns = 1;
        for (int i = 0; i < shape.rank(); i++) {
            rows *= i < axis ? shape.size(i) : 1;
            columns *= i > axis ? shape.size(i) : 1;
        }
        Key key = new Key(rows, shape.size(axis), columns, logarithm, backward);
        return runtime.primitive(key, () -> create(key));
    }

    private Primitive create(Key key) {
        Shape shape = key.columns == 1 ? Shape.of(key.rows, key.size) : Shape.of(key.rows, key.size, key.columns);
        long elements = MemoryDescriptor.plain(shape, DType.FLOAT32).handle();
        int algorithm = key.logarithm ? LOGARITHM : ACCURATE;
        if (!key.backward) {
            return new Primitive(OneDnn.create(
                    "dnnl_softmax_forward_primitive_desc_create",
                    OneDnn.ENGINE,
                    OneDnn.FORWARD_TRAINING,
                    algorithm,
                    elements,
                    elements,
                    1,
                    Attributes.none()));
        }
        Key forward = new Key(key.rows, key.size, key.columns, key.logarithm, false);
        return new Primitive(OneDnn.create(
                "dnnl_softmax_backward_primitive_desc_create",
                OneDnn.ENGINE,
                algorithm,
                elements,
                elements,
                elements,
                1,
                runtime.primitive(forward, () -> create(forward)).descriptor(),
                Attributes.none()));
    }
}
