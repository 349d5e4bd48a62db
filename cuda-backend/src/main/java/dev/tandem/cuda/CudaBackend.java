package dev.tandem.cuda;

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
import dev.tandem.tensor.DeviceException;
import java.io.IOException;
import java.util.Set;

/** A GPU as a device. */
final class CudaBackend implements Backend {
    private final DeviceInfo info;
    private final CudaRuntime runtime;
    private final CudaMemory memory;
    private final CudaMath math;
    private final CudaNeural neural;
    private final CudaOptimizer optimizer;
    private final CudaInput input;

    private CudaBackend(DeviceInfo info, CudaRuntime runtime) {
        this.info = info;
        this.runtime = runtime;
        Elementwise elementwise = new Elementwise(runtime);
        Reduction reduction = new Reduction(runtime);
        MatrixProduct matrixProduct = new MatrixProduct(runtime, elementwise);
        memory = new CudaMemory(runtime);
        math = new CudaMath(runtime, elementwise, reduction, matrixProduct);
        neural = new CudaNeural(runtime, elementwise, reduction, matrixProduct);
        optimizer = new CudaOptimizer(runtime);
        input = new CudaInput(runtime);
    }

    /** @throws DeviceException if the GPU cannot be used, saying why and what to do */
    static CudaBackend open(CudaMachine machine, int index, DeviceOptions options) {
        DeviceInfo info = machine.devices().get(index);
        int architecture = machine.driver().architecture(index);
        if (machine.libraries().architectureFor(architecture).isEmpty()) {
            throw new DeviceException(
                    info.name() + ": " + CudaExamination.unsupported(machine.libraries(), architecture));
        }
        try {
            machine.libraries().bindDriver();
            CudaRuntime runtime = new CudaRuntime(info.name(), index, machine, options, info.memoryBytes());
            openLibraries(runtime);
            return new CudaBackend(info, runtime);
        } catch (CudaException e) {
            throw new DeviceException(
                    e.getMessage() + "; nvidia-smi shows who uses the GPU and how much of its memory is free", e);
        } catch (IOException | LinkageError e) {
            throw new DeviceException(info.name() + ": JCuda's driver library cannot be loaded: " + e.getMessage(), e);
        }
    }

    private static void openLibraries(CudaRuntime runtime) {
        try {
            runtime.openLibraries();
        } catch (CudaException e) {
            runtime.close();
            throw e;
        }
    }

    @Override
    public DeviceInfo info() {
        return info;
    }

    @Override
    public MemoryOps memory() {
        runtime.enter();
        return memory;
    }

    @Override
    public MathOps math() {
        runtime.enter();
        return math;
    }

    @Override
    public NeuralOps neural() {
        runtime.enter();
        return neural;
    }

    @Override
    public OptimizerOps optimizer() {
        runtime.enter();
        return optimizer;
    }

    @Override
    public InputOps input() {
        runtime.enter();
        return input;
    }

    @Override
    public Set<DType> types(OperationKind operation) {
        // The kernel of the loss reads float32: its sums over a thousand classes need it.
        return operation == OperationKind.CROSS_ENTROPY ? Set.of(DType.FLOAT32) : DType.FLOATING;
    }

    @Override
    public void synchronize() {
        runtime.enter();
        runtime.synchronize();
    }

    @Override
    public void close() {
        if (!runtime.status().isBroken()) {
            runtime.enter();
        }
        runtime.close();
    }
}
