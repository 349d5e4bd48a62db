package dev.tandem.cpu;

import java.util.stream.IntStream;

/**
 * How the channels of one image lie in scratch memory: plane after plane, the image within its padding.
 *
 * @param top rows of padding above the image; {@code left} columns before it
 * @param rows rows of a plane with its padding
 * @param pitch floats from row to row
 */
record Planes(int channels, int height, int width, int top, int left, int rows, int pitch) {
    long rowBytes() {
        return (long) pitch * Float.BYTES;
    }

    long planeBytes() {
        return rows * rowBytes();
    }

    long bytes() {
        return channels * planeBytes();
    }

    /** Bytes from a plane's first element, of the padding, to another. */
    int offset(int row, int column) {
        return (row * pitch + column) * Float.BYTES;
    }

    /** Bytes from a plane's first element to an element of the image. */
    int imageOffset(int row, int column) {
        return offset(top + row, left + column);
    }

    /** Columns at which vectors begin that cover a row; the last ends where the row does. */
    static int[] starts(int width, int lanes) {
        return IntStream.range(0, Math.ceilDiv(width, lanes))
                .map(i -> Math.min(i * lanes, width - lanes))
                .toArray();
    }

    Planes withPitch(int floats) {
        return new Planes(channels, height, width, top, left, rows, floats);
    }

    /** The same with room for more channels. */
    Planes withChannels(int count) {
        return new Planes(count, height, width, top, left, rows, pitch);
    }
}
