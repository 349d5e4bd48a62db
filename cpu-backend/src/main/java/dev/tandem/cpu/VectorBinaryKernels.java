package dev.tandem.cpu;

import static java.nio.ByteOrder.nativeOrder;

import dev.tandem.backend.BinaryOp;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** Element-wise loops with the Vector API: as fast as memory. What fills no vector goes to the scalar twin. */
final class VectorBinaryKernels implements BinaryKernels {
    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Double> DOUBLES = DoubleVector.SPECIES_PREFERRED;
    private static final int BYTES = SPECIES.vectorByteSize();
    private static final BinaryKernels REST = new ScalarBinaryKernels();

    private static FloatVector load(long address) {
        return FloatVector.fromMemorySegment(SPECIES, NativeMemory.ALL, address, nativeOrder());
    }

    private static void store(FloatVector vector, long address) {
        vector.intoMemorySegment(NativeMemory.ALL, address, nativeOrder());
    }

    /** Bytes of whole vectors among {@code count} elements. */
    private static long whole(long count) {
        return count * Float.BYTES / BYTES * BYTES;
    }

    private static long rest(long count, long end) {
        return count - end / Float.BYTES;
    }

    @Override
    public void binary(BinaryOp op, long a, int strideA, long b, int strideB, long result, long count) {
        long end = op == BinaryOp.POWER ? 0 : whole(count);
        FloatVector oneA = FloatVector.broadcast(SPECIES, count == 0 ? 0 : ScalarBinaryKernels.get(a));
        FloatVector oneB = FloatVector.broadcast(SPECIES, count == 0 ? 0 : ScalarBinaryKernels.get(b));
        for (long at = 0; at < end; at += BYTES) {
            FloatVector left = strideA == 0 ? oneA : load(a + at);
            FloatVector right = strideB == 0 ? oneB : load(b + at);
            store(apply(op, left, right), result + at);
        }
        REST.binary(op, a + end * strideA, strideA, b + end * strideB, strideB, result + end, rest(count, end));
    }

    private static FloatVector apply(BinaryOp op, FloatVector a, FloatVector b) {
        return switch (op) {
            case ADD -> a.add(b);
            case SUBTRACT -> a.sub(b);
            case MULTIPLY -> a.mul(b);
            case DIVIDE -> a.div(b);
            case MAXIMUM -> a.max(b);
            case MINIMUM -> a.min(b);
            default -> throw new AssertionError(op);
        };
    }

    /** As many bytes as a vector has floats; null where such short vectors do not exist, and the scalar twin does it. */
    private static final VectorSpecies<Byte> FLAGS =
            SPECIES.length() >= 8 ? VectorShape.forBitSize(8 * SPECIES.length()).withLanes(byte.class) : null;

    @Override
    public void compare(BinaryOp op, long a, int strideA, long b, int strideB, long result, long count) {
        long end = FLAGS == null ? 0 : whole(count);
        FloatVector oneA = FloatVector.broadcast(SPECIES, count == 0 ? 0 : ScalarBinaryKernels.get(a));
        FloatVector oneB = FloatVector.broadcast(SPECIES, count == 0 ? 0 : ScalarBinaryKernels.get(b));
        for (long at = 0; at < end; at += BYTES) {
            FloatVector left = strideA == 0 ? oneA : load(a + at);
            FloatVector right = strideB == 0 ? oneB : load(b + at);
            ByteVector.zero(FLAGS)
                    .blend((byte) 1, holds(op, left, right).cast(FLAGS))
                    .intoMemorySegment(NativeMemory.ALL, result + at / Float.BYTES, nativeOrder());
        }
        REST.compare(op, a + end * strideA, strideA, b + end * strideB, strideB, result + end / 4, rest(count, end));
    }

    private static VectorMask<Float> holds(BinaryOp op, FloatVector a, FloatVector b) {
        return switch (op) {
            case EQUAL -> a.compare(VectorOperators.EQ, b);
            case NOT_EQUAL -> a.compare(VectorOperators.NE, b);
            case LESS -> a.compare(VectorOperators.LT, b);
            case LESS_EQUAL -> a.compare(VectorOperators.LE, b);
            case GREATER -> a.compare(VectorOperators.GT, b);
            case GREATER_EQUAL -> a.compare(VectorOperators.GE, b);
            default -> throw new AssertionError(op);
        };
    }

    @Override
    public void where(
            long condition, int strideCondition, long a, int strideA, long b, int strideB, long result, long count) {
        long end = FLAGS == null || strideCondition == 0 ? 0 : whole(count);
        FloatVector oneA = FloatVector.broadcast(SPECIES, count == 0 ? 0 : ScalarBinaryKernels.get(a));
        FloatVector oneB = FloatVector.broadcast(SPECIES, count == 0 ? 0 : ScalarBinaryKernels.get(b));
        for (long at = 0; at < end; at += BYTES) {
            FloatVector left = strideA == 0 ? oneA : load(a + at);
            FloatVector right = strideB == 0 ? oneB : load(b + at);
            VectorMask<Float> first = ByteVector.fromMemorySegment(
                            FLAGS, NativeMemory.ALL, condition + at / Float.BYTES, nativeOrder())
                    .compare(VectorOperators.NE, (byte) 0)
                    .cast(SPECIES);
            store(right.blend(left, first), result + at);
        }
        REST.where(
                condition + end / 4 * strideCondition,
                strideCondition,
                a + end * strideA,
                strideA,
                b + end * strideB,
                strideB,
                result + end,
                rest(count, end));
    }
}
