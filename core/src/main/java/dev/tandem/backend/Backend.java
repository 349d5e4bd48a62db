package dev.tandem.backend;

import dev.tandem.tensor.DType;
import java.util.Set;

/** One opened device: the five groups of operations over one kind of {@link Storage}. */
public interface Backend extends AutoCloseable {
    DeviceInfo info();

    MemoryOps memory();

    MathOps math();

    NeuralOps neural();

    OptimizerOps optimizer();

    InputOps input();

    /**
     * The element types of an operation's main operands, of which its result and the gradients of those operands are too. All
     * of them work forward and backward.
     */
    Set<DType> types(OperationKind operation);

    /** Waits until everything asked for so far has been done. */
    void synchronize();

    /** Frees everything, whatever is still live. May come from another thread than all other calls, when no operation runs. */
    @Override
    void close();
}
