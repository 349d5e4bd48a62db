package dev.tandem.cpu;

import dev.tandem.backend.Window;
import dev.tandem.tensor.Shape;
import java.util.stream.IntStream;

/**
 * All about a {@link ScatteredGradient} that depends only on shapes. Sums are made in a frame: an image with channels last
 * within its padding. A row of the window over it is cut into strips, of some vectors each.
 */
final class ScatterPlan {
    /** Input channels: with more, oneDNN's vectors are fuller. */
    private static final long MOST_CHANNELS = 6;
    /** Of a frame and an image of the gradient, which have to stay in the first-level cache. */
    private static final long MOST_BYTES = 40 << 10;

    private final int channels; // of the input
    private final int outputs;
    private final Window window;
    private final int stripFloats;
    private final int stripsOfRow;

    final long framePitchBytes;
    final long frameBytes;
    /** Bytes from the frame's to the image's first pixel. */
    final long imageOffset;

    /** Runs of memory that an image has in the frame: its rows, or one without padding beside it; */
    final int runs;
    /** and their lengths. */
    final long runBytes;

    /** Of an image of the output's gradient. */
    final int gradientFloats;
    /** Where each pixel's channels lie in the gradient, in floats; */
    final int[] from;
    /** and its window in the frame, in bytes. Neighbours in this order are far apart: no sum waits for the one before. */
    final int[] to;
    /** Groups of channels of the gradient. */
    final int blocks;
    /** Bytes from a window to each of its strips; */
    final long[] stripOffsets;
    /** and how many floats of a strip's last vector are in the window. */
    final int[] stripRests;
    /** Where each weight goes: the group of strip and block, and the place there. */
    private final int[] stripOf;

    private final int[] placeOf;

    ScatterPlan(Convolution.Key key, int lanes) {
        Shape x = key.x();
        Shape y = Convolution.outputShape(x, key.weight(), key.window());
        window = key.window();
        channels = (int) x.size(1);
        outputs = (int) y.size(1);
        stripFloats = stripFloats(lanes);
        stripsOfRow = stripsOfRow(key, lanes);
        framePitchBytes = framePitchBytes(key);
        frameBytes = frameBytes(key);
        imageOffset = window.padTop() * framePitchBytes + (long) window.padLeft() * channels * Float.BYTES;
        long imageBytes = x.elements() / x.size(0) * Float.BYTES;
        boolean beside = window.padLeft() + window.padRight() > 0;
        runs = beside ? (int) x.size(2) : 1;
        runBytes = imageBytes / runs;
        gradientFloats = (int) (y.elements() / y.size(0));
        int height = (int) y.size(2);
        int width = (int) y.size(3);
        int[] columns = columns(width);
        from = new int[height * width];
        to = new int[height * width];
        for (int i = 0; i < from.length; i++) {
            int row = i % height;
            int column = columns[i / height];
            from[i] = (row * width + column) * outputs;
            to[i] = (int) (row * window.strideHeight() * framePitchBytes)
                    + column * window.strideWidth() * channels * Float.BYTES;
        }
        blocks = outputs / ScatterKernels.CHANNELS;
        stripOffsets = new long[window.kernelHeight() * stripsOfRow];
        stripRests = new int[stripOffsets.length];
        for (int strip = 0; strip < stripOffsets.length; strip++) {
            int first = strip % stripsOfRow * stripFloats;
            int row = strip / stripsOfRow * window.dilationHeight();
            stripOffsets[strip] = row * framePitchBytes + (long) first * Float.BYTES;
            stripRests[strip] = Math.min(lanes, channels * window.kernelWidth() - first - stripFloats + lanes);
        }
        stripOf = new int[(int) key.weight().elements()];
        placeOf = new int[stripOf.length];
        for (int weight = 0; weight < stripOf.length; weight++) {
            place(weight);
        }
    }

    /** Columns of pixels, neighbours so far apart that their strips do not overlap, where there are so many. */
    private int[] columns(int width) {
        int apart = Math.ceilDiv(stripFloats, channels * window.strideWidth());
        return IntStream.range(0, Math.min(apart, width))
                .flatMap(first -> IntStream.iterate(first, column -> column < width, column -> column + apart))
                .toArray();
    }

    private static int stripFloats(int lanes) {
        return ScatterKernels.VECTORS * lanes;
    }

    private static int stripsOfRow(Convolution.Key key, int lanes) {
        return (int) Math.ceilDiv(key.x().size(1) * key.window().kernelWidth(), stripFloats(lanes));
    }

    private static long framePitchBytes(Convolution.Key key) {
        Window window = key.window();
        return (key.x().size(3) + window.padLeft() + window.padRight())
                * key.x().size(1)
                * Float.BYTES;
    }

    private static long frameBytes(Convolution.Key key) {
        return (key.x().size(2) + key.window().padTop() + key.window().padBottom()) * framePitchBytes(key);
    }

    private static long gradientBytes(Convolution.Key key) {
        Shape y = Convolution.outputShape(key.x(), key.weight(), key.window());
        return y.elements() / Math.max(1, y.size(0)) * Float.BYTES;
    }

    /** Whether strips would be well filled, and a frame stays in the cache; makes no plan. */
    static boolean suits(Convolution.Key key, int lanes) {
        long row = key.x().size(1) * key.window().kernelWidth();
        return key.x().size(1) <= MOST_CHANNELS
                && key.weight().size(0) % ScatterKernels.CHANNELS == 0
                && key.window().dilationWidth() == 1
                && row * 8 >= stripsOfRow(key, lanes) * stripFloats(lanes) * 7L
                && row >= stripsOfRow(key, lanes) * stripFloats(lanes) - lanes // only a strip's last vector is masked
                && frameBytes(key) + gradientBytes(key) <= MOST_BYTES;
    }

    /** The weights {@code [output, input, window]} for each strip and block: {@code [CHANNELS, strip]}, zero beyond the window. */
    float[][] strips(float[] weights) {
        float[][] strips = new float[stripOffsets.length * blocks][ScatterKernels.CHANNELS * stripFloats];
        for (int i = 0; i < weights.length; i++) {
            strips[stripOf[i]][placeOf[i]] = weights[i];
        }
        return strips;
    }

    private void place(int weight) {
        int column = weight % window.kernelWidth();
        int rest = weight / window.kernelWidth();
        int row = rest % window.kernelHeight();
        rest /= window.kernelHeight();
        int inRow = column * channels + rest % channels;
        int output = rest / channels;
        int strip = row * stripsOfRow + inRow / stripFloats;
        stripOf[weight] = strip * blocks + output / ScatterKernels.CHANNELS;
        placeOf[weight] = output % ScatterKernels.CHANNELS * stripFloats + inRow % stripFloats;
    }
}
