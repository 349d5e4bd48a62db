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

    /**
     * The weights' gradient, added to what is there: {@code [16, tiles, inputs]ᵀ × [16, tiles, outputs]}.
     *
     * @param rowLength how many outputs a row of the result has, of which these are some
     */
    Primitive accumulating(CpuRuntime runtime, long rowLength) {
        long[] left = {inputs, 1, (long) POSITIONS * inputs};
        long[] result = {inputs * rowLength, rowLength, 1};
        return runtime.primitive(
                new AccumulatingKey(this, rowLength),
                () -> create(
                        runtime,
                        MemoryDescriptor.strided(Shape.of(POSITIONS, inputs, tiles), DType.FLOAT32, left),
                        tiles(outputs),
                        MemoryDescriptor.strided(Shape.of(POSITIONS, inputs, outputs), DType.FLOAT32, result),
                        Attributes.accumulating()));
    }

    private record AccumulatingKey(WinogradProduct product, long rowLength) {}

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
