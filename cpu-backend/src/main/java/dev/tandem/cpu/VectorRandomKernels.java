package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;
import static java.nio.ByteOrder.nativeOrder;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.XOR;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Random numbers with the Vector API: each lane of 64 bits turns one counter's four words, since their products take 64
 * bits. What fills no vector goes to the scalar twin.
 *
 * <p>Numbers are made in place by several loops over memory in the first cache. C2 gives up inlining (and then boxes every
 * vector, a hundred times slower) in a compilation of more than some fifty vector operations; the loops with many are written
 * out, since methods of more than 325 bytes of code are compiled by themselves.
 */
final class VectorRandomKernels implements RandomKernels {
    private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, FLOATS.vectorShape());
    private static final VectorSpecies<Long> LONGS = VectorSpecies.of(long.class, FLOATS.vectorShape());
    private static final int LANES = FLOATS.length();
    private static final int BYTES = FLOATS.vectorByteSize();
    private static final int COUNTERS = LONGS.length();
    /** Elements of one turn of a loop: two vectors. */
    private static final int TURN = COUNTERS * WORDS;

    private static final long LOW_WORD = 0xFFFFFFFFL;
    private static final LongVector LANE_NUMBERS = LongVector.zero(LONGS).addIndex(1);
    private static final VectorShuffle<Long> ZIP_LOW = VectorShuffle.makeZip(LONGS, 0);
    private static final VectorShuffle<Long> ZIP_HIGH = VectorShuffle.makeZip(LONGS, 1);
    private static final RandomKernels REST = new ScalarRandomKernels();

    /** Writes each element's random word, for whole turns. */
    private static void words(long target, int count, long seed, long counter) {
        for (int i = 0; i < count; i += TURN) {
            LongVector counters = LANE_NUMBERS.add(counter + i / WORDS);
            LongVector w0 = counters.and(LOW_WORD);
            LongVector w1 = counters.lanewise(LSHR, 32);
            LongVector w2 = LongVector.zero(LONGS);
            LongVector w3 = w2;
            long key0 = seed & LOW_WORD;
            long key1 = seed >>> 32;
            for (int round = 0; round < ROUNDS; round += 2) {
                LongVector p0 = w0.mul(MULTIPLIER_0);
                LongVector p1 = w2.mul(MULTIPLIER_1);
                w0 = p1.lanewise(LSHR, 32).lanewise(XOR, w1).lanewise(XOR, key0);
                w2 = p0.lanewise(LSHR, 32).lanewise(XOR, w3).lanewise(XOR, key1);
                key0 = key0 + INCREMENT_0 & LOW_WORD;
                key1 = key1 + INCREMENT_1 & LOW_WORD;
                LongVector q0 = w0.mul(MULTIPLIER_0);
                LongVector q1 = w2.mul(MULTIPLIER_1);
                w0 = q1.lanewise(LSHR, 32).lanewise(XOR, p1.and(LOW_WORD)).lanewise(XOR, key0);
                w2 = q0.lanewise(LSHR, 32).lanewise(XOR, p0.and(LOW_WORD)).lanewise(XOR, key1);
                w1 = q1.and(LOW_WORD);
                w3 = q0.and(LOW_WORD);
                key0 = key0 + INCREMENT_0 & LOW_WORD;
                key1 = key1 + INCREMENT_1 & LOW_WORD;
            }
            LongVector even = w0.or(w1.lanewise(LSHL, 32));
            LongVector odd = w2.or(w3.lanewise(LSHL, 32));
            long to = target + (long) i * Float.BYTES;
            even.rearrange(ZIP_LOW, odd).intoMemorySegment(NativeMemory.ALL, to, nativeOrder());
            even.rearrange(ZIP_HIGH, odd).intoMemorySegment(NativeMemory.ALL, to + BYTES, nativeOrder());
        }
    }

    private static IntVector loadInts(long address) {
        return IntVector.fromMemorySegment(INTS, NativeMemory.ALL, address, nativeOrder());
    }

    @Override
    public void uniform(long target, int count, long seed, long counter) {
        int whole = count / TURN * TURN;
        words(target, whole, seed, counter);
        for (int at = 0; at < whole * Float.BYTES; at += BYTES) {
            store(asFloats(loadInts(target + at).lanewise(LSHR, 8)).mul(0x1p-24f), target + at);
        }
        REST.uniform(target + (long) whole * Float.BYTES, count - whole, seed, counter + whole / WORDS);
    }

    /**
     * Not worth vectors: they would make 61 million numbers in 0.1 s instead of 0.3 s, but only after the compiler took two
     * seconds for them, and normal numbers are drawn once, to start weights with.
     */
    @Override
    public void normal(long target, int count, long seed, long counter) {
        REST.normal(target, count, seed, counter);
    }

    @Override
    public void dropout(long x, long y, long mask, int count, int threshold, float scale, long seed, long counter) {
        int whole = count / TURN * TURN;
        words(y, whole, seed, counter);
        for (int i = 0; i < whole; i += TURN) {
            long at = (long) i * Float.BYTES;
            VectorMask<Integer> first = kept(loadInts(y + at), threshold);
            VectorMask<Integer> second = kept(loadInts(y + at + BYTES), threshold);
            store(select(load(x + at), scale, first), y + at);
            store(select(load(x + at + BYTES), scale, second), y + at + BYTES);
            setBits(mask + i / 8, first.toLong() | second.toLong() << LANES);
        }
        long done = (long) whole * Float.BYTES;
        REST.dropout(
                x + done, y + done, mask + whole / 8, count - whole, threshold, scale, seed, counter + whole / WORDS);
    }

    private static VectorMask<Integer> kept(IntVector words, int threshold) {
        return words.lanewise(LSHR, 8).compare(VectorOperators.GE, threshold);
    }

    private static FloatVector select(FloatVector x, float scale, VectorMask<Integer> kept) {
        return IntVector.zero(INTS)
                .blend(x.mul(scale).reinterpretAsInts(), kept)
                .reinterpretAsFloats();
    }

    @Override
    public void keep(long x, long y, long mask, int count, float scale) {
        int whole = count / TURN * TURN;
        for (int i = 0; i < whole; i += TURN) {
            long at = (long) i * Float.BYTES;
            long bits = bits(mask + i / 8);
            store(select(load(x + at), scale, VectorMask.fromLong(INTS, bits)), y + at);
            store(select(load(x + at + BYTES), scale, VectorMask.fromLong(INTS, bits >>> LANES)), y + at + BYTES);
        }
        long done = (long) whole * Float.BYTES;
        REST.keep(x + done, y + done, mask + whole / 8, count - whole, scale);
    }

    /** The mask's bits of one turn: as many as it has elements. */
    private static long bits(long address) {
        return switch (TURN) {
            case 32 -> NativeMemory.ALL.get(JAVA_INT_UNALIGNED, address);
            case 16 -> NativeMemory.ALL.get(JAVA_SHORT_UNALIGNED, address);
            default -> NativeMemory.ALL.get(JAVA_BYTE, address);
        };
    }

    private static void setBits(long address, long bits) {
        switch (TURN) {
            case 32 -> NativeMemory.ALL.set(JAVA_INT_UNALIGNED, address, (int) bits);
            case 16 -> NativeMemory.ALL.set(JAVA_SHORT_UNALIGNED, address, (short) bits);
            default -> NativeMemory.ALL.set(JAVA_BYTE, address, (byte) bits);
        }
    }

    private static FloatVector asFloats(IntVector x) {
        return (FloatVector) x.convert(VectorOperators.I2F, 0);
    }

    private static FloatVector load(long address) {
        return FloatVector.fromMemorySegment(FLOATS, NativeMemory.ALL, address, nativeOrder());
    }

    private static void store(FloatVector vector, long address) {
        vector.intoMemorySegment(NativeMemory.ALL, address, nativeOrder());
    }
}
