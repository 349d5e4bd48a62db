package dev.tandem.cpu;

import dev.tandem.tensor.Shape;
import java.util.stream.IntStream;

/**
 * All about a {@link PlanarPooling} that depends only on the images' shape. A vector of windows lies over four vectors of pixels:
 * two beside each other, and two in the row below.
 */
final class PlanarPoolPlan {
    /** What an image may take: half of a second-level cache. */
    private static final long MOST_BYTES = 512 << 10;

    final long rowBytes;
    /** From a vector of pixels to the one beside it. */
    final long besideBytes;
    /** Bytes in an image to each vector of windows; */
    final int[] imageVectors;
    /** and in the planes of results. Where rows are shorter than a vector, each covers the beginning of the next. */
    final int[] resultVectors;
    /** Lanes of a pair of vectors of pixels that are each window's left ones; likewise {@link #right}. */
    final int[] left;

    final int[] right;
    /** Lanes of a pair of vectors, of left and of right pixels of windows, that make a vector of pixels; */
    final int[] first;
    /** and the one beside it. */
    final int[] beside;

    final PlaneReorder reorder;
    /** Of an image's results. */
    final long resultBytes;
    /** Where in scratch memory numbers of picked elements lie, behind the results. */
    final long pickedAt;

    PlanarPoolPlan(Shape x, int lanes) {
        int channels = (int) x.size(1);
        int width = (int) x.size(3);
        int rows = (int) x.size(2) / 2;
        int ofRow = width / 2;
        int[] columns = ofRow >= lanes ? Planes.starts(ofRow, lanes) : new int[1];
        int shift = Math.min(lanes, width - lanes);
        int windows = rows * ofRow;
        rowBytes = (long) width * Float.BYTES;
        besideBytes = (long) shift * Float.BYTES;
        imageVectors = IntStream.range(0, channels * rows * columns.length)
                .map(i -> (i / columns.length * 2 * width + 2 * columns[i % columns.length]) * Float.BYTES)
                .toArray();
        resultVectors = IntStream.range(0, imageVectors.length)
                .map(i -> (i / columns.length * ofRow + columns[i % columns.length]) * Float.BYTES)
                .toArray();
        left = IntStream.range(0, lanes).map(i -> lane(2 * i, shift, lanes)).toArray();
        right = IntStream.range(0, lanes)
                .map(i -> lane(2 * i + 1, shift, lanes))
                .toArray();
        first = IntStream.range(0, lanes).map(i -> i / 2 + i % 2 * lanes).toArray();
        beside = IntStream.range(0, lanes)
                .map(i -> (shift + i) / 2 + (shift + i) % 2 * lanes)
                .toArray();
        reorder = new PlaneReorder(channels, windows);
        resultBytes = (long) channels * windows * Float.BYTES;
        pickedAt = resultBytes + ImageScratch.BEYOND;
    }

    /** A pixel's lane in two vectors, the second some pixels behind the first; any for pixels beyond the row. */
    private static int lane(int pixel, int shift, int lanes) {
        return pixel < lanes ? pixel : Math.min(pixel - shift, lanes - 1) + lanes;
    }

    /** Whether rows are even and fill vectors, and an image stays in the cache; makes no plan. */
    static boolean suits(Shape x, int lanes) {
        return x.size(2) % 2 == 0
                && x.size(3) % 2 == 0
                && x.size(3) >= lanes
                && PlaneReorder.suits(x.size(1), x.size(2) * x.size(3) / 4, lanes)
                && x.elements() / x.size(0) * Float.BYTES <= MOST_BYTES;
    }
}
