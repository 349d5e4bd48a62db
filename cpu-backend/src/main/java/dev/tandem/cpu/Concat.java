package dev.tandem.cpu;

import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.util.List;

/** One storage after another along an axis. Images stay with channels last. */
final class Concat {
    private Concat() {}

    static CpuStorage concat(CpuRuntime runtime, List<Storage> parts, int axis) {
        long total = parts.stream().mapToLong(part -> part.shape().size(axis)).sum();
        Shape shape = parts.get(0).shape().with(axis, total);
        DType dtype = parts.get(0).dtype();
        CpuStorage target = runtime.allocate(shape, dtype, order(parts));
        long[] strides = target.strides();
        long before = 0;
        for (Storage part : parts) {
            CpuStorage source = (CpuStorage) part;
            StridedCopy.copy(
                    runtime,
                    dtype,
                    source.shape().toArray(),
                    source.address,
                    source.strides(),
                    target.address + before * strides[axis] * dtype.bytes(),
                    strides);
            before += source.shape().size(axis);
        }
        return target;
    }

    private static Order order(List<Storage> parts) {
        return parts.stream().anyMatch(part -> !((CpuStorage) part).isAlsoPlain()) ? Order.CHANNELS_LAST : Order.PLAIN;
    }
}
