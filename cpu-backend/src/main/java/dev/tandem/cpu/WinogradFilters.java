package dev.tandem.cpu;

import dev.tandem.backend.Storage;
import dev.tandem.backend.pool.Block;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;

/**
 * Brings 3×3 filters from plain order into 16 transformed planes, one for each position in a tile, and gradients back.
 * oneDNN separates the taps and orders each plane as its product wants; the transforms then go plane by plane, whatever the
 * order within.
 */
final class WinogradFilters {
    private static final int TAPS = 9;
    private static final int POSITIONS = WinogradProduct.POSITIONS;

    private record TapsKey(WinogradProduct product, boolean rotated) {}

    private record GradientKey(int inputs, int outputs) {}

    private final CpuRuntime runtime;
    private final WinogradTransforms transforms;

    WinogradFilters(CpuRuntime runtime, WinogradTransforms transforms) {
        this.runtime = runtime;
        this.transforms = transforms;
    }

    /**
     * The transformed filters, to release after use.
     *
     * @param product that multiplies by them
     * @param rotated whether to take the taps in reverse order and exchange inputs and outputs, for the input's gradient
     * @param order of {@code [16, inputs, outputs]}, one plane after the other, as the product's primitive wants them
     */
    Block transform(Storage weight, WinogradProduct product, boolean rotated, MemoryDescriptor order) {
        Block block = runtime.allocator().allocate(order.bytes(), "Winograd's filters");
        long plane = order.bytes() / POSITIONS;
        CpuStorage plain = runtime.plain(weight);
        Shape taps = Shape.of(TAPS, product.inputs(), product.outputs());
        runtime.primitive(
                        new TapsKey(product, rotated),
                        () -> Primitive.reorder(taps(product.inputs(), product.outputs(), rotated), order.part(taps)))
                .with(OneDnn.ARG_SRC, plain.address)
                .with(OneDnn.ARG_DST, block.address + WinogradTransforms.FIRST_TAP * plane)
                .run(runtime);
        plain.release();
        pieces(plane, (from, to) -> transforms.filters(block.address, plane, rotated, from, to));
        return block;
    }

    /** From the gradient of the transformed filters, {@code [16, inputs, outputs]}, which is lost, to that of the filters. */
    void gradient(long planes, int inputs, int outputs, CpuStorage weightGradient) {
        long plane = (long) inputs * outputs * Float.BYTES;
        pieces(plane, (from, to) -> transforms.filterGradient(planes, plane, from, to));
        runtime.primitive(
                        new GradientKey(inputs, outputs),
                        () -> Primitive.reorder(
                                MemoryDescriptor.plain(Shape.of(TAPS, inputs, outputs), DType.FLOAT32),
                                taps(inputs, outputs, false)))
                .with(OneDnn.ARG_SRC, planes + WinogradTransforms.FIRST_TAP * plane)
                .with(OneDnn.ARG_DST, weightGradient.address)
                .run(runtime);
    }

    /** Where the taps of filters in plain order lie, as {@code [9, inputs, outputs]}. */
    private static MemoryDescriptor taps(long inputs, long outputs, boolean exchanged) {
        long[] strides = exchanged ? new long[] {1, TAPS * outputs, TAPS} : new long[] {1, TAPS, TAPS * inputs};
        return MemoryDescriptor.strided(Shape.of(TAPS, inputs, outputs), DType.FLOAT32, strides);
    }

    /** Shares out planes of so many bytes in whole vectors. */
    private void pieces(long plane, Parallel.Range body) {
        long vector = (long) transforms.width() * Float.BYTES;
        long grain = Parallel.GRAIN / POSITIONS / transforms.width();
        runtime.parallel().run(plane / vector, grain, (from, to) -> body.run(from * vector, to * vector));
    }
}
