package dev.tandem.cuda;

import dev.tandem.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Up to three arrays of the same sizes that lie differently in memory, as {@code walk.cuh} has it. Axes that every array can walk
 * as one are merged, so kernels divide as seldom as can be.
 */
final class Walk {
    private static final int MOST_AXES = 8;
    private static final int MOST_ARRAYS = 3;

    private final long[] structure = new long[1 + MOST_AXES * (1 + MOST_ARRAYS)];

    private Walk(List<long[]> axes) {
        if (axes.size() > MOST_AXES) {
            throw new UnsupportedOperationException(
                    "cuda: arrays with more than " + MOST_AXES + " axes that cannot be merged; reshape first");
        }
        structure[0] = axes.size();
        for (int axis = 0; axis < axes.size(); axis++) {
            for (int field = 0; field < axes.get(axis).length; field++) {
                structure[1 + field * MOST_AXES + axis] = axes.get(axis)[field];
            }
        }
    }

    /** @param strides of each array, in elements; 0 along an axis that it repeats */
    static Walk over(long[] sizes, long[]... strides) {
        List<long[]> merged = new ArrayList<>();
        for (int axis = 0; axis < sizes.length; axis++) {
            if (sizes[axis] == 1) {
                continue;
            }
            long[] next = entry(sizes, axis, strides);
            long[] last = merged.isEmpty() ? null : merged.getLast();
            if (last != null && continues(last, next)) {
                next[0] *= last[0];
                merged.set(merged.size() - 1, next);
            } else {
                merged.add(next);
            }
        }
        if (merged.isEmpty()) {
            merged.add(new long[] {1, 0, 0, 0});
        }
        return new Walk(merged);
    }

    /** With each axis as it is. */
    static Walk unmerged(long[] sizes, long[]... strides) {
        List<long[]> axes = new ArrayList<>();
        for (int axis = 0; axis < sizes.length; axis++) {
            axes.add(entry(sizes, axis, strides));
        }
        return new Walk(axes.isEmpty() ? List.of(new long[] {1, 0, 0, 0}) : axes);
    }

    private static long[] entry(long[] sizes, int axis, long[]... strides) {
        long[] entry = new long[1 + MOST_ARRAYS];
        entry[0] = sizes[axis];
        for (int array = 0; array < strides.length; array++) {
            entry[1 + array] = strides[array][axis];
        }
        return entry;
    }

    /** Whether an axis and the next inner one are a single longer one to every array. */
    private static boolean continues(long[] outer, long[] inner) {
        for (int array = 1; array < outer.length; array++) {
            if (outer[array] != inner[array] * inner[0]) {
                return false;
            }
        }
        return true;
    }

    /** Strides of an array that broadcasts to a shape. */
    static long[] broadcast(Shape from, Shape to) {
        long[] own = from.strides();
        long[] strides = new long[to.rank()];
        int missing = to.rank() - from.rank();
        for (int axis = 0; axis < from.rank(); axis++) {
            strides[missing + axis] = from.size(axis) == 1 ? 0 : own[axis];
        }
        return strides;
    }

    /** The number of axes that are left. */
    int rank() {
        return (int) structure[0];
    }

    long size(int axis) {
        return structure[1 + axis];
    }

    long stride(int array, int axis) {
        return structure[1 + (1 + array) * MOST_AXES + axis];
    }

    /** As the kernels have it. */
    long[] structure() {
        return structure;
    }

    @Override
    public String toString() {
        return Arrays.toString(structure);
    }
}
