package dev.tandem.cpu;

import dev.tandem.backend.ReduceOp;
import java.util.Arrays;

/** Sums and extremes of the integer types, one element at a time: no training step waits for them. */
final class IntegerReduction {
    private IntegerReduction() {}

    static void reduce(ReduceOp op, CpuStorage x, CpuStorage result, long perResult) {
        if (op == ReduceOp.MEAN || (perResult == 0 && op != ReduceOp.SUM)) {
            throw new UnsupportedOperationException("cpu: " + op + " over " + perResult + " elements of " + x.dtype()
                    + " is not an integer; cast to FLOAT32 first");
        }
        long start = op == ReduceOp.SUM ? 0 : op == ReduceOp.MAX ? Long.MIN_VALUE : Long.MAX_VALUE;
        long[] totals = new long[(int) result.shape().elements()];
        Arrays.fill(totals, start);
        if (x.shape().elements() > 0) {
            Loop loop = Loop.of(x.shape().toArray(), x.strides(), Expand.strides(result, x.shape()));
            loop.run(0, loop.elements(), (at, count) -> {
                for (long i = 0; i < count; i++) {
                    int target = (int) (at[1] + i * loop.rowStride(1));
                    long value = Integers.get(x.dtype(), x.address, at[0] + i * loop.rowStride(0));
                    totals[target] = switch (op) {
                        case MAX -> Math.max(totals[target], value);
                        case MIN -> Math.min(totals[target], value);
                        default -> totals[target] + value;
                    };
                }
            });
        }
        for (int i = 0; i < totals.length; i++) {
            Integers.set(result.dtype(), result.address, i, totals[i]);
        }
    }
}
