package dev.tandem.cpu;

import static dev.tandem.cpu.Floats.BYTES;
import static dev.tandem.cpu.Floats.LENGTH;
import static dev.tandem.cpu.Floats.SPECIES;
import static dev.tandem.cpu.Floats.load;
import static dev.tandem.cpu.Floats.store;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** The same loops by whole vectors, whatever the number of channels; the last elements go through {@link ScalarBatchNormKernels}. */
final class VectorBatchNormKernels implements BatchNormKernels {
    @Override
    public int lanes() {
        return LENGTH;
    }

    @Override
    public void sums(long x, long elements, float[] pivot, float[] sums, float[] squares) {
        int place = 0;
        long end = elements / LENGTH;
        for (long i = 0; i < end; i++) {
            FloatVector value = load(x + i * BYTES).sub(vector(pivot, place));
            vector(sums, place).add(value).intoArray(sums, place);
            value.fma(value, vector(squares, place)).intoArray(squares, place);
            place = next(place, pivot.length);
        }
        rest(elements).sums(x, elements, pivot, sums, squares);
    }

    @Override
    public void apply(long x, long residual, long y, long elements, Channels channels, boolean relu) {
        float[] mean = channels.mean();
        float[] factor = channels.factor();
        float[] shift = channels.shift();
        boolean adds = residual != 0;
        int place = 0;
        long end = elements / LENGTH;
        for (long i = 0; i < end; i++) {
            FloatVector value =
                    load(x + i * BYTES).sub(vector(mean, place)).fma(vector(factor, place), vector(shift, place));
            if (adds) {
                value = value.add(load(residual + i * BYTES));
            }
            if (relu) {
                value = value.blend(0f, value.compare(VectorOperators.LT, 0f));
            }
            store(value, y + i * BYTES);
            place = next(place, mean.length);
        }
        rest(elements).apply(x, residual, y, elements, channels, relu);
    }

    @Override
    public void gradientSums(
            long gradient, long x, long elements, Channels channels, boolean relu, float[] sums, float[] products) {
        float[] mean = channels.mean();
        float[] factor = channels.factor();
        float[] shift = channels.shift();
        int place = 0;
        long end = elements / LENGTH;
        for (long i = 0; i < end; i++) {
            FloatVector distance = load(x + i * BYTES).sub(vector(mean, place));
            FloatVector value = load(gradient + i * BYTES);
            if (relu) {
                value = let(value, distance.fma(vector(factor, place), vector(shift, place)));
            }
            vector(sums, place).add(value).intoArray(sums, place);
            value.fma(distance, vector(products, place)).intoArray(products, place);
            place = next(place, mean.length);
        }
        rest(elements).gradientSums(gradient, x, elements, channels, relu, sums, products);
    }

    @Override
    public void gradient(
            long gradient,
            long x,
            long result,
            long elements,
            Channels channels,
            boolean relu,
            float[] slope,
            float[] offset) {
        float[] mean = channels.mean();
        float[] factor = channels.factor();
        float[] shift = channels.shift();
        int place = 0;
        long end = elements / LENGTH;
        for (long i = 0; i < end; i++) {
            FloatVector distance = load(x + i * BYTES).sub(vector(mean, place));
            FloatVector value = load(gradient + i * BYTES);
            if (relu) {
                value = let(value, distance.fma(vector(factor, place), vector(shift, place)));
            }
            FloatVector others = distance.fma(vector(slope, place), vector(offset, place));
            store(value.fma(vector(factor, place), others), result + i * BYTES);
            place = next(place, mean.length);
        }
        rest(elements).gradient(gradient, x, result, elements, channels, relu, slope, offset);
    }

    private static BatchNormKernels rest(long elements) {
        return new ScalarBatchNormKernels(elements / LENGTH * LENGTH);
    }

    /** The gradient that a ReLU behind {@code value} lets through. */
    private static FloatVector let(FloatVector gradient, FloatVector value) {
        return gradient.blend(0f, value.compare(VectorOperators.LE, 0f));
    }

    private static FloatVector vector(float[] values, int place) {
        return FloatVector.fromArray(SPECIES, values, place);
    }

    private static int next(int place, int length) {
        int next = place + LENGTH;
        return next == length ? 0 : next;
    }
}
