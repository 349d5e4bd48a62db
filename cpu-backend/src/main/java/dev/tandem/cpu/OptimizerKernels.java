package dev.tandem.cpu;

/**
 * The optimizers' loops over one run of flat float32 memory, at absolute addresses. Two implementations do the same
 * operations in the same order, so that they agree bit for bit.
 */
interface OptimizerKernels {
    /**
     * What is the same for all elements of a run in this step. An element's gradient is {@code gradientScale · gradient +
     * weightDecay · parameter + l1 · sign(parameter)}.
     */
    record Step(float learningRate, float gradientScale, float weightDecay, float l1) {
        Step withLearningRate(float rate) {
            return new Step(rate, gradientScale, weightDecay, l1);
        }

        Step withoutWeightDecay() {
            return new Step(learningRate, gradientScale, 0, l1);
        }
    }

    /** {@code v = momentum·v + g; p −= rate·v}, or Nesterov's form; a velocity at 0 is none. */
    void sgd(Step step, long parameters, long gradients, long velocity, long count, float momentum, boolean nesterov);

    void adaGrad(Step step, long parameters, long gradients, long squares, long count, float epsilon);

    void adaDelta(
            Step step,
            long parameters,
            long gradients,
            long squares,
            long updates,
            long count,
            float rho,
            float epsilon);

    /** A velocity at 0 is none. */
    void rmsProp(
            Step step,
            long parameters,
            long gradients,
            long squares,
            long velocity,
            long count,
            float alpha,
            float epsilon,
            float momentum);

    /**
     * {@code m = beta1·m + (1−beta1)·g; s = beta2·s + (1−beta2)·g²; p = keep·p − rate·m / (√s·root + epsilon)}.
     *
     * @param root {@code 1 / √(1 − beta2^step)}; the means' correction is in the learning rate
     * @param keep 1, or 1 − lr·weightDecay when that is decoupled
     */
    void adam(
            Step step,
            long parameters,
            long gradients,
            long means,
            long squares,
            long count,
            float beta1,
            float beta2,
            float epsilon,
            float root,
            float keep);

    /** {@code v = momentum·v + rate·g; p −= v}. */
    void lars(Step step, long parameters, long gradients, long velocity, long count, float momentum);

    /** {@code target += weight·(source − target)}. */
    void lerp(long target, long source, long count, float weight);

    /** {@code x = min(max(scale·x, −limit), limit)}; NaN stays. */
    void clip(long x, long count, float scale, float limit);

    /** {@code Σ x²}, summed in double precision. */
    double sumOfSquares(long x, long count);

    /** {@code Σ g²} of the gradients as a step sees them. */
    double gradientSquares(Step step, long parameters, long gradients, long count);

    boolean allFinite(long x, long count);
}
