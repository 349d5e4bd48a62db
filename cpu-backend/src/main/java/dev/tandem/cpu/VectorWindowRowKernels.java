package dev.tandem.cpu;

import static dev.tandem.cpu.Floats.LENGTH;
import static dev.tandem.cpu.Floats.SPECIES;

import jdk.incubator.vector.FloatVector;

/**
 * The same loop with its sums in registers. Each is a variable of its own, since the compiler keeps no array there, and starts as
 * a fresh vector: one from a field (such as {@link Floats#ZERO}) would make it an object on the heap.
 */
final class VectorWindowRowKernels implements WindowRowKernels {
    @Override
    public int lanes() {
        return LENGTH;
    }

    @Override
    public void spread(
            float[] gradients,
            int from,
            int outputs,
            float[] weights,
            int[] offsets,
            float[] target,
            int at,
            int channels,
            int pixels,
            float[] block) {
        for (int pixel = 0; pixel < pixels; pixel += 2) {
            int g = from + pixel * outputs;
            FloatVector a0 = FloatVector.zero(SPECIES);
            FloatVector a1 = FloatVector.zero(SPECIES);
            FloatVector a2 = FloatVector.zero(SPECIES);
            FloatVector a3 = FloatVector.zero(SPECIES);
            FloatVector a4 = FloatVector.zero(SPECIES);
            FloatVector b0 = FloatVector.zero(SPECIES);
            FloatVector b1 = FloatVector.zero(SPECIES);
            FloatVector b2 = FloatVector.zero(SPECIES);
            FloatVector b3 = FloatVector.zero(SPECIES);
            FloatVector b4 = FloatVector.zero(SPECIES);
            for (int o = 0, w = 0; o < outputs; o++, w += UNITS * LENGTH) {
                FloatVector a = broadcast(gradients[g + o]);
                FloatVector b = broadcast(gradients[g + outputs + o]);
                FloatVector w0 = load(weights, w);
                a0 = w0.fma(a, a0);
                b0 = w0.fma(b, b0);
                FloatVector w1 = load(weights, w + LENGTH);
                a1 = w1.fma(a, a1);
                b1 = w1.fma(b, b1);
                FloatVector w2 = load(weights, w + 2 * LENGTH);
                a2 = w2.fma(a, a2);
                b2 = w2.fma(b, b2);
                FloatVector w3 = load(weights, w + 3 * LENGTH);
                a3 = w3.fma(a, a3);
                b3 = w3.fma(b, b3);
                FloatVector w4 = load(weights, w + 4 * LENGTH);
                a4 = w4.fma(a, a4);
                b4 = w4.fma(b, b4);
            }
            a0.intoArray(block, 0);
            a1.intoArray(block, LENGTH);
            a2.intoArray(block, 2 * LENGTH);
            a3.intoArray(block, 3 * LENGTH);
            a4.intoArray(block, 4 * LENGTH);
            b0.intoArray(block, 5 * LENGTH);
            b1.intoArray(block, 6 * LENGTH);
            b2.intoArray(block, 7 * LENGTH);
            b3.intoArray(block, 8 * LENGTH);
            b4.intoArray(block, 9 * LENGTH);
            for (int unit = 0; unit < UNITS; unit++) {
                add(block, unit * LENGTH, target, at + pixel * channels + offsets[unit], LENGTH);
            }
            for (int unit = 0; unit < UNITS; unit++) {
                add(block, (UNITS + unit) * LENGTH, target, at + (pixel + 1) * channels + offsets[unit], LENGTH);
            }
        }
    }

    private static void add(float[] block, int from, float[] target, int at, int count) {
        for (int i = 0; i < count; i += LENGTH) {
            load(target, at + i).add(load(block, from + i)).intoArray(target, at + i);
        }
    }

    private static FloatVector load(float[] array, int at) {
        return FloatVector.fromArray(SPECIES, array, at);
    }

    private static FloatVector broadcast(float value) {
        return FloatVector.broadcast(SPECIES, value);
    }
}
