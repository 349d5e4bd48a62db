package dev.tandem.backend.meta;

import dev.tandem.backend.Backend;
import dev.tandem.backend.DeviceInfo;
import dev.tandem.backend.InputOps;
import dev.tandem.backend.MathOps;
import dev.tandem.backend.MemoryOps;
import dev.tandem.backend.NeuralOps;
import dev.tandem.backend.OperationKind;
import dev.tandem.backend.OptimizerOps;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Tensor;
import java.util.Map;
import java.util.Set;

/**
 * Infers shapes, counts multiply-adds and the memory that a real device would need, and holds none. Everything read from it
 * is zero.
 *
 * <pre>{@code
 * MetaBackend meta = new MetaBackend();
 * try (Device device = Device.of(meta)) {
 *     network.initialize(device, 0);   // free
 *     network.apply(Tensor.zeros(1, 3, 224, 224)).shape();
 *     meta.multiplyAdds();
 * }
 * }</pre>
 */
public final class MetaBackend implements Backend {
    /** The device's name. */
    public static final String NAME = "meta";

    private final MetaMemory memory = new MetaMemory();
    private final MultiplyAdds multiplyAdds = new MultiplyAdds();
    private final MathOps math = new MetaMath(memory, multiplyAdds);
    private final NeuralOps neural = new MetaNeural(memory, multiplyAdds);

    /** Whether values on a device mean nothing. */
    public static boolean isMeta(Device device) {
        return device.name().equals(NAME);
    }

    /** Multiply-adds of all convolutions, matrix products and attention so far; element-wise work is not counted. */
    public long multiplyAdds() {
        return multiplyAdds.total();
    }

    /** Whether one tensor is a view of the other, or both of a third. */
    public static boolean shareMemory(Tensor a, Tensor b) {
        return ((MetaStorage) a.storage()).block == ((MetaStorage) b.storage()).block;
    }

    @Override
    public DeviceInfo info() {
        return new DeviceInfo(NAME, "shapes only", 0, Map.of());
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
        return new MetaOptimizer();
    }

    @Override
    public InputOps input() {
        return (pixels, windows, height, width, mean, scale, dtype) ->
                memory.allocate(pixels.shape().size(0), pixels.shape().size(3), height, width, dtype);
    }

    @Override
    public Set<DType> types(OperationKind operation) {
        return DType.FLOATING;
    }

    @Override
    public void synchronize() {}

    @Override
    public void close() {}
}
