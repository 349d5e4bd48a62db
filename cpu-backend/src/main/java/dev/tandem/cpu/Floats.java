package dev.tandem.cpu;

import static java.nio.ByteOrder.nativeOrder;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/** Vectors of floats from and to absolute addresses. Only {@code Vector…} classes may use it. */
final class Floats {
    static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    static final VectorSpecies<Integer> INTEGERS = IntVector.SPECIES_PREFERRED;
    static final int LENGTH = SPECIES.length();
    static final int BYTES = SPECIES.vectorByteSize();
    static final FloatVector ZERO = FloatVector.zero(SPECIES);

    private Floats() {}

    static FloatVector load(long address) {
        return FloatVector.fromMemorySegment(SPECIES, NativeMemory.ALL, address, nativeOrder());
    }

    static FloatVector load(long address, VectorMask<Float> mask) {
        return FloatVector.fromMemorySegment(SPECIES, NativeMemory.ALL, address, nativeOrder(), mask);
    }

    static void store(FloatVector vector, long address, VectorMask<Float> mask) {
        vector.intoMemorySegment(NativeMemory.ALL, address, nativeOrder(), mask);
    }

    static void store(FloatVector vector, long address) {
        vector.intoMemorySegment(NativeMemory.ALL, address, nativeOrder());
    }

    /** For each lane, that lane of two vectors behind each other. */
    static FloatVector select(IntVector lanes, FloatVector first, FloatVector second) {
        return lanes.selectFrom(first.reinterpretAsInts(), second.reinterpretAsInts())
                .reinterpretAsFloats();
    }

    /** Bytes of whole vectors among {@code count} floats. */
    static long whole(long count) {
        return count * Float.BYTES / BYTES * BYTES;
    }
}
