package dev.tandem.cpu;

import dev.tandem.backend.ReduceOp;
import dev.tandem.backend.Window;

/**
 * The weights' gradient of {@link Winograd}'s convolution: for each position in a tile, the sum over tiles of the transformed
 * input times the transformed output's gradient. Each thread has a share of its own, some tiles and some output channels, and
 * works on it in its own cache: where one thread transformed and another multiplied, steps took 70 or 180 ms by turns for
 * minutes, on a virtual machine whose processors may or may not have a cache in common. The shares depend on the number of
 * threads only, so results repeat bit for bit.
 */
final class WinogradWeightGradient {
    private static final int POSITIONS = WinogradProduct.POSITIONS;
    /** Fewer tiles at a time make slow matrix products. */
    private static final long LEAST_AT_ONCE = 64;
    /** What the tiles taken at a time should not exceed: most of a second-level cache. */
    private static final long MOST_BYTES = 768 << 10;
    /** Sums up to this stay in a second-level cache beside the tiles; larger ones are split by output channels. */
    private static final long MOST_SUMS_BYTES = 2 << 20;
    /** Fewer output channels make slow matrix products. */
    private static final int LEAST_OUTPUTS = 64;

    private final CpuRuntime runtime;
    private final WinogradTransforms transforms;
    private final WinogradFilters filters;
    private final ReduceKernels kernels = Kernels.of(ReduceKernels.class);

    WinogradWeightGradient(CpuRuntime runtime, WinogradTransforms transforms, WinogradFilters filters) {
        this.runtime = runtime;
        this.transforms = transforms;
        this.filters = filters;
    }

    void compute(CpuStorage x, CpuStorage gradient, Window window, CpuStorage weightGradient) {
        int inputs = (int) x.shape().size(1);
        int outputs = (int) gradient.shape().size(1);
        int slices = slices(inputs, outputs);
        int slice = outputs / slices;
        int ranges = Math.max(1, runtime.parallel().threads() / slices);
        WinogradTiles xs = WinogradTiles.ofInput(x, gradient.shape(), window.padTop(), window.padLeft());
        WinogradTiles ys = WinogradTiles.ofOutput(gradient);
        long range = (WinogradTiles.count(gradient.shape()) + ranges - 1) / ranges;
        long most = Math.max(LEAST_AT_ONCE, MOST_BYTES / WinogradTiles.bytes(inputs + slice));
        long count = WinogradTiles.evenly(range, most);
        long blocks = (range + count - 1) / count;
        Primitive[] products = WinogradProduct.forWorkers(
                runtime, worker -> new WinogradProduct(worker, count, inputs, slice).accumulating(runtime, outputs));
        WinogradScratch scratch = new WinogradScratch(runtime, products[0], Math.max(inputs, outputs));
        long left = scratch.tiles(products.length * count, inputs);
        long right = scratch.tiles(products.length * count, slice);
        long sums = scratch.tiles((long) ranges * inputs, outputs); // for each range 16 planes of inputs × outputs
        long sumsBytes = inputs * WinogradTiles.bytes(outputs);
        clear(sums, ranges * sumsBytes);
        runtime.parallel().runTasks((long) ranges * slices, (worker, share) -> {
            long from = left + worker * count * WinogradTiles.bytes(inputs);
            long to = right + worker * count * WinogradTiles.bytes(slice);
            long channel = share % slices * slice * Float.BYTES;
            long first = share / slices * blocks * count;
            products[worker]
                    .with(OneDnn.ARG_SRC, from)
                    .with(OneDnn.ARG_WEIGHTS, to)
                    .with(OneDnn.ARG_DST, sums + share / slices * sumsBytes + channel)
                    .with(OneDnn.ARG_SCRATCHPAD, scratch.scratchpad(worker));
            long[] pixels = new long[16];
            for (long block = 0; block < blocks; block++, first += count) {
                for (long tile = 0; tile < count; tile++) {
                    xs.pixels(first + tile, 0, scratch.padding(), pixels);
                    transforms.input(pixels, from + tile * WinogradTiles.bytes(inputs), inputs);
                    ys.pixels(first + tile, channel, scratch.padding(), pixels);
                    transforms.outputGradient(pixels, to + tile * WinogradTiles.bytes(slice), slice);
                }
                products[worker].execute(runtime);
            }
        });
        for (int i = 1; i < ranges; i++) {
            add(sums + i * sumsBytes, sums, sumsBytes);
        }
        filters.gradient(sums, inputs, outputs, weightGradient);
        scratch.release();
    }

    /** In how many equal parts the output channels are shared out: as few as the sums' size allows. */
    private int slices(int inputs, int outputs) {
        int slices = 1;
        while (slices * 2 <= runtime.parallel().threads()
                && inputs * WinogradTiles.bytes(outputs / slices) > MOST_SUMS_BYTES
                && outputs % (slices * 2 * transforms.width()) == 0
                && outputs / (slices * 2) >= LEAST_OUTPUTS) {
            slices *= 2;
        }
        return slices;
    }

    private void clear(long address, long bytes) {
        runtime.parallel()
                .run(bytes, Parallel.GRAIN * Float.BYTES, (from, to) -> NativeMemory.segment(address + from, to - from)
                        .fill((byte) 0));
    }

    private void add(long x, long y, long bytes) {
        runtime.parallel()
                .run(
                        bytes / Float.BYTES,
                        (from, to) -> kernels.accumulate(
                                ReduceOp.SUM, x + from * Float.BYTES, y + from * Float.BYTES, to - from));
    }
}
