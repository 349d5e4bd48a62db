package dev.tandem.cpu;

import static dev.tandem.cpu.Floats.BYTES;
import static dev.tandem.cpu.Floats.LENGTH;
import static dev.tandem.cpu.Floats.SPECIES;
import static dev.tandem.cpu.Floats.load;
import static dev.tandem.cpu.Floats.store;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** The same loops with a vector of channels at a time; what is left over goes through masks. */
final class VectorPoolKernels implements PoolKernels {
    @Override
    public void max(PoolWindows windows, boolean rectified, long y, long picked) {
        if (isSmall(windows)) {
            maxOfFour(windows, rectified, y, picked);
            return;
        }
        int whole = SPECIES.loopBound(windows.channels);
        VectorMask<Float> rest = SPECIES.indexInRange(whole, windows.channels);
        long to = 0;
        for (int window = 0; window < windows.count; window++) {
            long start = windows.address + window * windows.stepBytes;
            for (int channel = 0; channel < whole; channel += LENGTH, start += BYTES, to += BYTES) {
                FloatVector best = rectified ? FloatVector.zero(SPECIES) : load(start);
                FloatVector number = FloatVector.broadcast(SPECIES, rectified ? -1 : windows.number);
                for (int row = 0; row < windows.rows; row++) {
                    for (int column = 0; column < windows.columns; column++) {
                        FloatVector value = load(start + row * windows.rowBytes + column * windows.columnBytes);
                        VectorMask<Float> better = better(value, best);
                        best = best.blend(value, better);
                        number = number.blend((float) (windows.number(row) + column), better);
                    }
                }
                store(best, y + to);
                if (picked != 0) {
                    store(number, picked + to);
                }
            }
            if (whole < windows.channels) {
                maxOfRest(windows, rectified, start, rest, y + to, picked == 0 ? 0 : picked + to);
                to += (long) Float.BYTES * (windows.channels - whole);
            }
        }
    }

    private static void maxOfRest(
            PoolWindows windows, boolean rectified, long start, VectorMask<Float> rest, long y, long picked) {
        FloatVector best = rectified ? FloatVector.zero(SPECIES) : load(start, rest);
        FloatVector number = FloatVector.broadcast(SPECIES, rectified ? -1 : windows.number);
        for (int row = 0; row < windows.rows; row++) {
            for (int column = 0; column < windows.columns; column++) {
                FloatVector value = load(start + row * windows.rowBytes + column * windows.columnBytes, rest);
                VectorMask<Float> better = better(value, best);
                best = best.blend(value, better);
                number = number.blend((float) (windows.number(row) + column), better);
            }
        }
        store(best, y, rest);
        if (picked != 0) {
            store(number, picked, rest);
        }
    }

    /** Whether all of a 2×2 window's channels fit in a vector: then beginning loops costs more than what is in them. */
    private static boolean isSmall(PoolWindows windows) {
        return windows.rows == 2 && windows.columns == 2 && windows.channels <= LENGTH;
    }

    private static void maxOfFour(PoolWindows windows, boolean rectified, long y, long picked) {
        VectorMask<Float> channels = SPECIES.indexInRange(0, windows.channels);
        float first = windows.number(0);
        float third = windows.number(1);
        long right = windows.columnBytes;
        long below = windows.rowBytes;
        long bytes = (long) Float.BYTES * windows.channels;
        for (int window = 0; window < windows.count; window++) {
            long from = windows.address + window * windows.stepBytes;
            FloatVector value = load(from, channels);
            FloatVector best = rectified ? FloatVector.zero(SPECIES) : value;
            FloatVector number = FloatVector.broadcast(SPECIES, rectified ? -1 : first);
            VectorMask<Float> better = better(value, best);
            best = best.blend(value, better);
            number = number.blend(first, better);
            value = load(from + right, channels);
            better = better(value, best);
            best = best.blend(value, better);
            number = number.blend(first + 1, better);
            value = load(from + below, channels);
            better = better(value, best);
            best = best.blend(value, better);
            number = number.blend(third, better);
            value = load(from + below + right, channels);
            better = better(value, best);
            best = best.blend(value, better);
            number = number.blend(third + 1, better);
            store(best, y + window * bytes, channels);
            if (picked != 0) {
                store(number, picked + window * bytes, channels);
            }
        }
    }

    private static void scatterToFour(PoolWindows windows, long gradient, long picked) {
        VectorMask<Float> channels = SPECIES.indexInRange(0, windows.channels);
        int first = windows.number(0);
        int third = windows.number(1);
        long right = windows.columnBytes;
        long below = windows.rowBytes;
        long bytes = (long) Float.BYTES * windows.channels;
        for (int window = 0; window < windows.count; window++) {
            long to = windows.address + window * windows.stepBytes;
            FloatVector value = load(gradient + window * bytes, channels);
            FloatVector number = load(picked + window * bytes, channels);
            store(chosen(value, number, first), to, channels);
            store(chosen(value, number, first + 1), to + right, channels);
            store(chosen(value, number, third), to + below, channels);
            store(chosen(value, number, third + 1), to + below + right, channels);
        }
    }

    /** NaN is better than all. */
    static VectorMask<Float> better(FloatVector value, FloatVector best) {
        return value.compare(VectorOperators.GT, best).or(value.compare(VectorOperators.NE, value));
    }

    @Override
    public void scatter(PoolWindows windows, long gradient, long picked) {
        if (isSmall(windows)) {
            scatterToFour(windows, gradient, picked);
            return;
        }
        int whole = SPECIES.loopBound(windows.channels);
        VectorMask<Float> rest = SPECIES.indexInRange(whole, windows.channels);
        long from = 0;
        for (int window = 0; window < windows.count; window++) {
            long start = windows.address + window * windows.stepBytes;
            for (int channel = 0; channel < whole; channel += LENGTH, start += BYTES, from += BYTES) {
                FloatVector value = load(gradient + from);
                FloatVector number = load(picked + from);
                for (int row = 0; row < windows.rows; row++) {
                    for (int column = 0; column < windows.columns; column++) {
                        store(
                                chosen(value, number, windows.number(row) + column),
                                start + row * windows.rowBytes + column * windows.columnBytes);
                    }
                }
            }
            if (whole < windows.channels) {
                FloatVector value = load(gradient + from, rest);
                FloatVector number = load(picked + from, rest);
                for (int row = 0; row < windows.rows; row++) {
                    for (int column = 0; column < windows.columns; column++) {
                        store(
                                chosen(value, number, windows.number(row) + column),
                                start + row * windows.rowBytes + column * windows.columnBytes,
                                rest);
                    }
                }
                from += (long) Float.BYTES * (windows.channels - whole);
            }
        }
    }

    /** The values where the number is that one, else zeros. */
    static FloatVector chosen(FloatVector value, FloatVector number, int which) {
        return FloatVector.zero(SPECIES).blend(value, number.compare(VectorOperators.EQ, (float) which));
    }

    @Override
    public void addPicked(long gradient, long picked, int windows, int channels, int number, long target, long step) {
        int whole = SPECIES.loopBound(channels);
        long left = (long) Float.BYTES * (channels - whole);
        long from = 0;
        long to = target;
        // One loop over windows and channels: beginning one for each window costs more than what is in it.
        for (int i = 0, channel = 0; i < windows * (whole / LENGTH); i++) {
            FloatVector part = chosen(load(gradient + from), load(picked + from), number);
            store(load(to).add(part), to);
            from += BYTES;
            to += BYTES;
            channel += LENGTH;
            if (channel == whole) {
                channel = 0;
                from += left;
                to += step - (long) Float.BYTES * whole;
            }
        }
        if (left > 0) {
            long before = (long) Float.BYTES * whole;
            addRest(gradient + before, picked + before, windows, channels, number, target + before, step);
        }
    }

    private static void addRest(
            long gradient, long picked, int windows, int channels, int number, long target, long step) {
        VectorMask<Float> rest = SPECIES.indexInRange(SPECIES.loopBound(channels), channels);
        long bytes = (long) Float.BYTES * channels;
        for (int window = 0; window < windows; window++) {
            long from = window * bytes;
            long to = target + window * step;
            FloatVector part = chosen(load(gradient + from, rest), load(picked + from, rest), number);
            store(load(to, rest).add(part), to, rest);
        }
    }
}
