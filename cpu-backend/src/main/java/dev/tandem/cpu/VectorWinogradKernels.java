package dev.tandem.cpu;

import static java.nio.ByteOrder.nativeOrder;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * A vector at a time. A method for both dimensions at once would touch memory less, but is too large for C2, which stops
 * inlining vector operations after some thirty of them.
 */
final class VectorWinogradKernels implements WinogradKernels {
    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int STEP = SPECIES.vectorByteSize();

    @Override
    public int width() {
        return SPECIES.length();
    }

    @Override
    public void input(long x0, long x1, long x2, long x3, long y, long step, long bytes) {
        for (long at = 0; at < bytes; at += STEP) {
            FloatVector a = load(x0 + at);
            FloatVector b = load(x1 + at);
            FloatVector c = load(x2 + at);
            FloatVector d = load(x3 + at);
            store(a.sub(c), y + at);
            store(b.add(c), y + at + step);
            store(c.sub(b), y + at + 2 * step);
            store(b.sub(d), y + at + 3 * step);
        }
    }

    @Override
    public void output(long x, long step, long y0, long y1, long bytes) {
        for (long at = 0; at < bytes; at += STEP) {
            FloatVector b = load(x + at + step);
            FloatVector c = load(x + at + 2 * step);
            FloatVector first = load(x + at).add(b.add(c));
            FloatVector second = b.sub(c).sub(load(x + at + 3 * step));
            store(first, y0 + at);
            store(second, y1 + at);
        }
    }

    @Override
    public void output(long x, long step, long y0, long y1, long bytes, long bias, boolean relu) {
        for (long at = 0; at < bytes; at += STEP) {
            FloatVector b = load(x + at + step);
            FloatVector c = load(x + at + 2 * step);
            FloatVector first = load(x + at).add(b.add(c));
            FloatVector second = b.sub(c).sub(load(x + at + 3 * step));
            if (bias != 0) {
                FloatVector addend = load(bias + at);
                first = first.add(addend);
                second = second.add(addend);
            }
            if (relu) {
                first = first.blend(0f, first.compare(VectorOperators.LT, 0f));
                second = second.blend(0f, second.compare(VectorOperators.LT, 0f));
            }
            if (y0 != 0) {
                store(first, y0 + at);
            }
            if (y1 != 0) {
                store(second, y1 + at);
            }
        }
    }

    @Override
    public void outputGradient(long x0, long x1, long y, long step, long bytes) {
        for (long at = 0; at < bytes; at += STEP) {
            FloatVector a = load(x0 + at);
            FloatVector b = load(x1 + at);
            store(a, y + at);
            store(a.add(b), y + at + step);
            store(a.sub(b), y + at + 2 * step);
            store(b.neg(), y + at + 3 * step);
        }
    }

    @Override
    public void filter(long x0, long x1, long x2, long y, long step, long bytes) {
        for (long at = 0; at < bytes; at += STEP) {
            FloatVector a = load(x0 + at);
            FloatVector b = load(x1 + at).mul(0.5f);
            FloatVector c = load(x2 + at);
            FloatVector ends = a.add(c).mul(0.5f);
            store(a, y + at);
            store(ends.add(b), y + at + step);
            store(ends.sub(b), y + at + 2 * step);
            store(c, y + at + 3 * step);
        }
    }

    @Override
    public void filterGradient(long x, long step, long y, long yStep, long bytes) {
        for (long at = 0; at < bytes; at += STEP) {
            FloatVector a = load(x + at);
            FloatVector b = load(x + at + step).mul(0.5f);
            FloatVector c = load(x + at + 2 * step).mul(0.5f);
            FloatVector d = load(x + at + 3 * step);
            FloatVector both = b.add(c);
            store(a.add(both), y + at);
            store(b.sub(c), y + at + yStep);
            store(both.add(d), y + at + 2 * yStep);
        }
    }

    private static FloatVector load(long address) {
        return FloatVector.fromMemorySegment(SPECIES, NativeMemory.ALL, address, nativeOrder());
    }

    private static void store(FloatVector value, long address) {
        value.intoMemorySegment(NativeMemory.ALL, address, nativeOrder());
    }
}
