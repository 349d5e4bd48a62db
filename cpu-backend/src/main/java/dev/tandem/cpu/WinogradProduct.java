package dev.tandem.cpu;

import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * The matrix products of {@link Winograd}'s convolution, one for each of the 16 positions in a tile. They run inside of a loop, on
 * one thread each, so every worker has a primitive of its own.
 */
record WinogradProduct(int worker, long tiles, int inputs, int outputs) {
    static final int POSITIONS = 16;

    /** A primitive for each thread. */
    static Primitive[] forWorkers(CpuRuntime runtime, IntFunction<Primitive> primitive) {
        return IntStream.range(0, runtime.parallel().threads())
                .mapToObj(primitive)
                .toArray(Primitive[]::new);
    }

    /**
     * All positions of some tiles: {@code [16, tiles, inputs] × [16, inputs, outputs]}, the filters in an order that oneDNN
     * chooses within each position.
     */
    Primitive ofTiles(CpuRuntime runtime) {
        return runtime.primitive(
                this,
                () -> create(
                        runtime,
                        tiles(inputs),
                        MemoryDescriptor.any(Shape.of(POSITIONS, inputs, outputs)),
                        tiles(outputs),
                        Attributes.none()));
    }

    private MemoryDescriptor tiles(int channels) {
        long tile = (long) POSITIONS * channels;
        return MemoryDescriptor.strided(
                Shape.of(POSITIONS, tiles, channels), DType.FLOAT32, new long[] {channels, tile, 1});
    }

    /** One position of the weights' gradient, added to what is there: {@code [tiles, inputs]ᵀ × [tiles, outputs]}. */
    Primitive ofPosition(CpuRuntime runtime) {
        long[] left = {1, inputs};
        return runtime.primitive(
                new PositionKey(this),
                () -> create(
                        runtime,
                        MemoryDescriptor.strided(Shape.of(inputs, tiles), DType.FLOAT32, left),
                        MemoryDescriptor.plain(Shape.of(tiles, outputs), DType.FLOAT32),
                        MemoryDescriptor.plain(Shape.of(inputs, outputs), DType.FLOAT32),
                        Attributes.accumulating()));
    }

    private record PositionKey(WinogradProduct product) {}

    private static Primitive create(
            CpuRuntime runtime, MemoryDescriptor a, MemoryDescriptor b, MemoryDescriptor product, long attributes) {
        return runtime.parallel()
                .alone(() -> new Primitive(OneDnn.create(
                        "dnnl_matmul_primitive_desc_create",
                        OneDnn.ENGINE,
                        a.handle(),
                        b.handle(),
                        0L,
                        product.handle(),
                        attributes)));
    }
}
