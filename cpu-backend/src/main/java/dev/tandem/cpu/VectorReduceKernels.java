package dev.tandem.cpu;

import static dev.tandem.cpu.Floats.BYTES;
import static dev.tandem.cpu.Floats.LENGTH;
import static dev.tandem.cpu.Floats.SPECIES;
import static dev.tandem.cpu.Floats.load;
import static dev.tandem.cpu.Floats.store;
import static dev.tandem.cpu.Floats.whole;

import dev.tandem.backend.ReduceOp;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;

/** Loops with the Vector API: as fast as memory. What fills no vector goes to the scalar twin. */
final class VectorReduceKernels implements ReduceKernels {
    private static final ReduceKernels REST = new ScalarReduceKernels();

    // The lanes of a vector are joined half by half: reduceLanes(ADD) may add in any order, and does so in another one
    // once it is compiled.
    private static final VectorShuffle<Float> BY_8 = VectorShuffle.iota(SPECIES, 8, 1, true);
    private static final VectorShuffle<Float> BY_4 = VectorShuffle.iota(SPECIES, 4, 1, true);
    private static final VectorShuffle<Float> BY_2 = VectorShuffle.iota(SPECIES, 2, 1, true);
    private static final VectorShuffle<Float> BY_1 = VectorShuffle.iota(SPECIES, 1, 1, true);

    @Override
    public float sum(long x, long count) {
        long end = whole(count);
        // Not from a constant field: the compiler would keep the sums as objects.
        FloatVector a = FloatVector.zero(SPECIES);
        FloatVector b = FloatVector.zero(SPECIES);
        FloatVector c = FloatVector.zero(SPECIES);
        FloatVector d = FloatVector.zero(SPECIES);
        long at = 0;
        for (; at <= end - 4 * BYTES; at += 4 * BYTES) {
            a = a.add(load(x + at));
            b = b.add(load(x + at + BYTES));
            c = c.add(load(x + at + 2 * BYTES));
            d = d.add(load(x + at + 3 * BYTES));
        }
        for (; at < end; at += BYTES) {
            a = a.add(load(x + at));
        }
        float lanes = end == 0 ? 0 : lanes(a.add(b).add(c.add(d)));
        long rest = count - end / Float.BYTES;
        return rest == 0 ? lanes : lanes + REST.sum(x + end, rest);
    }

    private static float lanes(FloatVector vector) {
        FloatVector v = vector;
        if (LENGTH > 8) {
            v = v.add(v.rearrange(BY_8));
        }
        if (LENGTH > 4) {
            v = v.add(v.rearrange(BY_4));
        }
        v = v.add(v.rearrange(BY_2));
        return v.add(v.rearrange(BY_1)).lane(0);
    }

    @Override
    public float extreme(ReduceOp op, long x, long count) {
        if (count < LENGTH) {
            return REST.extreme(op, x, count);
        }
        long end = whole(count);
        float lanes = op == ReduceOp.MAX ? max(x, end) : min(x, end);
        long rest = count - end / Float.BYTES;
        return rest == 0 ? lanes : ScalarReduceKernels.join(op, lanes, REST.extreme(op, x + end, rest));
    }

    private static float max(long x, long end) {
        FloatVector a = load(x);
        FloatVector b = a;
        long at = BYTES;
        for (; at <= end - 2 * BYTES; at += 2 * BYTES) {
            a = a.max(load(x + at));
            b = b.max(load(x + at + BYTES));
        }
        for (; at < end; at += BYTES) {
            a = a.max(load(x + at));
        }
        return a.max(b).reduceLanes(VectorOperators.MAX);
    }

    private static float min(long x, long end) {
        FloatVector a = load(x);
        FloatVector b = a;
        long at = BYTES;
        for (; at <= end - 2 * BYTES; at += 2 * BYTES) {
            a = a.min(load(x + at));
            b = b.min(load(x + at + BYTES));
        }
        for (; at < end; at += BYTES) {
            a = a.min(load(x + at));
        }
        return a.min(b).reduceLanes(VectorOperators.MIN);
    }

    @Override
    public void columns(ReduceOp op, long x, long rows, long stride, long width, long y) {
        long end = whole(width);
        long step = stride * Float.BYTES;
        long at = 0;
        for (; at <= end - 4 * BYTES; at += 4 * BYTES) {
            switch (op) {
                case SUM -> sumOfFour(x + at, rows, step, y + at);
                case MAX -> maxOfFour(x + at, rows, step, y + at);
                default -> minOfFour(x + at, rows, step, y + at);
            }
        }
        for (; at < end; at += BYTES) {
            one(op, x + at, rows, step, y + at);
        }
        REST.columns(op, x + end, rows, stride, width - end / Float.BYTES, y + end);
    }

    private static void sumOfFour(long x, long rows, long step, long y) {
        FloatVector a = load(x);
        FloatVector b = load(x + BYTES);
        FloatVector c = load(x + 2 * BYTES);
        FloatVector d = load(x + 3 * BYTES);
        for (long at = step; at < rows * step; at += step) {
            a = a.add(load(x + at));
            b = b.add(load(x + at + BYTES));
            c = c.add(load(x + at + 2 * BYTES));
            d = d.add(load(x + at + 3 * BYTES));
        }
        storeFour(a, b, c, d, y);
    }

    private static void maxOfFour(long x, long rows, long step, long y) {
        FloatVector a = load(x);
        FloatVector b = load(x + BYTES);
        FloatVector c = load(x + 2 * BYTES);
        FloatVector d = load(x + 3 * BYTES);
        for (long at = step; at < rows * step; at += step) {
            a = a.max(load(x + at));
            b = b.max(load(x + at + BYTES));
            c = c.max(load(x + at + 2 * BYTES));
            d = d.max(load(x + at + 3 * BYTES));
        }
        storeFour(a, b, c, d, y);
    }

    private static void minOfFour(long x, long rows, long step, long y) {
        FloatVector a = load(x);
        FloatVector b = load(x + BYTES);
        FloatVector c = load(x + 2 * BYTES);
        FloatVector d = load(x + 3 * BYTES);
        for (long at = step; at < rows * step; at += step) {
            a = a.min(load(x + at));
            b = b.min(load(x + at + BYTES));
            c = c.min(load(x + at + 2 * BYTES));
            d = d.min(load(x + at + 3 * BYTES));
        }
        storeFour(a, b, c, d, y);
    }

    private static void storeFour(FloatVector a, FloatVector b, FloatVector c, FloatVector d, long y) {
        store(a, y);
        store(b, y + BYTES);
        store(c, y + 2 * BYTES);
        store(d, y + 3 * BYTES);
    }

    private static void one(ReduceOp op, long x, long rows, long step, long y) {
        FloatVector a = load(x);
        for (long at = step; at < rows * step; at += step) {
            a = join(op, a, load(x + at));
        }
        store(a, y);
    }

    private static FloatVector join(ReduceOp op, FloatVector a, FloatVector b) {
        return op == ReduceOp.SUM ? a.add(b) : op == ReduceOp.MAX ? a.max(b) : a.min(b);
    }

    @Override
    public void accumulate(ReduceOp op, long x, long y, long count) {
        long end = whole(count);
        for (long at = 0; at < end; at += BYTES) {
            store(join(op, load(y + at), load(x + at)), y + at);
        }
        REST.accumulate(op, x + end, y + end, count - end / Float.BYTES);
    }

    @Override
    public long indexOf(long x, long count, float value) {
        long end = whole(count);
        for (long at = 0; at < end; at += BYTES) {
            FloatVector v = load(x + at);
            VectorMask<Float> found =
                    value == value ? v.compare(VectorOperators.EQ, value) : v.test(VectorOperators.IS_NAN);
            if (found.anyTrue()) {
                return at / Float.BYTES + found.firstTrue();
            }
        }
        return end / Float.BYTES + REST.indexOf(x + end, count - end / Float.BYTES, value);
    }
}
