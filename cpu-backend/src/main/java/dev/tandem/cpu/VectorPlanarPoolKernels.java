package dev.tandem.cpu;

import static dev.tandem.cpu.Floats.INTEGERS;
import static dev.tandem.cpu.Floats.LENGTH;
import static dev.tandem.cpu.Floats.SPECIES;
import static dev.tandem.cpu.Floats.load;
import static dev.tandem.cpu.Floats.store;
import static dev.tandem.cpu.VectorPoolKernels.better;
import static dev.tandem.cpu.VectorPoolKernels.chosen;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;

/** Even and odd lanes of two vectors of pixels make the left and the right pixels of a vector of windows. */
final class VectorPlanarPoolKernels implements PlanarPoolKernels {
    @Override
    public int lanes() {
        return LENGTH;
    }

    @Override
    public void max(PlanarPoolPlan plan, boolean rectified, long image, long values, long picked) {
        IntVector left = IntVector.fromArray(INTEGERS, plan.left, 0);
        IntVector right = IntVector.fromArray(INTEGERS, plan.right, 0);
        int[] from = plan.imageVectors;
        int[] to = plan.resultVectors;
        for (int i = 0; i < from.length; i++) {
            long row = image + from[i];
            FloatVector first = load(row);
            FloatVector beside = load(row + plan.besideBytes);
            FloatVector value = Floats.select(left, first, beside);
            FloatVector best = rectified ? FloatVector.zero(SPECIES) : value;
            FloatVector number = FloatVector.broadcast(SPECIES, rectified ? -1f : 0f);
            VectorMask<Float> better = better(value, best);
            best = best.blend(value, better);
            number = number.blend(0f, better);
            value = Floats.select(right, first, beside);
            better = better(value, best);
            best = best.blend(value, better);
            number = number.blend(1f, better);
            first = load(row + plan.rowBytes);
            beside = load(row + plan.rowBytes + plan.besideBytes);
            value = Floats.select(left, first, beside);
            better = better(value, best);
            best = best.blend(value, better);
            number = number.blend(2f, better);
            value = Floats.select(right, first, beside);
            better = better(value, best);
            best = best.blend(value, better);
            number = number.blend(3f, better);
            store(best, values + to[i]);
            store(number, picked + to[i]);
        }
    }

    @Override
    public void scatter(PlanarPoolPlan plan, long gradient, long picked, long image) {
        IntVector first = IntVector.fromArray(INTEGERS, plan.first, 0);
        IntVector beside = IntVector.fromArray(INTEGERS, plan.beside, 0);
        int[] from = plan.resultVectors;
        int[] to = plan.imageVectors;
        for (int i = 0; i < from.length; i++) {
            FloatVector value = load(gradient + from[i]);
            FloatVector number = load(picked + from[i]);
            long row = image + to[i];
            FloatVector left = chosen(value, number, 0);
            FloatVector right = chosen(value, number, 1);
            store(Floats.select(first, left, right), row);
            store(Floats.select(beside, left, right), row + plan.besideBytes);
            row += plan.rowBytes;
            left = chosen(value, number, 2);
            right = chosen(value, number, 3);
            store(Floats.select(first, left, right), row);
            store(Floats.select(beside, left, right), row + plan.besideBytes);
        }
    }
}
