package dev.tandem.cpu;

import static java.nio.ByteOrder.nativeOrder;

import dev.tandem.cpu.LocalResponseNorm.Neighbours;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/**
 * The same loops with a vector of channels at a time. What neighbours add up goes through a small array with zeros around
 * it, so that the first and last channels are no special case.
 */
final class VectorLocalResponseNormKernels implements LocalResponseNormKernels {
    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int LENGTH = SPECIES.length();

    @Override
    public void forward(Neighbours neighbours, long x, long y, long pixels) {
        int channels = neighbours.channels();
        float[] squares = row(neighbours);
        for (long pixel = 0; pixel < pixels; pixel++) {
            long start = pixel * channels * Float.BYTES;
            square(neighbours, x + start, squares);
            for (int channel = 0; channel < channels; channel += LENGTH) {
                VectorMask<Float> inside = SPECIES.indexInRange(channel, channels);
                long at = start + (long) channel * Float.BYTES;
                FloatVector power = power(divisor(neighbours, squares, channel), neighbours.beta());
                store(load(x + at, inside).mul(power), y + at, inside);
            }
        }
    }

    @Override
    public void backward(Neighbours neighbours, long gradient, long x, long target, long pixels) {
        int channels = neighbours.channels();
        int back = neighbours.back();
        int ahead = neighbours.ahead();
        float[] squares = row(neighbours);
        float[] parts = row(neighbours);
        float[] powers = row(neighbours);
        float factor = -2 * neighbours.alpha() * neighbours.beta();
        for (long pixel = 0; pixel < pixels; pixel++) {
            long start = pixel * channels * Float.BYTES;
            square(neighbours, x + start, squares);
            for (int channel = 0; channel < channels; channel += LENGTH) {
                VectorMask<Float> inside = SPECIES.indexInRange(channel, channels);
                long at = start + (long) channel * Float.BYTES;
                FloatVector divisor = divisor(neighbours, squares, channel);
                FloatVector power = power(divisor, neighbours.beta()).mul(load(gradient + at, inside));
                power.intoArray(powers, channel);
                FloatVector part = power.mul(load(x + at, inside)).div(divisor);
                part.blend(0f, inside.not()).intoArray(parts, ahead + channel); // with k = 0 the rest is NaN
            }
            for (int channel = 0; channel < channels; channel += LENGTH) {
                VectorMask<Float> inside = SPECIES.indexInRange(channel, channels);
                long at = start + (long) channel * Float.BYTES;
                FloatVector seen = FloatVector.fromArray(SPECIES, parts, channel);
                for (int i = 1; i <= back + ahead; i++) {
                    seen = seen.add(FloatVector.fromArray(SPECIES, parts, channel + i));
                }
                FloatVector power = FloatVector.fromArray(SPECIES, powers, channel);
                store(load(x + at, inside).mul(factor).fma(seen, power), target + at, inside);
            }
        }
    }

    /** Zeros: room for the channels in whole vectors and for neighbours on both sides. */
    private static float[] row(Neighbours neighbours) {
        return new float[neighbours.back() + neighbours.channels() + LENGTH + neighbours.ahead()];
    }

    /** Masked loads give zeros behind the last channel, so what is written there stays zero. */
    private static void square(Neighbours neighbours, long x, float[] squares) {
        for (int channel = 0; channel < neighbours.channels(); channel += LENGTH) {
            VectorMask<Float> inside = SPECIES.indexInRange(channel, neighbours.channels());
            FloatVector value = load(x + (long) channel * Float.BYTES, inside);
            value.mul(value).intoArray(squares, neighbours.back() + channel);
        }
    }

    private static FloatVector divisor(Neighbours neighbours, float[] squares, int channel) {
        FloatVector sum = FloatVector.fromArray(SPECIES, squares, channel);
        for (int i = 1; i <= neighbours.back() + neighbours.ahead(); i++) {
            sum = sum.add(FloatVector.fromArray(SPECIES, squares, channel + i));
        }
        return sum.mul(neighbours.alpha()).add(neighbours.k());
    }

    /** {@code s^−beta}; AlexNet's 0.75 by roots, which are several times faster than a general power. */
    private static FloatVector power(FloatVector s, float beta) {
        if (beta == 0.75f) {
            FloatVector root = s.sqrt();
            return FloatVector.broadcast(SPECIES, 1).div(root.mul(root.sqrt()));
        }
        return s.pow(-beta);
    }

    private static FloatVector load(long address, VectorMask<Float> inside) {
        return FloatVector.fromMemorySegment(SPECIES, NativeMemory.ALL, address, nativeOrder(), inside);
    }

    private static void store(FloatVector vector, long address, VectorMask<Float> inside) {
        vector.intoMemorySegment(NativeMemory.ALL, address, nativeOrder(), inside);
    }
}
