package dev.tandem.cpu;

import static dev.tandem.cpu.Floats.BYTES;
import static dev.tandem.cpu.Floats.LENGTH;
import static dev.tandem.cpu.Floats.SPECIES;
import static dev.tandem.cpu.Floats.load;
import static dev.tandem.cpu.Floats.store;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** Weights stay in registers: each is a variable of its own, since the compiler keeps no array there. */
final class VectorScatterKernels implements ScatterKernels {
    @Override
    public int lanes() {
        return LENGTH;
    }

    @Override
    public void scatter(float[] gradient, int[] from, int first, float[] weights, int rest, long target, int[] to) {
        VectorMask<Float> inStrip = SPECIES.indexInRange(0, rest);
        FloatVector a0 = weight(weights, 0);
        FloatVector b0 = weight(weights, 1);
        FloatVector a1 = weight(weights, 2);
        FloatVector b1 = weight(weights, 3);
        FloatVector a2 = weight(weights, 4);
        FloatVector b2 = weight(weights, 5);
        FloatVector a3 = weight(weights, 6);
        FloatVector b3 = weight(weights, 7);
        FloatVector a4 = weight(weights, 8);
        FloatVector b4 = weight(weights, 9);
        FloatVector a5 = weight(weights, 10);
        FloatVector b5 = weight(weights, 11);
        FloatVector a6 = weight(weights, 12);
        FloatVector b6 = weight(weights, 13);
        FloatVector a7 = weight(weights, 14);
        FloatVector b7 = weight(weights, 15);
        for (int pixel = 0; pixel < to.length; pixel++) {
            int channel = first + from[pixel];
            long at = target + to[pixel];
            FloatVector a = load(at);
            FloatVector before = load(at + BYTES);
            FloatVector g = broadcast(gradient[channel]);
            a = g.fma(a0, a);
            FloatVector b = g.fma(b0, before);
            g = broadcast(gradient[channel + 1]);
            a = g.fma(a1, a);
            b = g.fma(b1, b);
            g = broadcast(gradient[channel + 2]);
            a = g.fma(a2, a);
            b = g.fma(b2, b);
            g = broadcast(gradient[channel + 3]);
            a = g.fma(a3, a);
            b = g.fma(b3, b);
            g = broadcast(gradient[channel + 4]);
            a = g.fma(a4, a);
            b = g.fma(b4, b);
            g = broadcast(gradient[channel + 5]);
            a = g.fma(a5, a);
            b = g.fma(b5, b);
            g = broadcast(gradient[channel + 6]);
            a = g.fma(a6, a);
            b = g.fma(b6, b);
            g = broadcast(gradient[channel + 7]);
            a = g.fma(a7, a);
            b = g.fma(b7, b);
            store(a, at);
            store(before.blend(b, inStrip), at + BYTES);
        }
    }

    private static FloatVector weight(float[] weights, int number) {
        return FloatVector.fromArray(SPECIES, weights, number * LENGTH);
    }

    private static FloatVector broadcast(float value) {
        return FloatVector.broadcast(SPECIES, value);
    }
}
