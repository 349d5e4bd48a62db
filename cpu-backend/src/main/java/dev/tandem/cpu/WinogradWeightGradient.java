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

    /**
     * The operands of the products for some tiles, one matrix {@code [tiles, channels]} for each position: where these begin. Behind
     * each matrix there is room for a tile, or the positions would crowd each other out of the cache.
     */
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
            new Chunk(scratch.tiles(count + 1, inputs), scratch.tiles(count + 1, outputs)),
            new Chunk(scratch.tiles(count + 1, inputs), scratch.tiles(count + 1, outputs))
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
                            .with(OneDnn.ARG_SRC, last.inputs + task * matrix(count, inputs))
                            .with(OneDnn.ARG_WEIGHTS, last.outputs + task * matrix(count, outputs))
                            .with(OneDnn.ARG_DST, sums + task * plane)
                            .with(OneDnn.ARG_SCRATCHPAD, scratch.scratchpad(worker))
                            .execute(runtime);
                } else {
                    long from = (task - multiplied) * GROUP;
                    long to = Math.min(count, from + GROUP);
                    transform(xs, first, from, to, scratch.padding(), next.inputs, count, transforms::input);
                    transform(ys, first, from, to, scratch.padding(), next.outputs, count, transforms::outputGradient);
                }
            });
        }
        filters.gradient(sums, inputs, outputs, weightGradient);
        scratch.release();
    }

    /** From matrix to matrix. */
    private static long matrix(long count, int channels) {
        return (count + 1) * channels * Float.BYTES;
    }

    private interface Transform {
        void run(long[] pixels, long tile, long step, int channels);
    }

    /** @param first the tile that the chunk begins with */
    private static void transform(
            WinogradTiles patches,
            long first,
            long from,
            long to,
            long padding,
            long matrices,
            long count,
            Transform transform) {
        long[] pixels = new long[16];
        int channels = patches.channels();
        for (long tile = from; tile < to; tile++) {
            patches.pixels(first + tile, padding, pixels);
            transform.run(pixels, matrices + tile * channels * Float.BYTES, matrix(count, channels), channels);
        }
    }
}
