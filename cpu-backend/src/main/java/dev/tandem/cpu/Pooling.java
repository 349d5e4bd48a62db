package dev.tandem.cpu;

import dev.tandem.backend.NeuralOps.Result;
import dev.tandem.backend.PoolKind;
import dev.tandem.backend.Storage;
import dev.tandem.backend.Window;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;

/**
 * Pooling: averages by oneDNN, maximum and median by {@link SelectionPooling}, both with channels last; the maximum of few channels
 * that come in plain order by {@link PlanarPooling}.
 */
final class Pooling {
    private static final int AVERAGE_WITH_PADDING = 0x2ff;
    private static final int AVERAGE = 0x3ff;

    private record Key(PoolKind kind, Shape x, Window window, boolean backward) {}

    private final CpuRuntime runtime;
    private final SelectionPooling selection;
    private final PlanarPooling planar; // null for none

    Pooling(CpuRuntime runtime) {
        this.runtime = runtime;
        this.selection = new SelectionPooling(runtime);
        this.planar = Kernels.areVectors() ? new PlanarPooling(runtime) : null;
    }

    Result forward(PoolKind kind, Storage x, Window window, boolean training) {
        CpuStorage.requireFloat32("pooling", x);
        if (takesPlanar(kind, (CpuStorage) x, window)) {
            return planar(kind, (CpuStorage) x, window, training);
        }
        CpuStorage source = runtime.channelsLast(x);
        CpuStorage output = runtime.allocateImages(outputShape(x.shape(), window));
        CpuStorage saved = kind.picks() && training ? runtime.allocateImages(output.shape()) : null;
        if (output.shape().elements() > 0 && kind.picks()) {
            long picked = saved == null ? 0 : saved.address;
            selection.forward(kind, x.shape(), output.shape(), window, source.address, output.address, picked);
        } else if (output.shape().elements() > 0) {
            forward(kind, x.shape(), window)
                    .with(OneDnn.ARG_SRC, source.address)
                    .with(OneDnn.ARG_DST, output.address)
                    .run(runtime);
        }
        source.release();
        return new Result(output, saved);
    }

    private boolean takesPlanar(PoolKind kind, CpuStorage x, Window window) {
        return planar != null
                && x.order() == Order.PLAIN
                && x.shape().elements() > 0
                && planar.suits(kind, x.shape(), window);
    }

    private Result planar(PoolKind kind, CpuStorage x, Window window, boolean training) {
        Shape shape = outputShape(x.shape(), window);
        CpuStorage output = runtime.allocateImages(shape);
        CpuStorage saved = training ? runtime.allocate(shape, DType.FLOAT32) : null;
        planar.forward(kind, x, output, saved);
        return new Result(output, saved);
    }

    Storage backward(PoolKind kind, Storage gradient, Storage saved, Shape x, Window window) {
        CpuStorage.requireFloat32("pooling", gradient);
        CpuStorage source = runtime.channelsLast(gradient);
        if (saved instanceof CpuStorage picked && picked.order() == Order.PLAIN) { // as only planar pooling saves
            CpuStorage result = runtime.allocate(x, DType.FLOAT32);
            planar.backward(source, picked, result);
            source.release();
            return result;
        }
        CpuStorage result = runtime.allocateImages(x);
        if (x.elements() > 0 && kind.picks()) {
            long picked = ((CpuStorage) saved).address;
            selection.backward(x, gradient.shape(), window, source.address, picked, result.address);
        } else if (x.elements() > 0) {
            backward(kind, x, window)
                    .with(OneDnn.ARG_DIFF_DST, source.address)
                    .with(OneDnn.ARG_DIFF_SRC, result.address)
                    .run(runtime);
        }
        source.release();
        return result;
    }

    private static Shape outputShape(Shape x, Window window) {
        return Shape.of(x.size(0), x.size(1), window.outputHeight(x.size(2)), window.outputWidth(x.size(3)));
    }

    private Primitive forward(PoolKind kind, Shape x, Window window) {
        return runtime.primitive(
                new Key(kind, x, window, false),
                () -> new Primitive(OneDnn.create(
                        "dnnl_pooling_forward_primitive_desc_create",
                        OneDnn.ENGINE,
                        OneDnn.FORWARD_TRAINING,
                        algorithm(kind),
                        images(x),
                        images(outputShape(x, window)),
                        Setup.dimensions(window.strideHeight(), window.strideWidth()),
                        Setup.dimensions(window.kernelHeight(), window.kernelWidth()),
                        Setup.dimensions(window.dilationHeight() - 1, window.dilationWidth() - 1),
                        Setup.dimensions(window.padTop(), window.padLeft()),
                        Setup.dimensions(window.padBottom(), window.padRight()),
                        Attributes.none())));
    }

    private Primitive backward(PoolKind kind, Shape x, Window window) {
        return runtime.primitive(
                new Key(kind, x, window, true),
                () -> new Primitive(OneDnn.create(
                        "dnnl_pooling_backward_primitive_desc_create",
                        OneDnn.ENGINE,
                        algorithm(kind),
                        images(x),
                        images(outputShape(x, window)),
                        Setup.dimensions(window.strideHeight(), window.strideWidth()),
                        Setup.dimensions(window.kernelHeight(), window.kernelWidth()),
                        Setup.dimensions(window.dilationHeight() - 1, window.dilationWidth() - 1),
                        Setup.dimensions(window.padTop(), window.padLeft()),
                        Setup.dimensions(window.padBottom(), window.padRight()),
                        forward(kind, x, window).descriptor(),
                        Attributes.none())));
    }

    private static long images(Shape shape) {
        return MemoryDescriptor.of(shape, DType.FLOAT32, Order.CHANNELS_LAST).handle();
    }

    private static int algorithm(PoolKind kind) {
        return kind == PoolKind.AVERAGE ? AVERAGE : AVERAGE_WITH_PADDING;
    }
}
