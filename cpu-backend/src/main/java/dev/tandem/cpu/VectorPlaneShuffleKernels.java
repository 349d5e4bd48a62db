package dev.tandem.cpu;

import static dev.tandem.cpu.Floats.INTEGERS;
import static dev.tandem.cpu.Floats.LENGTH;
import static dev.tandem.cpu.Floats.SPECIES;
import static dev.tandem.cpu.Floats.load;
import static dev.tandem.cpu.Floats.select;
import static dev.tandem.cpu.Floats.store;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** Lanes of two parts at a time, then of the three results. */
final class VectorPlaneShuffleKernels implements PlaneShuffleKernels {
    @Override
    public int lanes() {
        return LENGTH;
    }

    @Override
    public void shuffle(PlaneShuffle shuffle, int kind, long source, long step, long target) {
        int[] lanes = shuffle.lanes()[kind];
        IntVector lanes0 = IntVector.fromArray(INTEGERS, lanes, 0);
        IntVector lanes1 = IntVector.fromArray(INTEGERS, lanes, LENGTH);
        IntVector lanes2 = IntVector.fromArray(INTEGERS, lanes, 2 * LENGTH);
        IntVector pairs = IntVector.fromArray(INTEGERS, shuffle.pairs()[kind], 0);
        VectorMask<Float> second = pairs.compare(VectorOperators.EQ, 1).cast(SPECIES);
        VectorMask<Float> third = pairs.compare(VectorOperators.EQ, 2).cast(SPECIES);
        // Beyond the parts there may be no memory: no lane is taken from there, so the first will do.
        long step1 = shuffle.parts() > 1 ? step : 0;
        long step2 = shuffle.parts() > 2 ? 2 * step : 0;
        long step3 = shuffle.parts() > 3 ? 3 * step : 0;
        long step4 = shuffle.parts() > 4 ? 4 * step : 0;
        long step5 = shuffle.parts() > 5 ? 5 * step : 0;
        int[] from = shuffle.from()[kind];
        int[] to = shuffle.to()[kind];
        for (int i = 0; i < from.length; i++) {
            long at = source + from[i];
            FloatVector result = select(lanes0, load(at), load(at + step1));
            result = result.blend(select(lanes1, load(at + step2), load(at + step3)), second);
            result = result.blend(select(lanes2, load(at + step4), load(at + step5)), third);
            store(result, target + to[i]);
        }
    }
}
