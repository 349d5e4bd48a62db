package dev.tandem.cpu;

import dev.tandem.backend.ReduceOp;
import java.util.concurrent.atomic.AtomicBoolean;

/** Looks whether numbers are in the range in which oneDNN is right, at the speed of memory. */
final class Limit {
    private static final ReduceKernels KERNELS = Kernels.of(ReduceKernels.class);

    private Limit() {}

    /** Whether all elements (float32) are numbers below the limit; NaN is not. */
    static boolean allBelow(CpuRuntime runtime, CpuStorage x, float limit) {
        AtomicBoolean below = new AtomicBoolean(true);
        runtime.parallel().run(x.shape().elements(), (from, to) -> {
            if (!(KERNELS.extreme(ReduceOp.MAX, x.address + from * Float.BYTES, to - from) < limit)) {
                below.set(false);
            }
        });
        return below.get();
    }
}
