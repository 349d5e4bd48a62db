package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.tandem.backend.Distribution;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;

/** Random numbers. Each element depends on its number alone, so that any number of threads gives the same. */
final class Random {
    /** Loops make this many elements at once; a multiple of what a byte of mask and a turn of a vector loop hold. */
    static final int PART = 8192;

    private static final RandomKernels LOOPS = Kernels.of(RandomKernels.class);

    private final CpuRuntime runtime;

    Random(CpuRuntime runtime) {
        this.runtime = runtime;
    }

    CpuStorage draw(Distribution distribution, Shape shape, Storage state) {
        CpuStorage result = runtime.allocate(shape, DType.FLOAT32);
        draw(shape.elements(), state, (start, count, seed, counter) -> {
            long target = result.address + Float.BYTES * start;
            if (distribution == Distribution.NORMAL) {
                LOOPS.normal(target, count, seed, counter);
            } else {
                LOOPS.uniform(target, count, seed, counter);
            }
        });
        return result;
    }

    /** Makes a part of the elements, from the {@code start}th on, whose first comes from a counter. */
    interface Draw {
        void draw(long start, int count, long seed, long counter);
    }

    /** Shares the elements out and advances the state. */
    void draw(long elements, Storage state, Draw body) {
        long address = ((CpuStorage) state).address;
        long seed = NativeMemory.ALL.get(JAVA_LONG, address);
        long offset = NativeMemory.ALL.get(JAVA_LONG, address + Long.BYTES);
        inParts(elements, (start, count) -> body.draw(start, count, seed, offset + start / RandomKernels.WORDS));
        long counters = (elements + RandomKernels.WORDS - 1) / RandomKernels.WORDS;
        NativeMemory.ALL.set(JAVA_LONG, address + Long.BYTES, offset + counters);
    }

    /** A part of the elements. */
    interface Part {
        void run(long start, int count);
    }

    void inParts(long elements, Part body) {
        long parts = (elements + PART - 1) / PART;
        runtime.parallel().run(parts, 1, (from, to) -> {
            for (long part = from; part < to; part++) {
                long start = part * PART;
                body.run(start, (int) Math.min(PART, elements - start));
            }
        });
    }
}
