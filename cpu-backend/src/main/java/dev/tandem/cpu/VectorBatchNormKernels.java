package dev.tandem.cpu;

import static java.nio.ByteOrder.nativeOrder;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** The same loops with a vector of channels at a time; what is left over goes through masks. */
final class VectorBatchNormKernels implements BatchNormKernels {
    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int LENGTH = SPECIES.length();
    /** So many pixels are summed in single precision before they are added up in double. */
    private static final long BLOCK = 128;

    @Override
    public void sums(long x, long pixels, float[] pivot, double[] sums, double[] squares) {
        long pixelBytes = (long) pivot.length * Float.BYTES;
        float[] part = new float[2 * LENGTH];
        for (long first = 0; first < pixels; first += BLOCK) {
            long count = Math.min(BLOCK, pixels - first);
            for (int channel = 0; channel < pivot.length; channel += LENGTH) {
                long at = x + first * pixelBytes + (long) channel * Float.BYTES;
                if (channel + LENGTH <= pivot.length) {
                    sumBlock(at, count, pixelBytes, FloatVector.fromArray(SPECIES, pivot, channel), part);
                } else {
                    sumRest(at, count, pixelBytes, pivot, channel, part);
                }
                int width = Math.min(LENGTH, pivot.length - channel);
                for (int i = 0; i < width; i++) {
                    sums[channel + i] += part[i];
                    squares[channel + i] += part[LENGTH + i];
                }
            }
        }
    }

    private static void sumBlock(long at, long count, long pixelBytes, FloatVector pivot, float[] part) {
        FloatVector sum = FloatVector.zero(SPECIES);
        FloatVector square = FloatVector.zero(SPECIES);
        for (long pixel = 0; pixel < count; pixel++) {
            FloatVector value = FloatVector.fromMemorySegment(
                            SPECIES, NativeMemory.ALL, at + pixel * pixelBytes, nativeOrder())
                    .sub(pivot);
            sum = sum.add(value);
            square = value.fma(value, square);
        }
        sum.intoArray(part, 0);
        square.intoArray(part, LENGTH);
    }

    private static void sumRest(long at, long count, long pixelBytes, float[] pivots, int channel, float[] part) {
        VectorMask<Float> rest = SPECIES.indexInRange(channel, pivots.length);
        FloatVector pivot = FloatVector.fromArray(SPECIES, pivots, channel, rest);
        FloatVector sum = FloatVector.zero(SPECIES);
        FloatVector square = FloatVector.zero(SPECIES);
        for (long pixel = 0; pixel < count; pixel++) {
            FloatVector value = FloatVector.fromMemorySegment(
                            SPECIES, NativeMemory.ALL, at + pixel * pixelBytes, nativeOrder(), rest)
                    .sub(pivot);
            sum = sum.add(value);
            square = value.fma(value, square);
        }
        sum.intoArray(part, 0);
        square.intoArray(part, LENGTH);
    }

    @Override
    public void apply(long x, long residual, long y, long pixels, Channels channels, boolean relu) {
        int count = channels.mean().length;
        for (long pixel = 0; pixel < pixels; pixel++) {
            long at = pixel * count * Float.BYTES;
            int channel = 0;
            for (; channel + LENGTH <= count; channel += LENGTH, at += SPECIES.vectorByteSize()) {
                FloatVector value = FloatVector.fromMemorySegment(SPECIES, NativeMemory.ALL, x + at, nativeOrder())
                        .sub(FloatVector.fromArray(SPECIES, channels.mean(), channel))
                        .fma(
                                FloatVector.fromArray(SPECIES, channels.factor(), channel),
                                FloatVector.fromArray(SPECIES, channels.shift(), channel));
                if (residual != 0) {
                    value = value.add(
                            FloatVector.fromMemorySegment(SPECIES, NativeMemory.ALL, residual + at, nativeOrder()));
                }
                if (relu) {
                    value = value.blend(0f, value.compare(VectorOperators.LT, 0f));
                }
                value.intoMemorySegment(NativeMemory.ALL, y + at, nativeOrder());
            }
            if (channel < count) {
                applyRest(x + at, residual == 0 ? 0 : residual + at, y + at, channel, channels, relu);
            }
        }
    }

    private static void applyRest(long x, long residual, long y, int channel, Channels channels, boolean relu) {
        VectorMask<Float> rest = SPECIES.indexInRange(channel, channels.mean().length);
        FloatVector value = FloatVector.fromMemorySegment(SPECIES, NativeMemory.ALL, x, nativeOrder(), rest)
                .sub(FloatVector.fromArray(SPECIES, channels.mean(), channel, rest))
                .fma(
                        FloatVector.fromArray(SPECIES, channels.factor(), channel, rest),
                        FloatVector.fromArray(SPECIES, channels.shift(), channel, rest));
        if (residual != 0) {
            value = value.add(FloatVector.fromMemorySegment(SPECIES, NativeMemory.ALL, residual, nativeOrder(), rest));
        }
        if (relu) {
            value = value.blend(0f, value.compare(VectorOperators.LT, 0f));
        }
        value.intoMemorySegment(NativeMemory.ALL, y, nativeOrder(), rest);
    }
}
