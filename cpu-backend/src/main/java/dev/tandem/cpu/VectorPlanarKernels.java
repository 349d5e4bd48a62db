package dev.tandem.cpu;

import static dev.tandem.cpu.Floats.BYTES;
import static dev.tandem.cpu.Floats.INTEGERS;
import static dev.tandem.cpu.Floats.LENGTH;
import static dev.tandem.cpu.Floats.SPECIES;
import static dev.tandem.cpu.Floats.load;
import static dev.tandem.cpu.Floats.store;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** Sums stay in registers: each is a variable of its own, since the compiler keeps no array there. */
final class VectorPlanarKernels implements PlanarKernels {
    @Override
    public int lanes() {
        return LENGTH;
    }

    @Override
    public void convolve(PlanarPlan plan, long source, float[] weights, float[] bias, boolean relu, long target) {
        int[] taps = plan.taps;
        long step = plan.target.planeBytes();
        for (int pair = 0; pair < plan.pairs(); pair++) {
            int first = 2 * pair;
            int second = plan.second(pair);
            long a = source + plan.sourceVectors[first];
            long b = source + plan.sourceVectors[second];
            long to = target + plan.targetVectors[first];
            long distance = plan.targetVectors[second] - plan.targetVectors[first];
            convolve(a, b, taps, plan.tapFrom[pair], plan.tapTo[pair], weights, bias, relu, to, step, distance);
        }
    }

    private static void convolve(
            long a,
            long b,
            int[] taps,
            int from,
            int to,
            float[] weights,
            float[] bias,
            boolean relu,
            long target,
            long step,
            long distance) {
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
        store(activated(a0, relu), target);
        store(activated(a1, relu), target + step);
        store(activated(a2, relu), target + 2 * step);
        store(activated(a3, relu), target + 3 * step);
        store(activated(a4, relu), target + 4 * step);
        store(activated(a5, relu), target + 5 * step);
        store(activated(b0, relu), target + distance);
        store(activated(b1, relu), target + step + distance);
        store(activated(b2, relu), target + 2 * step + distance);
        store(activated(b3, relu), target + 3 * step + distance);
        store(activated(b4, relu), target + 4 * step + distance);
        store(activated(b5, relu), target + 5 * step + distance);
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
    public void shuffle(PlaneShuffle shuffle, int kind, long source, long step, long target) {
        int[] lanes = shuffle.lanes()[kind];
        int[] masks = shuffle.masks()[kind];
        IntVector lanes0 = integers(lanes, 0);
        IntVector mask0 = integers(masks, 0);
        IntVector lanes1 = integers(lanes, LENGTH);
        IntVector mask1 = integers(masks, LENGTH);
        IntVector lanes2 = integers(lanes, 2 * LENGTH);
        IntVector mask2 = integers(masks, 2 * LENGTH);
        IntVector lanes3 = integers(lanes, 3 * LENGTH);
        IntVector mask3 = integers(masks, 3 * LENGTH);
        IntVector lanes4 = integers(lanes, 4 * LENGTH);
        IntVector mask4 = integers(masks, 4 * LENGTH);
        IntVector lanes5 = integers(lanes, 5 * LENGTH);
        IntVector mask5 = integers(masks, 5 * LENGTH);
        // Beyond the parts there may be no memory: their masks are empty, so the first will do.
        long step1 = shuffle.parts() > 1 ? step : 0;
        long step2 = shuffle.parts() > 2 ? 2 * step : 0;
        long step3 = shuffle.parts() > 3 ? 3 * step : 0;
        long step4 = shuffle.parts() > 4 ? 4 * step : 0;
        long step5 = shuffle.parts() > 5 ? 5 * step : 0;
        int[] places = shuffle.from()[kind];
        int[] targets = shuffle.to()[kind];
        for (int i = 0; i < places.length; i++) {
            long from = source + places[i];
            IntVector result = lanes0.selectFrom(integers(from)).and(mask0);
            result = result.or(lanes1.selectFrom(integers(from + step1)).and(mask1));
            result = result.or(lanes2.selectFrom(integers(from + step2)).and(mask2));
            result = result.or(lanes3.selectFrom(integers(from + step3)).and(mask3));
            result = result.or(lanes4.selectFrom(integers(from + step4)).and(mask4));
            result = result.or(lanes5.selectFrom(integers(from + step5)).and(mask5));
            store(result.reinterpretAsFloats(), target + targets[i]);
        }
    }

    @Override
    public void spread(long source, int step, long target, int[] places) {
        for (int i = 0; i < places.length; i++) {
            float value = NativeMemory.ALL.get(JAVA_FLOAT_UNALIGNED, source + (long) i * step * Float.BYTES);
            NativeMemory.ALL.set(JAVA_FLOAT_UNALIGNED, target + places[i], value);
        }
    }

    @Override
    public void collect(long source, int[] places, long target, int step) {
        for (int i = 0; i < places.length; i++) {
            float value = NativeMemory.ALL.get(JAVA_FLOAT_UNALIGNED, source + places[i]);
            NativeMemory.ALL.set(JAVA_FLOAT_UNALIGNED, target + (long) i * step * Float.BYTES, value);
        }
    }

    private static IntVector integers(int[] table, int at) {
        return IntVector.fromArray(INTEGERS, table, at);
    }

    private static IntVector integers(long address) {
        return load(address).reinterpretAsInts();
    }

    private static FloatVector broadcast(float value) {
        return FloatVector.broadcast(SPECIES, value);
    }
}
