package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

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
            showNotANumber(source, result, axis);
            source.release();
        }
        return result;
    }

    /** Where a row of x has a NaN or +∞, oneDNN gives numbers for some of y's elements; all have to be NaN. */
    private void showNotANumber(CpuStorage x, CpuStorage y, int axis) {
        if (allLess(x)) {
            return;
        }
        long size = x.shape().size(axis);
        long step = x.shape().strides()[axis] * Float.BYTES;
        for (long at = 0; at < x.bytes(); at += Float.BYTES) {
            if (at / step % size != 0) {
                continue;
            }
            boolean found = false;
            for (long i = 0; i < size; i++) {
                found |= !(NativeMemory.ALL.get(JAVA_FLOAT, x.address + at + i * step) < Float.POSITIVE_INFINITY);
            }
            for (long i = 0; found && i < size; i++) {
                NativeMemory.ALL.set(JAVA_FLOAT, y.address + at + i * step, Float.NaN);
            }
        }
    }

    private boolean allLess(CpuStorage x) {
        return Limit.allBelow(runtime, x, Float.POSITIVE_INFINITY);
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
            if (logarithm) {
                showNotANumber(probabilities, result, axis);
            }
            probabilities.release();
            source.release();
        }
        return result;
    }

    /** Of the last axis; not empty. */
    void inPlace(CpuStorage x) {
        if (!allLess(x)) {
            Storage result = forward(x, x.shape().rank() - 1, false);
            x.segment().copyFrom(((CpuStorage) result).segment());
            result.release();
            return;
        }
        primitive(x.shape(), x.shape().rank() - 1, false, false)
                .with(OneDnn.ARG_SRC, x.address)
                .with(OneDnn.ARG_DST, x.address)
                .run(runtime);
    }

    /** Of the last axis, to the gradient; not empty. */
    void backwardInPlace(CpuStorage gradient, CpuStorage output) {
        primitive(output.shape(), output.shape().rank() - 1, false, true)
                .with(OneDnn.ARG_DST, output.address)
                .with(OneDnn.ARG_DIFF_DST, gradient.address)
                .with(OneDnn.ARG_DIFF_SRC, gradient.address)
                .run(runtime);
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
