package dev.tandem.cpu;

import dev.tandem.backend.OptimizerOps;
import dev.tandem.backend.Storage;

/** Optimizer operations on the CPU. */
final class CpuOptimizer implements OptimizerOps {
    private final CpuRuntime runtime;

    CpuOptimizer(CpuRuntime runtime) {
        this.runtime = runtime;
    }

    @Override
    public void sgd(Buffers buffers, Storage velocity, float momentum, boolean nesterov) {
        throw new UnsupportedOperationException("cpu: sgd");
    }

    @Override
    public void adaGrad(Buffers buffers, Storage squares, float epsilon) {
        throw new UnsupportedOperationException("cpu: adaGrad");
    }

    @Override
    public void adaDelta(Buffers buffers, Storage squares, Storage updates, float rho, float epsilon) {
        throw new UnsupportedOperationException("cpu: adaDelta");
    }

    @Override
    public void rmsProp(
            Buffers buffers, Storage squares, Storage velocity, float alpha, float epsilon, float momentum) {
        throw new UnsupportedOperationException("cpu: rmsProp");
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
        throw new UnsupportedOperationException("cpu: adam");
    }

    @Override
    public void lars(Buffers buffers, Storage velocity, float momentum, float trust, float epsilon) {
        throw new UnsupportedOperationException("cpu: lars");
    }

    @Override
    public void lerp(Storage target, Storage source, float weight) {
        throw new UnsupportedOperationException("cpu: lerp");
    }

    @Override
    public void globalNorm(Buffers buffers, float maxNorm) {
        throw new UnsupportedOperationException("cpu: globalNorm");
    }

    @Override
    public void clipByValue(Buffers buffers, float limit) {
        throw new UnsupportedOperationException("cpu: clipByValue");
    }

    @Override
    public void checkFinite(Buffers buffers) {
        throw new UnsupportedOperationException("cpu: checkFinite");
    }
}
