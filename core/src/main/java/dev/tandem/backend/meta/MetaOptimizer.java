package dev.tandem.backend.meta;

import dev.tandem.backend.OptimizerOps;
import dev.tandem.backend.Storage;

/** Updates nothing. */
final class MetaOptimizer implements OptimizerOps {
    @Override
    public void sgd(Buffers buffers, Storage velocity, float momentum, boolean nesterov) {}

    @Override
    public void adaGrad(Buffers buffers, Storage squares, float epsilon) {}

    @Override
    public void adaDelta(Buffers buffers, Storage squares, Storage updates, float rho, float epsilon) {}

    @Override
    public void rmsProp(
            Buffers buffers, Storage squares, Storage velocity, float alpha, float epsilon, float momentum) {}

    @Override
    public void adam(
            Buffers buffers,
            Storage means,
            Storage squares,
            float beta1,
            float beta2,
            float epsilon,
            boolean decoupled) {}

    @Override
    public void lars(Buffers buffers, Storage velocity, float momentum, float trust, float epsilon) {}

    @Override
    public void lerp(Storage target, Storage source, float weight) {}

    @Override
    public void globalNorm(Buffers buffers, float maxNorm) {}

    @Override
    public void clipByValue(Buffers buffers, float limit) {}

    @Override
    public void checkFinite(Buffers buffers) {}
}
