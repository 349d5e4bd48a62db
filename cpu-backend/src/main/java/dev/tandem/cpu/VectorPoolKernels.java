package dev.tandem.cpu;

import static java.nio.ByteOrder.nativeOrder;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** The same loops with a vector of channels at a time; what is left over goes through masks. */
final class VectorPoolKernels implements PoolKernels {
    private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;

    @Override
    public void max(PoolWindow window, long y, long index) {
        int channel = 0;
        for (; channel + FLOATS.length() <= window.channels; channel += FLOATS.length()) {
            long at = 4L * channel;
            FloatVector best = load(window.address + at);
            FloatVector bestNumber = FloatVector.broadcast(FLOATS, window.number);
            for (int row = 0; row < window.rows; row++) {
                for (int column = 0; column < window.columns; column++) {
                    FloatVector value = load(window.address + row * window.rowBytes + column * window.columnBytes + at);
                    VectorMask<Float> better = better(value, best);
                    best = best.blend(value, better);
                    bestNumber = bestNumber.blend((float) (window.number(row) + column), better);
                }
            }
            best.intoMemorySegment(NativeMemory.ALL, y + at, nativeOrder());
            if (index != 0) {
                integers(bestNumber).intoMemorySegment(NativeMemory.ALL, index + at, nativeOrder());
            }
        }
        if (channel < window.channels) {
            maxOfRest(window, channel, y, index);
        }
    }

    private static void maxOfRest(PoolWindow window, int channel, long y, long index) {
        long at = 4L * channel;
        VectorMask<Float> rest = FLOATS.indexInRange(channel, window.channels);
        FloatVector best = load(window.address + at, rest);
        FloatVector bestNumber = FloatVector.broadcast(FLOATS, window.number);
        for (int row = 0; row < window.rows; row++) {
            for (int column = 0; column < window.columns; column++) {
                FloatVector value =
                        load(window.address + row * window.rowBytes + column * window.columnBytes + at, rest);
                VectorMask<Float> better = better(value, best);
                best = best.blend(value, better);
                bestNumber = bestNumber.blend((float) (window.number(row) + column), better);
            }
        }
        best.intoMemorySegment(NativeMemory.ALL, y + at, nativeOrder(), rest);
        if (index != 0) {
            integers(bestNumber)
                    .intoMemorySegment(
                            NativeMemory.ALL, index + at, nativeOrder(), INTS.indexInRange(channel, window.channels));
        }
    }

    private static VectorMask<Float> better(FloatVector value, FloatVector best) {
        return value.compare(VectorOperators.GT, best).or(value.compare(VectorOperators.NE, value));
    }

    /** Numbers of elements in a window are small enough to be exact as floats, and blends of one type need no mask casts. */
    private static IntVector integers(FloatVector numbers) {
        return (IntVector) numbers.convert(VectorOperators.F2I, 0);
    }

    @Override
    public void gather(
            long gradient,
            long index,
            WindowTaps rows,
            int row,
            WindowTaps columns,
            int column,
            int channels,
            long target) {
        int channel = 0;
        for (; channel + FLOATS.length() <= channels; channel += FLOATS.length()) {
            long at = 4L * channel;
            FloatVector sum = FloatVector.zero(FLOATS);
            for (int i = rows.from()[row]; i < rows.from()[row + 1]; i++) {
                for (int j = columns.from()[column]; j < columns.from()[column + 1]; j++) {
                    long from = 4L * channels * (rows.output()[i] + columns.output()[j]) + at;
                    IntVector picked = IntVector.fromMemorySegment(INTS, NativeMemory.ALL, index + from, nativeOrder());
                    VectorMask<Float> here = picked.compare(VectorOperators.EQ, rows.tap()[i] + columns.tap()[j])
                            .cast(FLOATS);
                    sum = sum.add(load(gradient + from), here);
                }
            }
            sum.intoMemorySegment(NativeMemory.ALL, target + at, nativeOrder());
        }
        if (channel < channels) {
            gatherRest(gradient, index, rows, row, columns, column, channel, channels, target);
        }
    }

    private static void gatherRest(
            long gradient,
            long index,
            WindowTaps rows,
            int row,
            WindowTaps columns,
            int column,
            int channel,
            int channels,
            long target) {
        long at = 4L * channel;
        VectorMask<Float> rest = FLOATS.indexInRange(channel, channels);
        VectorMask<Integer> restOfNumbers = INTS.indexInRange(channel, channels);
        FloatVector sum = FloatVector.zero(FLOATS);
        for (int i = rows.from()[row]; i < rows.from()[row + 1]; i++) {
            for (int j = columns.from()[column]; j < columns.from()[column + 1]; j++) {
                long from = 4L * channels * (rows.output()[i] + columns.output()[j]) + at;
                IntVector picked =
                        IntVector.fromMemorySegment(INTS, NativeMemory.ALL, index + from, nativeOrder(), restOfNumbers);
                VectorMask<Float> here = picked.compare(VectorOperators.EQ, rows.tap()[i] + columns.tap()[j])
                        .cast(FLOATS);
                sum = sum.add(load(gradient + from, rest), here);
            }
        }
        sum.intoMemorySegment(NativeMemory.ALL, target + at, nativeOrder(), rest);
    }

    private static FloatVector load(long address) {
        return FloatVector.fromMemorySegment(FLOATS, NativeMemory.ALL, address, nativeOrder());
    }

    private static FloatVector load(long address, VectorMask<Float> mask) {
        return FloatVector.fromMemorySegment(FLOATS, NativeMemory.ALL, address, nativeOrder(), mask);
    }
}
