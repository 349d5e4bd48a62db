package dev.tandem.backend;

/** One opened device: the five groups of operations over one kind of {@link Storage}. */
public interface Backend extends AutoCloseable {
    DeviceInfo info();

    MemoryOps memory();

    MathOps math();

    NeuralOps neural();

    OptimizerOps optimizer();

    InputOps input();

    /** Waits until everything asked for so far has been done. */
    void synchronize();

    /** Frees everything, whatever is still live. May come from another thread than all other calls, when no operation runs. */
    @Override
    void close();
}
