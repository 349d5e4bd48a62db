package dev.tandem.cpu;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * A loop over several arrays at once, each with strides of its own (0 where it repeats), in as few axes as do. What lies
 * along the last axis is a row.
 */
final class Loop {
    /** What is done with a part of a row: the arrays' offsets in elements (not to be kept), and how many elements. */
    interface Row {
        void run(long[] at, long count);
    }

    private final long[] sizes;
    private final long[][] strides; // of an axis, then of an array
    private final int arrays;
    private final long elements;

    private Loop(long[] sizes, long[][] strides, int arrays) {
        this.sizes = sizes;
        this.strides = strides;
        this.arrays = arrays;
        this.elements = Arrays.stream(sizes).reduce(1, Math::multiplyExact);
    }

    /** Axes go by the first array's strides, longest first; axes of size 1 go, neighbours join where every array allows. */
    static Loop of(long[] sizes, long[]... strides) {
        int[] axes = IntStream.range(0, sizes.length)
                .filter(axis -> sizes[axis] != 1)
                .boxed()
                .sorted((a, b) -> Long.compare(strides[0][b], strides[0][a]))
                .mapToInt(axis -> axis)
                .toArray();
        long[] joined = new long[Math.max(1, axes.length)];
        long[][] steps = new long[joined.length][];
        int count = 0;
        for (int axis : axes) {
            long[] step = Arrays.stream(strides).mapToLong(array -> array[axis]).toArray();
            if (count > 0 && continues(steps[count - 1], step, sizes[axis])) {
                joined[count - 1] *= sizes[axis];
                steps[count - 1] = step;
            } else {
                joined[count] = sizes[axis];
                steps[count++] = step;
            }
        }
        if (count == 0) {
            joined[0] = 1;
            steps[count++] = Arrays.stream(strides).mapToLong(array -> 1).toArray();
        }
        return new Loop(Arrays.copyOf(joined, count), Arrays.copyOf(steps, count), strides.length);
    }

    /** Whether in every array the end of an inner axis is where the next step of the outer one begins. */
    private static boolean continues(long[] outer, long[] inner, long size) {
        for (int array = 0; array < outer.length; array++) {
            if (outer[array] != inner[array] * size) {
                return false;
            }
        }
        return true;
    }

    long elements() {
        return elements;
    }

    int rank() {
        return sizes.length;
    }

    long size(int axis) {
        return sizes[axis];
    }

    long stride(int axis, int array) {
        return strides[axis][array];
    }

    long rowLength() {
        return sizes[sizes.length - 1];
    }

    /** How far apart an array's elements are within a row. */
    long rowStride(int array) {
        return strides[sizes.length - 1][array];
    }

    /** Shares the rows out over the threads; long rows are split. */
    void run(Parallel parallel, Row body) {
        parallel.run(elements, (from, to) -> run(from, to, body));
    }

    /** Elements {@code from} to {@code to} (not included) on the calling thread. */
    void run(long from, long to, Row body) {
        int last = sizes.length - 1;
        long length = sizes[last];
        long[] index = new long[sizes.length];
        long[] at = new long[arrays];
        long row = from / length;
        long within = from % length;
        for (int axis = last - 1; axis >= 0; axis--) {
            index[axis] = row % sizes[axis];
            row /= sizes[axis];
            move(at, axis, index[axis]);
        }
        move(at, last, within);
        for (long done = from; done < to; ) {
            long count = Math.min(length - within, to - done);
            body.run(at, count);
            done += count;
            if (done < to) {
                move(at, last, -within);
                within = 0;
                next(index, at);
            }
        }
    }

    /** To the next row. */
    private void next(long[] index, long[] at) {
        for (int axis = sizes.length - 2; axis >= 0; axis--) {
            move(at, axis, 1);
            if (++index[axis] < sizes[axis]) {
                return;
            }
            move(at, axis, -index[axis]);
            index[axis] = 0;
        }
    }

    private void move(long[] at, int axis, long steps) {
        for (int array = 0; array < at.length; array++) {
            at[array] += steps * strides[axis][array];
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Loop loop
                && Arrays.equals(sizes, loop.sizes)
                && Arrays.deepEquals(strides, loop.strides);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(sizes) + Arrays.deepHashCode(strides);
    }
}
