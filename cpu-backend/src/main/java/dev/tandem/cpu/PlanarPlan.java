package dev.tandem.cpu;

import dev.tandem.backend.Window;
import dev.tandem.tensor.Shape;
import java.util.stream.IntStream;

/** All about a {@link PlanarConvolution} that depends only on shapes: its planes, and where taps and vectors lie in them. */
final class PlanarPlan {
    /** What an image's planes may take: half of a second-level cache. */
    private static final long MOST_BYTES = 512 << 10;

    final Planes source;
    /** The output's gradient, in {@link PlanarKernels#CHANNELS} planes, of which some may be of no channel. */
    final Planes gradient;

    final PlaneCopy sourceCopy;
    final PlaneCopy gradientCopy;
    /** Bytes from a source pixel to each of its taps, by {@code [window row, channel, window column]}. */
    final int[] taps;
    /** Bytes in a source plane to the pixel under each vector of the target; */
    final int[] sourceVectors;
    /** and in the target, a plain image, to the vector. The last vector of a row ends where the row does. */
    final int[] targetVectors;
    /** Bytes in the target to each of {@link PlanarKernels#CHANNELS} planes; what is of no channel goes to the first. */
    final long[] targetPlanes = new long[PlanarKernels.CHANNELS];
    /** For each pair of vectors, the taps from which and to which one of both lies in the image. */
    final int[] tapFrom;

    final int[] tapTo;
    /** Bytes in a source plane to the pixel under each vector of the gradient; */
    final int[] correlatedVectors;
    /** and in a plane of the gradient to the vector. Those of a row do not overlap. */
    final int[] gradientVectors;

    private final Window window;

    PlanarPlan(Shape x, Shape y, Window window, PlanarKernels kernels) {
        this.window = window;
        int lanes = kernels.lanes();
        int height = (int) y.size(2);
        int width = (int) y.size(3);
        Planes exact = gradientPlanes(y, lanes);
        source = sourcePlanes(x, y, window, lanes);
        gradient = exact.withChannels(PlanarKernels.CHANNELS);
        sourceCopy = new PlaneCopy(source, kernels);
        gradientCopy = new PlaneCopy(exact, kernels);
        taps = taps();
        int[] columns = Planes.starts(width, lanes);
        sourceVectors = vectors(source, height, columns);
        targetVectors = vectors(exact.withPitch(width), height, columns);
        for (int channel = 0; channel < exact.channels(); channel++) {
            targetPlanes[channel] = (long) channel * height * width * Float.BYTES;
        }
        int[] apart =
                IntStream.range(0, exact.pitch() / lanes).map(i -> i * lanes).toArray();
        correlatedVectors = vectors(source, height, apart);
        gradientVectors = vectors(gradient, height, apart);
        tapFrom = new int[pairs()];
        tapTo = new int[pairs()];
        int tapsOfRow = source.channels() * window.kernelWidth();
        for (int pair = 0; pair < pairs(); pair++) {
            int above = Math.max(0, source.top() - second(pair) / columns.length);
            int below = source.top() + source.height() - 2 * pair / columns.length;
            tapFrom[pair] = Math.min(above, window.kernelHeight()) * tapsOfRow;
            tapTo[pair] = Math.clamp(below, 0, window.kernelHeight()) * tapsOfRow;
        }
    }

    private int[] taps() {
        int[] bytes = new int[window.kernelHeight() * source.channels() * window.kernelWidth()];
        for (int tap = 0; tap < bytes.length; tap++) {
            int channel = tap / window.kernelWidth() % source.channels();
            int row = tap / window.kernelWidth() / source.channels();
            bytes[tap] = (int) (channel * source.planeBytes()) + source.offset(row, tap % window.kernelWidth());
        }
        return bytes;
    }

    /** Bytes to what begins at some columns in each row. */
    private static int[] vectors(Planes planes, int height, int[] columns) {
        return IntStream.range(0, height * columns.length)
                .map(i -> planes.offset(i / columns.length, columns[i % columns.length]))
                .toArray();
    }

    /** Behind each row lies padding enough for lanes beyond the gradient's: they see no other row, and count zero times. */
    private static Planes sourcePlanes(Shape x, Shape y, Window window, int lanes) {
        return new Planes(
                (int) x.size(1),
                (int) x.size(2),
                (int) x.size(3),
                window.padTop(),
                window.padLeft(),
                (int) y.size(2) + window.kernelHeight() - 1,
                gradientPlanes(y, lanes).pitch() + window.kernelWidth() - 1);
    }

    private static Planes gradientPlanes(Shape y, int lanes) {
        int height = (int) y.size(2);
        int width = (int) y.size(3);
        return new Planes((int) y.size(1), height, width, 0, 0, height, Math.ceilDiv(width, lanes) * lanes);
    }

    /** Whether vectors would be well filled, and an image's planes stay in the cache; makes no plan. */
    static boolean suits(Shape x, Shape y, Window window, int lanes) {
        Planes gradient = gradientPlanes(y, lanes);
        long bytes = sourcePlanes(x, y, window, lanes).bytes()
                + gradient.withChannels(PlanarKernels.CHANNELS).bytes();
        return gradient.width() >= lanes && gradient.width() * 8 >= gradient.pitch() * 7 && bytes <= MOST_BYTES;
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
