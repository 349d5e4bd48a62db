package dev.tandem.conformance;

import dev.tandem.backend.Backend;
import dev.tandem.backend.DeviceInfo;
import dev.tandem.backend.InputOps;
import dev.tandem.backend.MathOps;
import dev.tandem.backend.MemoryOps;
import dev.tandem.backend.NeuralOps;
import dev.tandem.backend.OperationKind;
import dev.tandem.backend.OptimizerOps;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.util.Map;
import java.util.Set;

/**
 * The seam as its documentation defines it, in double precision and plain loops: the judge of every backend. Neural
 * operations have no backward here, since finite differences of a double-precision forward are exact enough, and
 * independent of everybody's derivations.
 */
public final class ReferenceBackend implements Backend {
    static final DeviceInfo INFO = new DeviceInfo(
            "reference", "double precision, plain loops", Runtime.getRuntime().maxMemory(), Map.of());

    private final ReferenceHeap heap = new ReferenceHeap();
    private final ReferenceMemory memory = new ReferenceMemory(heap);
    private final ReferenceMath math = new ReferenceMath(heap);
    private final ReferenceNeural neural = new ReferenceNeural(heap);
    private final ReferenceOptimizer optimizer = new ReferenceOptimizer();
    private final ReferenceInput input = new ReferenceInput(heap);

    /** A float32 storage with values as exact as doubles. */
    Storage storage(Shape shape, double... values) {
        return heap.of(shape, values);
    }

    @Override
    public DeviceInfo info() {
        return INFO;
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
        return Set.of(DType.FLOAT32);
    }

    @Override
    public void synchronize() {}

    @Override
    public void close() {}
}
