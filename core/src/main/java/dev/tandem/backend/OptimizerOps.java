package dev.tandem.backend;

import java.util.List;

/**
 * One call updates every parameter: they lie in one flat float32 buffer, their gradients in another of the same order, each
 * kind of optimizer state in a further one. What changes from step to step is read from {@code scalars} on the device, so
 * that a captured graph sees new values; the rest is constant for a run.
 */
public interface OptimizerOps {
    /** The slots of the float32 {@code scalars} storage. */
    enum Scalar {
        LEARNING_RATE,
        /** Number of this step, from 1, those that were {@link #SKIPPED} counted. */
        STEP,
        /** Gradients are multiplied by this first: 1 / loss scale, times the clipping coefficient. */
        GRADIENT_SCALE,
        /** Out: the gradients' norm, after scaling, before clipping. */
        GRADIENT_NORM,
        /** Out: 1 if a gradient was not finite; updates then change nothing. */
        FOUND_NOT_FINITE,
        /** Out: how many steps were left out since a gradient was not finite. No update has a number from them. */
        SKIPPED
    }

    /**
     * A run of elements with the same settings.
     *
     * @param learningRateFactor multiplies the learning rate
     * @param weightDecay L2: added to the gradient as {@code weightDecay · parameter} (AdamW: decoupled)
     * @param l1 added to the gradient as {@code l1 · sign(parameter)}
     * @param stepsBefore steps that went by before these elements took part, as where they were frozen: their own number of
     *     steps is STEP less SKIPPED less these
     */
    record Segment(long offset, long count, float learningRateFactor, float weightDecay, float l1, long stepsBefore) {
        /** Taking part from the first step on. */
        public Segment(long offset, long count, float learningRateFactor, float weightDecay, float l1) {
            this(offset, count, learningRateFactor, weightDecay, l1, 0);
        }
    }

    /** What an update works on: flat, plain, each at least as long as the segments reach. Elements outside them stay. */
    record Buffers(Storage parameters, Storage gradients, List<Segment> segments, Storage scalars) {}

    /** {@code v = momentum·v + g; p −= lr·v}, or Nesterov's {@code p −= lr·(g + momentum·v)}. Velocity may be null when momentum is 0. */
    void sgd(Buffers buffers, Storage velocity, float momentum, boolean nesterov);

    /** Duchi et al. 2011: {@code s += g²; p −= lr·g / (√s + epsilon)}. */
    void adaGrad(Buffers buffers, Storage squares, float epsilon);

    /**
     * Zeiler 2012, https://arxiv.org/abs/1212.5701: {@code s = rho·s + (1−rho)·g²; d = √(u + epsilon) / √(s + epsilon) · g; u =
     * rho·u + (1−rho)·d²; p −= lr·d}.
     */
    void adaDelta(Buffers buffers, Storage squares, Storage updates, float rho, float epsilon);

    /** Hinton 2012: {@code s = alpha·s + (1−alpha)·g²; v = momentum·v + g / (√s + epsilon); p −= lr·v}. Velocity may be null when momentum is 0. */
    void rmsProp(Buffers buffers, Storage squares, Storage velocity, float alpha, float epsilon, float momentum);

    /**
     * Kingma and Ba 2014, https://arxiv.org/abs/1412.6980, with bias correction; {@code decoupled} is AdamW (Loshchilov and
     * Hutter 2017, https://arxiv.org/abs/1711.05101): {@code p −= lr·weightDecay·p} before the step instead of L2.
     */
    void adam(
            Buffers buffers,
            Storage means,
            Storage squares,
            float beta1,
            float beta2,
            float epsilon,
            boolean decoupled);

    /**
     * You et al. 2017, https://arxiv.org/abs/1708.03888: each segment's rate is {@code lr · trust · ‖p‖ / (‖g‖ + weightDecay·‖p‖ +
     * epsilon)} (plain lr where a norm is 0, or where weightDecay is 0), then {@code v = momentum·v + rate·(g + weightDecay·p); p −= v}.
     */
    void lars(Buffers buffers, Storage velocity, float momentum, float trust, float epsilon);

    /** {@code target += weight · (source − target)}: a moving average of weights. */
    void lerp(Storage target, Storage source, float weight);

    /**
     * Writes GRADIENT_NORM: the L2 norm of {@code GRADIENT_SCALE · gradients} over the segments; if {@code maxNorm} is
     * positive, multiplies GRADIENT_SCALE by {@code min(1, maxNorm / (norm + 1e-6))}.
     */
    void globalNorm(Buffers buffers, float maxNorm);

    /** Clamps {@code GRADIENT_SCALE · gradient} to ±limit in place of the gradients, and sets GRADIENT_SCALE to 1. */
    void clipByValue(Buffers buffers, float limit);

    /** Sets FOUND_NOT_FINITE to 1 and adds 1 to SKIPPED if a gradient in the segments is infinite or NaN; else sets it to 0. */
    void checkFinite(Buffers buffers);
}
