package dev.tandem.cuda;

import dev.tandem.backend.Distribution;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;

/** Random numbers from a counter on the device. */
final class Random {
    private final CudaRuntime runtime;

    Random(CudaRuntime runtime) {
        this.runtime = runtime;
    }

    CudaStorage draw(Distribution distribution, Shape shape, Storage state) {
        CudaStorage result = runtime.allocate(shape, DType.FLOAT32);
        String kernel = distribution == Distribution.UNIFORM ? "draw_uniform" : "draw_normal";
        runtime.kernel("random", kernel, DType.FLOAT32)
                .with((CudaStorage) state)
                .with(result)
                .with(shape.elements())
                .over(counters(shape));
        advance(runtime, state, shape);
        return result;
    }

    /** A counter gives four numbers. */
    static long counters(Shape shape) {
        return (shape.elements() + 3) / 4;
    }

    static void advance(CudaRuntime runtime, Storage state, Shape shape) {
        runtime.kernel("random", "advance", DType.FLOAT32)
                .with((CudaStorage) state)
                .with(counters(shape))
                .once();
    }
}
