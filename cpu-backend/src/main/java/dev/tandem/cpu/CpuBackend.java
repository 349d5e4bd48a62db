package dev.tandem.cpu;

import dev.tandem.backend.Backend;
import dev.tandem.backend.DeviceInfo;
import dev.tandem.backend.DeviceOptions;
import dev.tandem.backend.InputOps;
import dev.tandem.backend.MathOps;
import dev.tandem.backend.MemoryOps;
import dev.tandem.backend.NeuralOps;
import dev.tandem.backend.OperationKind;
import dev.tandem.backend.OptimizerOps;
import dev.tandem.tensor.DType;
import java.util.Set;

/** The CPU as a device. */
final class CpuBackend implements Backend {
    private static final Set<DType> FLOAT32_ONLY = Set.of(DType.FLOAT32);

    private final DeviceInfo info;
    private final CpuRuntime runtime;
    private final CpuMemory memory;
    private final CpuMath math;
    private final CpuNeural neural;
    private final CpuOptimizer optimizer;
    private final CpuInput input;

    CpuBackend(DeviceInfo info, DeviceOptions options) {
        this.info = info;
        long limit = options.memoryLimitBytes() > 0 ? options.memoryLimitBytes() : CpuProvider.availableBytes();
        runtime = new CpuRuntime(options, options.threadsOrCores(), limit);
        memory = new CpuMemory(runtime);
        math = new CpuMath(runtime, memory);
        neural = new CpuNeural(runtime);
        optimizer = new CpuOptimizer(runtime);
        input = new CpuInput(runtime);
    }

    @Override
    public DeviceInfo info() {
        return info;
    }

    @Override
    public MemoryOps memory() {
        return memory;
    }

    @Override
    public MathOps math() {
        return math;
    }

    @Override
    public NeuralOps neural() {
        return neural;
    }

    @Override
    public OptimizerOps optimizer() {
        return optimizer;
    }

    @Override
    public InputOps input() {
        return input;
    }

    @Override
    public Set<DType> types(OperationKind operation) {
        return switch (operation) {
            case MATMUL, IMAGES -> DType.FLOATING;
            default -> FLOAT32_ONLY;
        };
    }

    @Override
    public void synchronize() {
        // Every operation is done when it returns.
    }

    @Override
    public void close() {
        runtime.close();
    }
}
