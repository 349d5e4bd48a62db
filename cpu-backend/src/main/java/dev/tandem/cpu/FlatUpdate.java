package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.tandem.backend.Bounds;
import dev.tandem.backend.OptimizerOps.Buffers;
import dev.tandem.backend.OptimizerOps.Scalar;
import dev.tandem.backend.OptimizerOps.Segment;
import dev.tandem.backend.Storage;
import dev.tandem.cpu.OptimizerKernels.Step;
import java.util.List;

/**
 * Walks flat buffers: the elements of all segments together are shared out evenly, since a segment may be a bias of ten or a
 * weight of millions.
 */
final class FlatUpdate {
    /** Loops get this many elements at once. Sums are made of such parts, and so do not depend on the number of threads. */
    private static final int PART = 8192;

    /** A part of one segment, from an element of the flat buffers on. */
    interface Run {
        void run(Step step, long offset, int count);
    }

    /** A part of a segment that is known. */
    interface Part {
        void run(long offset, int count);
    }

    /** The sum over a part of one segment. */
    interface Sum {
        double of(long offset, int count);
    }

    private final Parallel parallel;
    private final Buffers buffers;

    /** @param states of the optimizer, which an update reads and writes beside the parameters; null ones are left out */
    FlatUpdate(CpuRuntime runtime, Buffers buffers, Storage... states) {
        Bounds.update(buffers, states);
        this.parallel = runtime.parallel();
        this.buffers = buffers;
    }

    /** The address of a flat buffer's element; 0 if there is no buffer. */
    static long at(Storage flat, long offset) {
        return flat == null ? 0 : ((CpuStorage) flat).address + Float.BYTES * offset;
    }

    long parameters(long offset) {
        return at(buffers.parameters(), offset);
    }

    long gradients(long offset) {
        return at(buffers.gradients(), offset);
    }

    float scalar(Scalar slot) {
        return NativeMemory.ALL.get(JAVA_FLOAT, at(buffers.scalars(), slot.ordinal()));
    }

    void setScalar(Scalar slot, float value) {
        NativeMemory.ALL.set(JAVA_FLOAT, at(buffers.scalars(), slot.ordinal()), value);
    }

    /** Whether gradients are known not to be finite, so that nothing may change. */
    boolean mustSkip() {
        return scalar(Scalar.FOUND_NOT_FINITE) != 0;
    }

    Step step(Segment segment) {
        return new Step(
                scalar(Scalar.LEARNING_RATE) * segment.learningRateFactor(),
                scalar(Scalar.GRADIENT_SCALE),
                segment.weightDecay(),
                segment.l1(),
                scalar(Scalar.STEP) - scalar(Scalar.SKIPPED) - segment.stepsBefore());
    }

    /** Runs over all segments. */
    void run(Run body) {
        List<Segment> segments = buffers.segments();
        long[] ends = new long[segments.size()];
        long total = 0;
        for (int i = 0; i < ends.length; i++) {
            total += segments.get(i).count();
            ends[i] = total;
        }
        parallel.run(total, (from, to) -> {
            for (int i = firstEndingAfter(ends, from); i < ends.length; i++) {
                Segment segment = segments.get(i);
                long start = ends[i] - segment.count();
                if (start >= to) {
                    break;
                }
                long first = Math.max(from, start);
                Step step = step(segment);
                inParts(
                        segment.offset() + first - start,
                        segment.offset() + Math.min(to, ends[i]) - start,
                        (offset, count) -> body.run(step, offset, count));
            }
        });
    }

    private static int firstEndingAfter(long[] ends, long position) {
        int i = 0;
        while (i < ends.length && ends[i] <= position) {
            i++;
        }
        return i;
    }

    /** Runs over one segment. */
    void run(Segment segment, Part body) {
        parallel.run(segment.count(), (from, to) -> inParts(segment.offset() + from, segment.offset() + to, body));
    }

    static void inParts(long from, long to, Part body) {
        for (long part = from; part < to; part += PART) {
            body.run(part, (int) Math.min(PART, to - part));
        }
    }

    /** A sum over one segment, the same for any number of threads. */
    double sum(Segment segment, Sum body) {
        long count = segment.count();
        if (count <= PART) {
            return body.of(segment.offset(), (int) count);
        }
        double[] parts = new double[Math.toIntExact((count + PART - 1) / PART)];
        parallel.run(parts.length, 1, (from, to) -> {
            for (int part = (int) from; part < to; part++) {
                long start = (long) part * PART;
                parts[part] = body.of(segment.offset() + start, (int) Math.min(PART, count - start));
            }
        });
        double sum = 0;
        for (double part : parts) {
            sum += part;
        }
        return sum;
    }
}
