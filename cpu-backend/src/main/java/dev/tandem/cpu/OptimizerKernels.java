package dev.tandem.cpu;

/**
 * The optimizers' loops over one run of flat float32 memory, at absolute addresses. Two implementations do the same
 * operations in the same order, so that updates agree bit for bit.
 *
 * <p>A run is some thousand elements: a method that is called often is soon compiled as a whole, while one long loop runs
 * interpreted (with the Vector API a hundred times slower) until it is replaced half way.
 */
interface OptimizerKernels {
    /**
     * What is the same for all elements of a run in this step. An element's gradient is {@code gradientScale · gradient +
     * weightDecay · parameter + l1 · sign(parameter)}.
     *
     * @param number of steps that the elements have taken, with this one
     */
    record Step(float learningRate, float gradientScale, float weightDecay, float l1, double number) {
        Step withLearningRate(float rate) {
            return new Step(rate, gradientScale, weightDecay, l1, number);
        }

        Step withoutWeightDecay() {
            return new Step(learningRate, gradientScale, 0, l1, number);
        }
    }

    /** {@code v = momentum·v + g; p −= rate·v}, or Nesterov's form; a velocity at 0 is none. */
    void sgd(Step step, long parameters, long gradients, long velocity, int count, float momentum, boolean nesterov);

    void adaGrad(Step step, long parameters, long gradients, long squares, int count, float epsilon);

    void adaDelta(
            Step step,
            long parameters,
            long gradients,
            long squares,
            long updates,
            int count,
            float rho,
            float epsilon);

    /** A velocity at 0 is none. */
    void rmsProp(
            Step step,
            long parameters,
            long gradients,
            long squares,
            long velocity,
            int count,
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
            int count,
            float beta1,
            float beta2,
            float epsilon,
            float root,
            float keep);

    /** {@code v = momentum·v + rate·g; p −= v}. */
    void lars(Step step, long parameters, long gradients, long velocity, int count, float momentum);

    /** {@code target += weight·(source − target)}. */
    void lerp(long target, long source, int count, float weight);

    /** {@code x = min(max(scale·x, −limit), limit)}; NaN stays. */
    void clip(long x, int count, float scale, float limit);

    /** {@code Σ x²}, to about float32 precision. */
    double sumOfSquares(long x, int count);

    /** {@code Σ g²} of the gradients as a step sees them. */
    double gradientSquares(Step step, long parameters, long gradients, int count);

    boolean allFinite(long x, int count);
}
