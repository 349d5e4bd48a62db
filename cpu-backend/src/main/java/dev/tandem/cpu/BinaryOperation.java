package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.tandem.backend.BinaryOp;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.util.Arrays;

/** Functions of two operands, which broadcast: rows that lie dense or repeat go to the vector loops. */
final class BinaryOperation {
    private final CpuRuntime runtime;
    private final BinaryKernels kernels = Kernels.of(BinaryKernels.class);

    BinaryOperation(CpuRuntime runtime) {
        this.runtime = runtime;
    }

    CpuStorage run(BinaryOp op, Storage left, Storage right) {
        Shape shape = Shape.broadcast(op.name().toLowerCase(), left.shape(), right.shape());
        boolean fast = left.dtype() == DType.FLOAT32 && !op.isComparison();
        Order order = fast ? order((CpuStorage) left, (CpuStorage) right, shape) : Order.PLAIN;
        CpuStorage a = operand(left, shape, order);
        CpuStorage b = operand(right, shape, order);
        DType dtype = op.isComparison() ? DType.UINT8 : left.dtype();
        CpuStorage result = CpuStorage.allocate(runtime.allocator(), shape, dtype, order);
        if (shape.elements() > 0) {
            Loop loop =
                    Loop.of(shape.toArray(), order.strides(shape), strides(a, shape, order), strides(b, shape, order));
            loop.run(runtime.parallel(), (at, count) -> row(op, loop, a, b, result, at, count));
        }
        a.release();
        b.release();
        return result;
    }

    /** Channels last if an operand of the result's whole shape lies so. */
    private static Order order(CpuStorage a, CpuStorage b, Shape shape) {
        boolean last = (!a.isPlain() && a.shape().equals(shape))
                || (!b.isPlain() && b.shape().equals(shape));
        return last ? Order.CHANNELS_LAST : Order.PLAIN;
    }

    /** In the result's order if it has the result's rank; smaller ones are plain, and their strides are turned instead. */
    private CpuStorage operand(Storage operand, Shape shape, Order order) {
        return operand.shape().rank() == shape.rank() && shape.rank() == 4
                ? runtime.in(order, operand)
                : runtime.plain(operand);
    }

    /** Element strides of an operand along the result's axes: 0 where it repeats. */
    private static long[] strides(CpuStorage operand, Shape shape, Order order) {
        Shape own = operand.shape();
        long[] ownStrides = own.rank() == 4 ? operand.order().strides(own) : own.strides();
        int extra = shape.rank() - own.rank();
        long[] strides = new long[shape.rank()];
        for (int axis = extra; axis < strides.length; axis++) {
            strides[axis] = own.size(axis - extra) == 1 ? 0 : ownStrides[axis - extra];
        }
        return strides;
    }

    private void row(BinaryOp op, Loop loop, CpuStorage a, CpuStorage b, CpuStorage result, long[] at, long count) {
        long stepA = loop.rowStride(1);
        long stepB = loop.rowStride(2);
        long stepResult = loop.rowStride(0);
        if (a.dtype() != DType.FLOAT32) {
            integers(op, a, at[1], stepA, b, at[2], stepB, result, at[0], stepResult, count);
        } else if (op.isComparison()) {
            compare(op, a, at[1], stepA, b, at[2], stepB, result.address + at[0], stepResult, count);
        } else if (stepResult == 1 && stepA <= 1 && stepB <= 1) {
            kernels.binary(
                    op,
                    a.address + 4 * at[1],
                    (int) stepA,
                    b.address + 4 * at[2],
                    (int) stepB,
                    result.address + 4 * at[0],
                    count);
        } else {
            for (long i = 0; i < count; i++) {
                float x = ScalarBinaryKernels.get(a.address + 4 * (at[1] + i * stepA));
                float y = ScalarBinaryKernels.get(b.address + 4 * (at[2] + i * stepB));
                ScalarBinaryKernels.set(
                        result.address + 4 * (at[0] + i * stepResult), ScalarBinaryKernels.apply(op, x, y));
            }
        }
    }

    private static void compare(
            BinaryOp op,
            CpuStorage a,
            long atA,
            long stepA,
            CpuStorage b,
            long atB,
            long stepB,
            long result,
            long step,
            long count) {
        for (long i = 0; i < count; i++) {
            float x = ScalarBinaryKernels.get(a.address + 4 * (atA + i * stepA));
            float y = ScalarBinaryKernels.get(b.address + 4 * (atB + i * stepB));
            boolean holds =
                    switch (op) {
                        case EQUAL -> x == y;
                        case NOT_EQUAL -> x != y;
                        case LESS -> x < y;
                        case LESS_EQUAL -> x <= y;
                        case GREATER -> x > y;
                        default -> x >= y;
                    };
            NativeMemory.ALL.set(JAVA_BYTE, result + i * step, (byte) (holds ? 1 : 0));
        }
    }

    private static void integers(
            BinaryOp op,
            CpuStorage a,
            long atA,
            long stepA,
            CpuStorage b,
            long atB,
            long stepB,
            CpuStorage result,
            long at,
            long step,
            long count) {
        for (long i = 0; i < count; i++) {
            long x = Integers.get(a.dtype(), a.address, atA + i * stepA);
            long y = Integers.get(b.dtype(), b.address, atB + i * stepB);
            Integers.set(result.dtype(), result.address, at + i * step, IntegerFunctions.binary(op, x, y));
        }
    }

    /** {@code a} where the condition is not zero, else {@code b}. */
    CpuStorage where(Storage condition, Storage left, Storage right) {
        Shape shape =
                Shape.broadcast("where", condition.shape(), Shape.broadcast("where", left.shape(), right.shape()));
        CpuStorage chosen = runtime.plain(condition);
        CpuStorage a = runtime.plain(left);
        CpuStorage b = runtime.plain(right);
        CpuStorage result = runtime.allocate(shape, left.dtype());
        if (shape.elements() > 0) {
            Loop loop = Loop.of(
                    shape.toArray(),
                    shape.strides(),
                    strides(chosen, shape, Order.PLAIN),
                    strides(a, shape, Order.PLAIN),
                    strides(b, shape, Order.PLAIN));
            int bytes = left.dtype().bytes();
            loop.run(runtime.parallel(), (at, count) -> {
                for (long i = 0; i < count; i++) {
                    boolean first =
                            NativeMemory.ALL.get(JAVA_BYTE, chosen.address + at[1] + i * loop.rowStride(1)) != 0;
                    long from = first
                            ? a.address + bytes * (at[2] + i * loop.rowStride(2))
                            : b.address + bytes * (at[3] + i * loop.rowStride(3));
                    copy(from, result.address + bytes * (at[0] + i * loop.rowStride(0)), bytes);
                }
            });
        }
        Arrays.asList(chosen, a, b).forEach(Storage::release);
        return result;
    }

    private static void copy(long from, long to, int bytes) {
        switch (bytes) {
            case 1 -> NativeMemory.ALL.set(JAVA_BYTE, to, NativeMemory.ALL.get(JAVA_BYTE, from));
            case 2 ->
                NativeMemory.ALL.set(
                        java.lang.foreign.ValueLayout.JAVA_SHORT,
                        to,
                        NativeMemory.ALL.get(java.lang.foreign.ValueLayout.JAVA_SHORT, from));
            case 4 -> ScalarBinaryKernels.set(to, ScalarBinaryKernels.get(from));
            default -> Integers.set(DType.INT64, to, 0, Integers.get(DType.INT64, from, 0));
        }
    }
}
