package dev.tandem.cpu;

import static dev.tandem.cpu.Floats.BYTES;
import static dev.tandem.cpu.Floats.LENGTH;
import static dev.tandem.cpu.Floats.SPECIES;
import static dev.tandem.cpu.Floats.load;
import static dev.tandem.cpu.Floats.store;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** Sums stay in registers: each is a variable of its own, since the compiler keeps no array there. */
final class VectorPlanarKernels implements PlanarKernels {
    @Override
    public int lanes() {
        return LENGTH;
    }

    @Override
    public void convolve(PlanarPlan plan, long source, float[] weights, float[] bias, boolean relu, long target) {
        for (int pair = 0; pair < plan.pairs(); pair++) {
            int first = 2 * pair;
            int second = plan.second(pair);
            long a = source + plan.sourceVectors[first];
            long b = source + plan.sourceVectors[second];
            long to = target + plan.targetVectors[first];
            long distance = plan.targetVectors[second] - plan.targetVectors[first];
            convolve(plan, a, b, plan.tapFrom[pair], plan.tapTo[pair], weights, bias, relu, to, distance);
        }
    }

    private static void convolve(
            PlanarPlan plan,
            long a,
            long b,
            int from,
            int to,
            float[] weights,
            float[] bias,
            boolean relu,
            long target,
            long distance) {
        int[] taps = plan.taps;
        FloatVector a0 = broadcast(bias[0]);
        FloatVector a1 = broadcast(bias[1]);
        FloatVector a2 = broadcast(bias[2]);
        FloatVector a3 = broadcast(bias[3]);
        FloatVector a4 = broadcast(bias[4]);
        FloatVector a5 = broadcast(bias[5]);
        FloatVector b0 = a0;
        FloatVector b1 = a1;
        FloatVector b2 = a2;
        FloatVector b3 = a3;
        FloatVector b4 = a4;
        FloatVector b5 = a5;
        for (int tap = from; tap < to; tap++) {
            FloatVector va = load(a + taps[tap]);
            FloatVector vb = load(b + taps[tap]);
            FloatVector w0 = broadcast(weights[CHANNELS * tap]);
            a0 = va.fma(w0, a0);
            b0 = vb.fma(w0, b0);
            FloatVector w1 = broadcast(weights[CHANNELS * tap + 1]);
            a1 = va.fma(w1, a1);
            b1 = vb.fma(w1, b1);
            FloatVector w2 = broadcast(weights[CHANNELS * tap + 2]);
            a2 = va.fma(w2, a2);
            b2 = vb.fma(w2, b2);
            FloatVector w3 = broadcast(weights[CHANNELS * tap + 3]);
            a3 = va.fma(w3, a3);
            b3 = vb.fma(w3, b3);
            FloatVector w4 = broadcast(weights[CHANNELS * tap + 4]);
            a4 = va.fma(w4, a4);
            b4 = vb.fma(w4, b4);
            FloatVector w5 = broadcast(weights[CHANNELS * tap + 5]);
            a5 = va.fma(w5, a5);
            b5 = vb.fma(w5, b5);
        }
        long[] planes = plan.targetPlanes;
        // The first channel last: what is of no channel was written there.
        store(activated(a5, relu), target + planes[5]);
        store(activated(b5, relu), target + planes[5] + distance);
        store(activated(a4, relu), target + planes[4]);
        store(activated(b4, relu), target + planes[4] + distance);
        store(activated(a3, relu), target + planes[3]);
        store(activated(b3, relu), target + planes[3] + distance);
        store(activated(a2, relu), target + planes[2]);
        store(activated(b2, relu), target + planes[2] + distance);
        store(activated(a1, relu), target + planes[1]);
        store(activated(b1, relu), target + planes[1] + distance);
        store(activated(a0, relu), target + planes[0]);
        store(activated(b0, relu), target + planes[0] + distance);
    }

    /** Keeps NaN. */
    private static FloatVector activated(FloatVector value, boolean relu) {
        return relu ? value.blend(0f, value.compare(VectorOperators.LE, 0f)) : value;
    }

    @Override
    public void correlate(long gradient, long step, int[] pixels, long a, long b, int[] places, long sums) {
        FloatVector a0 = load(sums);
        FloatVector a1 = load(sums + BYTES);
        FloatVector a2 = load(sums + 2 * BYTES);
        FloatVector a3 = load(sums + 3 * BYTES);
        FloatVector a4 = load(sums + 4 * BYTES);
        FloatVector a5 = load(sums + 5 * BYTES);
        FloatVector b0 = load(sums + 6 * BYTES);
        FloatVector b1 = load(sums + 7 * BYTES);
        FloatVector b2 = load(sums + 8 * BYTES);
        FloatVector b3 = load(sums + 9 * BYTES);
        FloatVector b4 = load(sums + 10 * BYTES);
        FloatVector b5 = load(sums + 11 * BYTES);
        for (int i = 0; i < pixels.length; i++) {
            FloatVector va = load(a + places[i]);
            FloatVector vb = load(b + places[i]);
            long g = gradient + pixels[i];
            FloatVector g0 = load(g);
            a0 = va.fma(g0, a0);
            b0 = vb.fma(g0, b0);
            FloatVector g1 = load(g + step);
            a1 = va.fma(g1, a1);
            b1 = vb.fma(g1, b1);
            FloatVector g2 = load(g + 2 * step);
            a2 = va.fma(g2, a2);
            b2 = vb.fma(g2, b2);
            FloatVector g3 = load(g + 3 * step);
            a3 = va.fma(g3, a3);
            b3 = vb.fma(g3, b3);
            FloatVector g4 = load(g + 4 * step);
            a4 = va.fma(g4, a4);
            b4 = vb.fma(g4, b4);
            FloatVector g5 = load(g + 5 * step);
            a5 = va.fma(g5, a5);
            b5 = vb.fma(g5, b5);
        }
        store(a0, sums);
        store(a1, sums + BYTES);
        store(a2, sums + 2 * BYTES);
        store(a3, sums + 3 * BYTES);
        store(a4, sums + 4 * BYTES);
        store(a5, sums + 5 * BYTES);
        store(b0, sums + 6 * BYTES);
        store(b1, sums + 7 * BYTES);
        store(b2, sums + 8 * BYTES);
        store(b3, sums + 9 * BYTES);
        store(b4, sums + 10 * BYTES);
        store(b5, sums + 11 * BYTES);
    }

    @Override
    public void copy(long source, int[] from, long target, int[] to) {
        for (int i = 0; i < from.length; i++) {
            store(load(source + from[i]), target + to[i]);
        }
    }

    private static FloatVector broadcast(float value) {
        return FloatVector.broadcast(SPECIES, value);
    }
}
