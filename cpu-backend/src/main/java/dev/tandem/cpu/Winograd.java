package dev.tandem.cpu;

import dev.tandem.backend.Activation;
import dev.tandem.backend.ReduceOp;
import dev.tandem.backend.Storage;
import dev.tandem.backend.UnaryOp;
import dev.tandem.backend.Window;
import dev.tandem.backend.pool.Block;
import dev.tandem.tensor.Shape;

/**
 * 3×3 convolution by Winograd's minimal filtering F(2×2, 3×3) (Lavin & Gray 2016, https://arxiv.org/abs/1509.09308): each 2×2
 * tile of the output takes 16 products a pair of channels instead of 36. Tiles are taken some dozen at a time: their
 * patches are transformed, multiplied with the transformed filters in 16 matrix products by oneDNN, and transformed back, all
 * on one thread and in its cache.
 *
 * <p>The input's gradient is the same convolution of the output's gradient, with the filters rotated; the weights' gradient
 * is the transpose of the whole, a sum over tiles ({@link WinogradWeightGradient}).
 *
 * <p>Rounding errors are like those of direct sums; larger tiles would save more and round worse. NaN goes where it goes in
 * direct sums, to the pixels whose window holds it; an infinity makes these NaN, since it meets itself with the other sign.
 */
final class Winograd {
    /** With fewer channels the transforms outweigh what the products save. */
    private static final int LEAST_CHANNELS = 64;
    /** With fewer tiles the transform of the filters does. */
    private static final int LEAST_TILES = 128;
    /** Tiles taken at a time: fewer make slow matrix products. */
    private static final long LEAST_AT_ONCE = 32;
    /** What the tiles taken at a time and their products should not exceed: most of a second-level cache. */
    private static final long MOST_BYTES = 768 << 10;
    /** So many times a thread takes tiles, at least, so that one that is held up can take fewer. */
    private static final long TURNS = 4;

    private final CpuRuntime runtime;
    private final WinogradTransforms transforms = new WinogradTransforms();
    private final WinogradFilters filters;
    private final WinogradWeightGradient weightGradient;
    private final FusedActivation activations;
    private final ColumnReduction reduction;

    Winograd(CpuRuntime runtime) {
        this.runtime = runtime;
        this.filters = new WinogradFilters(runtime, transforms);
        this.weightGradient = new WinogradWeightGradient(runtime, transforms, filters);
        this.activations = new FusedActivation(runtime);
        this.reduction = new ColumnReduction(runtime);
    }

    /** Whether there is what makes it fast: vectors, and matrix products of oneDNN's that run well on a thread of ours. */
    static boolean isFast(CpuRuntime runtime) {
        return Kernels.areVectors()
                && OpenMp.isAvailable()
                && new WinogradProduct(0, LEAST_AT_ONCE, LEAST_CHANNELS, LEAST_CHANNELS)
                        .ofTiles(runtime)
                        .implementation()
                        .startsWith("brg");
    }

    /** Whether it was measured faster than oneDNN's direct algorithm for such a convolution. */
    boolean pays(Shape y, Shape weight, Window window, int groups) {
        long inputs = weight.size(1);
        long outputs = weight.size(0);
        return groups == 1
                && window.withPadding(0, 0, 0, 0).equals(Window.square(3, 1, 0))
                && Math.min(inputs, outputs) >= LEAST_CHANNELS
                && inputs % transforms.width() == 0
                && outputs % transforms.width() == 0
                && WinogradTiles.count(y) >= LEAST_TILES;
    }

    /** As {@link Convolution#forward}. */
    Storage forward(Storage x, Storage weight, Storage bias, Shape y, Window window, Activation activation) {
        boolean relu = activation != null && activation.op() == UnaryOp.RELU;
        CpuStorage source = runtime.channelsLast(x);
        CpuStorage output = runtime.allocateImages(y);
        convolve(source, weight, false, (CpuStorage) bias, window.padTop(), window.padLeft(), relu, output);
        if (activation != null && !relu) {
            activations.apply(output, activation);
        }
        source.release();
        return output;
    }

    /** As {@link Convolution#backwardInput}. */
    Storage backwardInput(Storage gradient, Storage weight, Shape x, Window window) {
        CpuStorage source = runtime.channelsLast(gradient);
        CpuStorage result = runtime.allocateImages(x);
        convolve(source, weight, true, null, 2 - window.padTop(), 2 - window.padLeft(), false, result);
        source.release();
        return result;
    }

    /** As {@link Convolution#backwardWeight}. */
    void backwardWeight(Storage x, Storage gradient, Window window, CpuStorage weights, CpuStorage bias) {
        CpuStorage source = runtime.channelsLast(x);
        CpuStorage outputGradient = runtime.channelsLast(gradient);
        weightGradient.compute(source, outputGradient, window, weights);
        if (bias != null) {
            long outputs = bias.shape().elements();
            long pixels = gradient.shape().elements() / outputs;
            reduction.run(ReduceOp.SUM, outputGradient.address, 1, pixels, outputs, bias.address);
        }
        outputGradient.release();
        source.release();
    }

    private void convolve(
            CpuStorage x,
            Storage weight,
            boolean rotated,
            CpuStorage bias,
            int padTop,
            int padLeft,
            boolean relu,
            CpuStorage y) {
        int inputs = (int) x.shape().size(1);
        int outputs = (int) y.shape().size(1);
        WinogradTiles patches = WinogradTiles.ofInput(x, y.shape(), padTop, padLeft);
        WinogradTiles results = WinogradTiles.ofOutput(y);
        long tiles = WinogradTiles.count(y.shape());
        long count = atOnce(tiles, inputs + outputs);
        Primitive[] products = WinogradProduct.forWorkers(
                runtime, worker -> new WinogradProduct(worker, count, inputs, outputs).ofTiles(runtime));
        WinogradProduct first = new WinogradProduct(0, count, inputs, outputs);
        Block taps = filters.transform(weight, first, rotated, products[0].argument(OneDnn.ARG_WEIGHTS));
        WinogradScratch scratch = new WinogradScratch(runtime, products[0], Math.max(inputs, outputs));
        long left = scratch.tiles(products.length * count, inputs);
        long right = scratch.tiles(products.length * count, outputs);
        long addend = bias == null ? 0 : bias.address;
        runtime.parallel().runTasks((tiles + count - 1) / count, (worker, block) -> {
            long from = left + worker * count * WinogradTiles.bytes(inputs);
            long to = right + worker * count * WinogradTiles.bytes(outputs);
            long[] pixels = new long[16];
            for (long tile = 0; tile < count; tile++) {
                patches.pixels(block * count + tile, 0, scratch.padding(), pixels);
                transforms.input(pixels, from + tile * WinogradTiles.bytes(inputs), inputs);
            }
            products[worker]
                    .with(OneDnn.ARG_SRC, from)
                    .with(OneDnn.ARG_WEIGHTS, taps.address)
                    .with(OneDnn.ARG_DST, to)
                    .with(OneDnn.ARG_SCRATCHPAD, scratch.scratchpad(worker))
                    .execute(runtime);
            for (long tile = 0; tile < count; tile++) {
                results.pixels(block * count + tile, 0, 0, pixels);
                transforms.output(to + tile * WinogradTiles.bytes(outputs), pixels, outputs, addend, relu);
            }
        });
        scratch.release();
        runtime.allocator().release(taps);
    }

    private long atOnce(long tiles, int channels) {
        long most = Math.max(LEAST_AT_ONCE, MOST_BYTES / WinogradTiles.bytes(channels));
        long share = Math.max(1, tiles / (TURNS * runtime.parallel().threads()));
        return WinogradTiles.evenly(tiles, Math.min(most, share));
    }
}
