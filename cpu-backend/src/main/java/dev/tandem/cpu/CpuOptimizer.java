package dev.tandem.cpu;

import static dev.tandem.cpu.FlatUpdate.at;

import dev.tandem.backend.Bounds;
import dev.tandem.backend.OptimizerOps;
import dev.tandem.backend.Storage;
import dev.tandem.cpu.OptimizerKernels.Step;

/** Optimizer operations on the CPU: one pass over the flat buffers each, as fast as memory. */
final class CpuOptimizer implements OptimizerOps {
    private static final OptimizerKernels LOOPS = Kernels.of(OptimizerKernels.class);

    private final CpuRuntime runtime;

    CpuOptimizer(CpuRuntime runtime) {
        this.runtime = runtime;
    }

    @Override
    public void sgd(Buffers buffers, Storage velocity, float momentum, boolean nesterov) {
        FlatUpdate flat = new FlatUpdate(runtime, buffers, velocity);
        if (flat.mustSkip()) {
            return;
        }
        flat.run((step, i, count) ->
                LOOPS.sgd(step, flat.parameters(i), flat.gradients(i), at(velocity, i), count, momentum, nesterov));
    }

    @Override
    public void adaGrad(Buffers buffers, Storage squares, float epsilon) {
        FlatUpdate flat = new FlatUpdate(runtime, buffers, squares);
        if (flat.mustSkip()) {
            return;
        }
        flat.run((step, i, count) ->
                LOOPS.adaGrad(step, flat.parameters(i), flat.gradients(i), at(squares, i), count, epsilon));
    }

    @Override
    public void adaDelta(Buffers buffers, Storage squares, Storage updates, float rho, float epsilon) {
        FlatUpdate flat = new FlatUpdate(runtime, buffers, squares, updates);
        if (flat.mustSkip()) {
            return;
        }
        flat.run((step, i, count) -> LOOPS.adaDelta(
                step, flat.parameters(i), flat.gradients(i), at(squares, i), at(updates, i), count, rho, epsilon));
    }

    @Override
    public void rmsProp(
            Buffers buffers, Storage squares, Storage velocity, float alpha, float epsilon, float momentum) {
        FlatUpdate flat = new FlatUpdate(runtime, buffers, squares, velocity);
        if (flat.mustSkip()) {
            return;
        }
        flat.run((step, i, count) -> LOOPS.rmsProp(
                step,
                flat.parameters(i),
                flat.gradients(i),
                at(squares, i),
                at(velocity, i),
                count,
                alpha,
                epsilon,
                momentum));
    }

    @Override
    public void adam(
            Buffers buffers,
            Storage means,
            Storage squares,
            float beta1,
            float beta2,
            float epsilon,
            boolean decoupled) {
        FlatUpdate flat = new FlatUpdate(runtime, buffers, means, squares);
        if (flat.mustSkip()) {
            return;
        }
        flat.run((step, i, count) -> {
            float root = (float) (1 / Math.sqrt(1 - Math.pow(beta2, step.number())));
            double correction = 1 - Math.pow(beta1, step.number());
            LOOPS.adam(
                    (decoupled ? step.withoutWeightDecay() : step)
                            .withLearningRate((float) (step.learningRate() / correction)),
                    flat.parameters(i),
                    flat.gradients(i),
                    at(means, i),
                    at(squares, i),
                    count,
                    beta1,
                    beta2,
                    epsilon,
                    root,
                    decoupled ? 1 - step.learningRate() * step.weightDecay() : 1);
        });
    }

    @Override
    public void lars(Buffers buffers, Storage velocity, float momentum, float trust, float epsilon) {
        FlatUpdate flat = new FlatUpdate(runtime, buffers, velocity);
        if (flat.mustSkip()) {
            return;
        }
        for (Segment segment : buffers.segments()) {
            Step step = flat.step(segment);
            Step adapted = step.withLearningRate(step.learningRate() * adaptation(flat, segment, step, trust, epsilon));
            flat.run(
                    segment,
                    (i, count) -> LOOPS.lars(
                            adapted, flat.parameters(i), flat.gradients(i), at(velocity, i), count, momentum));
        }
    }

    /** What a segment's learning rate is multiplied with. */
    private static float adaptation(FlatUpdate flat, Segment segment, Step step, float trust, float epsilon) {
        if (segment.weightDecay() == 0) {
            return 1;
        }
        Step bare = step.withoutWeightDecay();
        double parameters = Math.sqrt(flat.sum(segment, (i, count) -> LOOPS.sumOfSquares(flat.parameters(i), count)));
        double gradients = Math.sqrt(flat.sum(
                segment, (i, count) -> LOOPS.gradientSquares(bare, flat.parameters(i), flat.gradients(i), count)));
        return parameters == 0 || gradients == 0
                ? 1
                : (float) (trust * parameters / (gradients + segment.weightDecay() * parameters + epsilon));
    }

    @Override
    public void lerp(Storage target, Storage source, float weight) {
        Bounds.alike("moving average", target, source);
        CpuStorage to = (CpuStorage) target;
        CpuStorage from = runtime.in(to.order(), source);
        runtime.parallel()
                .run(
                        to.shape().elements(),
                        (start, end) -> FlatUpdate.inParts(
                                start, end, (i, count) -> LOOPS.lerp(at(to, i), at(from, i), count, weight)));
        from.release();
    }

    @Override
    public void globalNorm(Buffers buffers, float maxNorm) {
        FlatUpdate flat = new FlatUpdate(runtime, buffers);
        double squares = 0;
        for (Segment segment : buffers.segments()) {
            squares += flat.sum(segment, (i, count) -> LOOPS.sumOfSquares(flat.gradients(i), count));
        }
        float scale = flat.scalar(Scalar.GRADIENT_SCALE);
        double norm = scale * Math.sqrt(squares);
        flat.setScalar(Scalar.GRADIENT_NORM, (float) norm);
        if (maxNorm > 0) {
            flat.setScalar(Scalar.GRADIENT_SCALE, (float) (scale * Math.min(1, maxNorm / (norm + 1e-6))));
        }
    }

    @Override
    public void clipByValue(Buffers buffers, float limit) {
        FlatUpdate flat = new FlatUpdate(runtime, buffers);
        flat.run((step, i, count) -> LOOPS.clip(flat.gradients(i), count, step.gradientScale(), limit));
        flat.setScalar(Scalar.GRADIENT_SCALE, 1);
    }

    @Override
    public void checkFinite(Buffers buffers) {
        FlatUpdate flat = new FlatUpdate(runtime, buffers);
        boolean[] found = {false}; // threads only ever set it
        flat.run((step, i, count) -> {
            if (!LOOPS.allFinite(flat.gradients(i), count)) {
                found[0] = true;
            }
        });
        flat.setScalar(Scalar.FOUND_NOT_FINITE, found[0] ? 1 : 0);
        flat.setScalar(Scalar.SKIPPED, flat.scalar(Scalar.SKIPPED) + (found[0] ? 1 : 0));
    }
}
