package dev.tandem.cpu;

import java.util.stream.IntStream;

/**
 * Which lanes go where when an image with channels last becomes planes ({@link #split}), and back ({@link #join}). Planes follow
 * each other without padding. Each result is put together from a vector of each of some parts.
 *
 * @param parts at most {@link #PARTS}
 * @param lanes for each kind of result {@code [PARTS / 2, lane]}: the lane to take of a pair of parts
 * @param pairs for each kind of result and each lane, the pair to take it from
 * @param from for each kind of result, bytes from the source to the first part of each
 * @param to likewise, bytes from the target to each
 */
record PlaneShuffle(int parts, int[][] lanes, int[][] pairs, int[][] from, int[][] to) {
    static final int PARTS = 6;

    /**
     * From an image to planes: a kind of result for each channel, parts are consecutive vectors. The last result of a plane ends
     * where the plane does, and so may overlap the one before.
     */
    static PlaneShuffle split(int channels, int pixels, int width) {
        PlaneShuffle shuffle = empty(channels, width);
        int[] starts = Planes.starts(pixels, width);
        for (int channel = 0; channel < channels; channel++) {
            for (int lane = 0; lane < width; lane++) {
                int element = lane * channels + channel;
                shuffle.take(channel, element / width, element % width, lane);
            }
            int plane = channel * pixels;
            shuffle.from[channel] = IntStream.of(starts)
                    .map(start -> start * channels * Float.BYTES)
                    .toArray();
            shuffle.to[channel] = IntStream.of(starts)
                    .map(start -> (plane + start) * Float.BYTES)
                    .toArray();
        }
        return shuffle;
    }

    /**
     * From planes, which are the parts, to an image: a kind of result for each channel that may be a vector's first. The image's last
     * elements, from {@link #joined} on, are left out: parts would reach beyond the planes.
     */
    static PlaneShuffle join(int channels, int pixels, int width) {
        PlaneShuffle shuffle = empty(channels, width);
        int[] starts = IntStream.range(0, joined(channels, pixels, width) / width)
                .map(i -> i * width)
                .toArray();
        for (int first = 0; first < channels; first++) {
            for (int lane = 0; lane < width; lane++) {
                shuffle.take(first, (first + lane) % channels, (first + lane) / channels, lane);
            }
            int kind = first;
            int[] own = IntStream.of(starts)
                    .filter(start -> start % channels == kind)
                    .toArray();
            shuffle.from[first] = IntStream.of(own)
                    .map(start -> start / channels * Float.BYTES)
                    .toArray();
            shuffle.to[first] =
                    IntStream.of(own).map(start -> start * Float.BYTES).toArray();
        }
        return shuffle;
    }

    /** How many of an image's elements {@link #join} makes. */
    static int joined(int channels, int pixels, int width) {
        return ((pixels - width) * channels / width + 1) * width;
    }

    int kinds() {
        return lanes.length;
    }

    private static PlaneShuffle empty(int channels, int width) {
        return new PlaneShuffle(
                channels,
                new int[channels][PARTS / 2 * width],
                new int[channels][width],
                new int[channels][],
                new int[channels][]);
    }

    private void take(int kind, int part, int from, int to) {
        int width = pairs[kind].length;
        lanes[kind][part / 2 * width + to] = part % 2 * width + from;
        pairs[kind][to] = part / 2;
    }
}
