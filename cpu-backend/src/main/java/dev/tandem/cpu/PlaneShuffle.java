package dev.tandem.cpu;

import java.util.stream.IntStream;

/**
 * Which lanes go where when vectors of pixels with channels last become vectors of one channel ({@link #split}), and back
 * ({@link #join}). Each result is put together from a vector of each of some parts. The last vector of a row ends where the row
 * does, and so overlaps the one before.
 *
 * @param parts at most {@link PlanarKernels#CHANNELS}
 * @param lanes for each kind of result {@code [CHANNELS, lane]}: the part's lane to take
 * @param masks likewise: all bits where it is taken, else none
 * @param from for each kind of result, bytes from the source to the first part of each
 * @param to likewise, bytes from the target to each
 */
record PlaneShuffle(int parts, int[][] lanes, int[][] masks, int[][] from, int[][] to) {
    private static final int UNITS = PlanarKernels.CHANNELS;

    /**
     * From an image to a plane: a kind of result for each channel, parts are consecutive vectors.
     *
     * @param planes of at most {@code UNITS} channels, with rows of at least a vector
     */
    static PlaneShuffle split(Planes planes, int width) {
        int channels = planes.channels();
        PlaneShuffle shuffle = empty(channels, width);
        int[] columns = starts(planes.width(), width);
        int vectors = planes.height() * columns.length;
        for (int channel = 0; channel < channels; channel++) {
            for (int lane = 0; lane < width; lane++) {
                int element = lane * channels + channel;
                shuffle.take(channel, element / width, element % width, lane);
            }
            shuffle.from[channel] = IntStream.range(0, vectors)
                    .map(i -> i / columns.length * planes.width() + columns[i % columns.length])
                    .map(pixel -> pixel * channels * Float.BYTES)
                    .toArray();
            shuffle.to[channel] = IntStream.range(0, vectors)
                    .map(i -> planes.imageOffset(i / columns.length, columns[i % columns.length]))
                    .toArray();
        }
        return shuffle;
    }

    /** From planes, which are the parts, to an image: a kind of result for each channel that may be a vector's first. */
    static PlaneShuffle join(Planes planes, int width) {
        int channels = planes.channels();
        PlaneShuffle shuffle = empty(channels, width);
        int rowFloats = planes.width() * channels;
        int[] starts = starts(rowFloats, width);
        for (int first = 0; first < channels; first++) {
            for (int lane = 0; lane < width; lane++) {
                shuffle.take(first, (first + lane) % channels, (first + lane) / channels, lane);
            }
            int kind = first;
            int[] own = IntStream.of(starts)
                    .filter(start -> start % channels == kind)
                    .toArray();
            int vectors = planes.height() * own.length;
            shuffle.from[first] = IntStream.range(0, vectors)
                    .map(i -> planes.imageOffset(i / own.length, own[i % own.length] / channels))
                    .toArray();
            shuffle.to[first] = IntStream.range(0, vectors)
                    .map(i -> (i / own.length * rowFloats + own[i % own.length]) * Float.BYTES)
                    .toArray();
        }
        return shuffle;
    }

    private static PlaneShuffle empty(int channels, int width) {
        return new PlaneShuffle(
                channels,
                new int[channels][UNITS * width],
                new int[channels][UNITS * width],
                new int[channels][],
                new int[channels][]);
    }

    private void take(int kind, int part, int from, int to) {
        int at = part * (lanes[kind].length / UNITS) + to;
        lanes[kind][at] = from;
        masks[kind][at] = -1;
    }

    /** Where vectors that cover so many elements start. */
    private static int[] starts(int count, int width) {
        return IntStream.range(0, Math.ceilDiv(count, width))
                .map(i -> Math.min(i * width, count - width))
                .toArray();
    }
}
