package dev.tandem.cpu;

import dev.tandem.backend.Window;
import dev.tandem.tensor.Shape;

/** All about a {@link PlanarConvolution} that depends only on shapes: its planes, and where taps and vectors lie in them. */
final class PlanarPlan {
    /** What an image's planes may take: half of a second-level cache. */
    private static final long MOST_BYTES = 512 << 10;

    final Planes source;
    /** With {@link PlanarKernels#CHANNELS} planes, of which some may be of no channel. */
    final Planes target;

    final PlaneCopy sourceCopy;
    final PlaneCopy targetCopy;
    /** Bytes from a source pixel to each of its taps, by {@code [window row, channel, window column]}. */
    final int[] taps;
    /** Bytes in a source plane to the pixel under each vector of the target; */
    final int[] sourceVectors;
    /** and in a target plane to the vector. */
    final int[] targetVectors;
    /** For each pair of vectors, the taps from which and to which one of both lies in the image. */
    final int[] tapFrom;

    final int[] tapTo;

    private final Window window;

    PlanarPlan(Shape x, Shape y, Window window, PlanarKernels kernels) {
        this.window = window;
        int height = (int) y.size(2);
        int channels = (int) x.size(1);
        Planes exact = targetPlanes(y, kernels.lanes());
        int pitch = exact.pitch();
        source = sourcePlanes(x, y, window, kernels.lanes());
        target = exact.withChannels(PlanarKernels.CHANNELS);
        sourceCopy = new PlaneCopy(source, kernels);
        targetCopy = new PlaneCopy(exact, kernels);
        taps = new int[window.kernelHeight() * channels * window.kernelWidth()];
        for (int place = 0; place < taps.length; place++) {
            int columns = window.kernelWidth();
            int channel = place / (columns * window.kernelHeight());
            int within = source.offset(place / columns % window.kernelHeight(), place % columns);
            taps[tap(place)] = (int) (channel * source.planeBytes()) + within;
        }
        int vectorsOfRow = pitch / kernels.lanes();
        sourceVectors = new int[height * vectorsOfRow];
        targetVectors = new int[sourceVectors.length];
        for (int i = 0; i < sourceVectors.length; i++) {
            int column = i % vectorsOfRow * kernels.lanes();
            sourceVectors[i] = source.offset(i / vectorsOfRow, column);
            targetVectors[i] = target.offset(i / vectorsOfRow, column);
        }
        tapFrom = new int[pairs()];
        tapTo = new int[pairs()];
        int tapsOfRow = channels * window.kernelWidth();
        for (int pair = 0; pair < pairs(); pair++) {
            int above = Math.max(0, source.top() - second(pair) / vectorsOfRow);
            int below = source.top() + source.height() - 2 * pair / vectorsOfRow;
            tapFrom[pair] = Math.min(above, window.kernelHeight()) * tapsOfRow;
            tapTo[pair] = Math.clamp(below, 0, window.kernelHeight()) * tapsOfRow;
        }
    }

    /** Behind each row lies padding enough for lanes beyond the target's, so that they never see other pixels. */
    private static Planes sourcePlanes(Shape x, Shape y, Window window, int lanes) {
        return new Planes(
                (int) x.size(1),
                (int) x.size(2),
                (int) x.size(3),
                window.padTop(),
                window.padLeft(),
                (int) y.size(2) + window.kernelHeight() - 1,
                targetPlanes(y, lanes).pitch() + window.kernelWidth() - 1);
    }

    private static Planes targetPlanes(Shape y, int lanes) {
        int height = (int) y.size(2);
        int width = (int) y.size(3);
        return new Planes((int) y.size(1), height, width, 0, 0, height, Math.ceilDiv(width, lanes) * lanes);
    }

    /** Whether vectors would be well filled, and an image's planes stay in the cache; makes no plan. */
    static boolean suits(Shape x, Shape y, Window window, PlanarKernels kernels) {
        Planes target = targetPlanes(y, kernels.lanes());
        long bytes = sourcePlanes(x, y, window, kernels.lanes()).bytes()
                + target.withChannels(PlanarKernels.CHANNELS).bytes();
        return target.width() * 8 >= target.pitch() * 7 && bytes <= MOST_BYTES;
    }

    /** Pairs of vectors of a target channel; a last one alone makes a pair with itself. */
    int pairs() {
        return Math.ceilDiv(targetVectors.length, 2);
    }

    /** The second vector of a pair, whose first is {@code 2·pair}. */
    int second(int pair) {
        return Math.min(2 * pair + 1, targetVectors.length - 1);
    }

    /** The number of the tap that has a place in {@code [channel, window row, window column]}. */
    int tap(int place) {
        int columns = window.kernelWidth();
        int channel = place / (columns * window.kernelHeight());
        int row = place / columns % window.kernelHeight();
        return (row * source.channels() + channel) * columns + place % columns;
    }
}
