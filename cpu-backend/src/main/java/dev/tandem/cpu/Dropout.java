package dev.tandem.cpu;

import dev.tandem.backend.NeuralOps.Result;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;

/**
 * Dropout. What is saved is a bit for each element, in plain order: the order in which random numbers are counted, whatever
 * the order of the images. Images with channels last are brought to plain order and stay there; dropout stands between
 * linear layers, or behind a pooling to 1×1 where both orders are the same.
 */
final class Dropout {
    private static final RandomKernels LOOPS = Kernels.of(RandomKernels.class);

    private final CpuRuntime runtime;
    private final Random random;

    Dropout(CpuRuntime runtime) {
        this.runtime = runtime;
        this.random = new Random(runtime);
    }

    /** Of what is saved: a bit for each element. */
    static Shape maskShape(Shape x) {
        return Shape.of((x.elements() + 7) / 8);
    }

    Result forward(Storage x, float probability, Storage state) {
        CpuStorage.requireFloat32("dropout", x);
        CpuStorage from = runtime.plain(x);
        CpuStorage to = runtime.allocate(x.shape(), DType.FLOAT32);
        long elements = x.shape().elements();
        CpuStorage mask = runtime.allocate(maskShape(x.shape()), DType.UINT8);
        // word·2⁻²⁴ ≥ probability, in whole numbers
        int threshold = (int) Math.ceil(probability * 0x1p24);
        float scale = 1 / (1 - probability);
        random.draw(
                elements,
                state,
                (start, count, seed, counter) -> LOOPS.dropout(
                        from.address + Float.BYTES * start,
                        to.address + Float.BYTES * start,
                        mask.address + start / 8,
                        count,
                        threshold,
                        scale,
                        seed,
                        counter));
        from.release();
        return new Result(to, mask);
    }

    Storage backward(Storage gradient, Storage saved, float probability) {
        CpuStorage.requireFloat32("dropout's backward", gradient);
        CpuStorage from = runtime.plain(gradient);
        CpuStorage to = runtime.allocate(gradient.shape(), DType.FLOAT32);
        CpuStorage mask = (CpuStorage) saved;
        float scale = 1 / (1 - probability);
        random.inParts(
                gradient.shape().elements(),
                (start, count) -> LOOPS.keep(
                        from.address + Float.BYTES * start,
                        to.address + Float.BYTES * start,
                        mask.address + start / 8,
                        count,
                        scale));
        from.release();
        return to;
    }
}
