package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.tandem.backend.Storage;
import dev.tandem.tensor.Shape;
import java.lang.foreign.MemorySegment;

/** Elements of one operand or of another, as a condition says. All types. */
final class Where {
    private static final BinaryKernels KERNELS = Kernels.of(BinaryKernels.class);

    private Where() {}

    static CpuStorage where(CpuRuntime runtime, Storage condition, Storage left, Storage right) {
        Shape shape =
                Shape.broadcast("where", condition.shape(), Shape.broadcast("where", left.shape(), right.shape()));
        Order order = Broadcast.order(shape, left, right, condition);
        CpuStorage choice = Broadcast.operand(runtime, condition, order);
        CpuStorage a = Broadcast.operand(runtime, left, order);
        CpuStorage b = Broadcast.operand(runtime, right, order);
        CpuStorage result = runtime.allocate(shape, left.dtype(), order);
        if (shape.elements() > 0) {
            choose(runtime, choice, a, b, result);
        }
        choice.release();
        a.release();
        b.release();
        return result;
    }

    private static void choose(CpuRuntime runtime, CpuStorage choice, CpuStorage a, CpuStorage b, CpuStorage result) {
        Loop loop = Broadcast.loop(result, choice, a, b);
        int bytes = result.dtype().bytes();
        int stepChoice = (int) loop.rowStride(1);
        int stepA = (int) loop.rowStride(2);
        int stepB = (int) loop.rowStride(3);
        loop.run(runtime.parallel(), (at, count) -> {
            long c = choice.address + at[1];
            long x = a.address + bytes * at[2];
            long y = b.address + bytes * at[3];
            long to = result.address + bytes * at[0];
            if (bytes == 4) {
                KERNELS.where(c, stepChoice, x, stepA, y, stepB, to, count);
                return;
            }
            for (long i = 0; i < count; i++) {
                boolean first = NativeMemory.ALL.get(JAVA_BYTE, c + i * stepChoice) != 0;
                long from = first ? x + bytes * i * stepA : y + bytes * i * stepB;
                MemorySegment.copy(NativeMemory.ALL, from, NativeMemory.ALL, to + bytes * i, bytes);
            }
        });
    }
}
