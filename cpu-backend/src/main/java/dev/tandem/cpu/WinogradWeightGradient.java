package dev.tandem.cpu;

import dev.tandem.backend.Window;

/**
 * The weights' gradient of {@link Winograd}'s convolution: for each position in a tile, the sum over tiles of the transformed
 * input times the transformed output's gradient. A chunk of tiles is transformed while the one before is multiplied; a
 * position's products are added up in the chunks' order on whichever thread, so the result repeats bit for bit.
 */
final class WinogradWeightGradient {
    private static final int POSITIONS = WinogradProduct.POSITIONS;
    /** Fewer tiles at a time make slow matrix products. */
    private static final long LEAST_AT_ONCE = 64;
    /** What the tiles taken at a time should not exceed: a part of a last-level cache, as there are two such chunks. */
    private static final long MOST_BYTES = 4L << 20;
    /** Tiles transformed in one task. */
    private static final int GROUP = 16;

    private final CpuRuntime runtime;
    private final WinogradTransforms transforms;
    private final WinogradFilters filters;

    WinogradWeightGradient(CpuRuntime runtime, WinogradTransforms transforms, WinogradFilters filters) {
        this.runtime = runtime;
        this.transforms = transforms;
        this.filters = filters;
    }

    /** The two operands of one position's product for some tiles: where these begin. */
    private record Chunk(long inputs, long outputs) {}

    void compute(CpuStorage x, CpuStorage gradient, Window window, CpuStorage weightGradient) {
        int inputs = (int) x.shape().size(1);
        int outputs = (int) gradient.shape().size(1);
        WinogradTiles xs = WinogradTiles.ofInput(x, gradient.shape(), window.padTop(), window.padLeft());
        WinogradTiles ys = WinogradTiles.ofOutput(gradient);
        long tiles = WinogradTiles.count(gradient.shape());
        long most = Math.max(LEAST_AT_ONCE, MOST_BYTES / WinogradTiles.bytes(inputs + outputs));
        long count = WinogradTiles.evenly(tiles, most);
        Primitive[] products = WinogradProduct.forWorkers(
                runtime, worker -> new WinogradProduct(worker, count, inputs, outputs).ofPosition(runtime));
        WinogradScratch scratch = new WinogradScratch(runtime, products[0], Math.max(inputs, outputs));
        Chunk[] chunks = {
            new Chunk(scratch.tiles(count, inputs), scratch.tiles(count, outputs)),
            new Chunk(scratch.tiles(count, inputs), scratch.tiles(count, outputs))
        };
        long sums = scratch.tiles(inputs, outputs); // 16 planes of inputs × outputs
        long plane = (long) inputs * outputs * Float.BYTES;
        runtime.parallel()
                .runTasks(POSITIONS, (worker, position) -> NativeMemory.segment(sums + position * plane, plane)
                        .fill((byte) 0));
        long steps = (tiles + count - 1) / count;
        long groups = (count + GROUP - 1) / GROUP;
        for (long step = 0; step <= steps; step++) {
            long multiplied = step > 0 ? POSITIONS : 0;
            long transformed = step < steps ? groups : 0;
            long first = step * count;
            Chunk last = chunks[(int) (step + 1) % 2];
            Chunk next = chunks[(int) step % 2];
            runtime.parallel().runTasks(multiplied + transformed, (worker, task) -> {
                if (task < multiplied) {
                    products[worker]
                            .with(OneDnn.ARG_SRC, last.inputs + task * inputs * Float.BYTES)
                            .with(OneDnn.ARG_WEIGHTS, last.outputs + task * outputs * Float.BYTES)
                            .with(OneDnn.ARG_DST, sums + task * plane)
                            .with(OneDnn.ARG_SCRATCHPAD, scratch.scratchpad(worker))
                            .execute(runtime);
                } else {
                    long from = (task - multiplied) * GROUP;
                    transform(xs, ys, first, from, Math.min(count, from + GROUP), scratch.padding(), next);
                }
            });
        }
        filters.gradient(sums, inputs, outputs, weightGradient);
        scratch.release();
    }

    /** @param first the tile that the chunk begins with */
    private void transform(
            WinogradTiles xs, WinogradTiles ys, long first, long from, long to, long padding, Chunk chunk) {
        long[] pixels = new long[16];
        for (long tile = from; tile < to; tile++) {
            xs.pixels(first + tile, padding, pixels);
            transforms.input(pixels, chunk.inputs + tile * WinogradTiles.bytes(xs.channels()), xs.channels());
            ys.pixels(first + tile, padding, pixels);
            transforms.outputGradient(pixels, chunk.outputs + tile * WinogradTiles.bytes(ys.channels()), ys.channels());
        }
    }
}
