package dev.tandem.nn.functional;

import dev.tandem.backend.PoolKind;
import dev.tandem.backend.Window;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Shape;
import dev.tandem.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/**
 * Pooling to a given output size. Along an axis of size n, output i of m covers elements {@code floor(i·n/m)} to {@code
 * ceil((i+1)·n/m)}, so windows may differ in size and overlap; as in PyTorch.
 */
public final class AdaptivePooling {
    private AdaptivePooling() {}

    /** Means: {@code [N, C, H, W] → [N, C, height, width]}. */
    public static Tensor average(Tensor x, int height, int width) {
        check(x, height, width);
        if (isEven(x, height, width)) {
            return Pooling.pool(PoolKind.AVERAGE, x, evenWindow(x, height, width));
        }
        return average(
                x, averagingMatrix(x.device(), x.size(2), height), averagingMatrix(x.device(), x.size(3), width));
    }

    /**
     * Means by two matrix products, rows × image × columnsᵀ, which take windows of any sizes.
     *
     * @param rows {@link #averagingMatrix} of the height
     * @param columns of the width
     */
    public static Tensor average(Tensor x, Tensor rows, Tensor columns) {
        // Halves would round the weights of the mean.
        return rows.matmul(x.cast(DType.FLOAT32).linear(columns, null, null)).cast(x.dtype());
    }

    /** {@code [outputs, inputs]}: row i holds the weights of output i. */
    public static Tensor averagingMatrix(Device device, long inputs, int outputs) {
        float[] weights = new float[Math.toIntExact(inputs * outputs)];
        for (int i = 0; i < outputs; i++) {
            long start = start(i, inputs, outputs);
            long end = end(i, inputs, outputs);
            for (long j = start; j < end; j++) {
                weights[Math.toIntExact(i * inputs + j)] = 1f / (end - start);
            }
        }
        return Tensor.upload(device, MemorySegment.ofArray(weights), DType.FLOAT32, Shape.of(outputs, inputs));
    }

    /** Maxima: {@code [N, C, H, W] → [N, C, height, width]}. */
    public static Tensor max(Tensor x, int height, int width) {
        check(x, height, width);
        if (isEven(x, height, width)) {
            return Pooling.pool(PoolKind.MAX, x, evenWindow(x, height, width));
        }
        return maxAlong(3, maxAlong(2, x, height), width);
    }

    private static Tensor maxAlong(int axis, Tensor x, int outputs) {
        Tensor[] parts = new Tensor[outputs];
        for (int i = 0; i < outputs; i++) {
            Tensor part = x.slice(axis, start(i, x.size(axis), outputs), end(i, x.size(axis), outputs));
            int size = Math.toIntExact(part.size(axis));
            Window window = new Window(axis == 2 ? size : 1, axis == 3 ? size : 1, 1, 1, 0, 0, 0, 0, 1, 1);
            parts[i] = Pooling.pool(PoolKind.MAX, part, window);
        }
        return Tensor.concat(axis, parts);
    }

    private static long start(int i, long inputs, int outputs) {
        return i * inputs / outputs;
    }

    private static long end(int i, long inputs, int outputs) {
        return Math.ceilDiv((i + 1) * inputs, outputs);
    }

    /** Whether all windows are alike, so that ordinary pooling does it. */
    public static boolean isEven(Tensor x, int height, int width) {
        return x.size(2) % height == 0 && x.size(3) % width == 0;
    }

    private static Window evenWindow(Tensor x, int height, int width) {
        int kernelHeight = Math.toIntExact(x.size(2) / height);
        int kernelWidth = Math.toIntExact(x.size(3) / width);
        return new Window(kernelHeight, kernelWidth, kernelHeight, kernelWidth, 0, 0, 0, 0, 1, 1);
    }

    private static void check(Tensor x, int height, int width) {
        Checks.image("adaptive pooling", x);
        if (height < 1 || width < 1 || x.size(2) < 1 || x.size(3) < 1) {
            throw new InputShapeException(
                    "adaptive pooling",
                    "input " + x.shape() + " cannot become " + height + "×" + width
                            + "; all four sizes must be at least 1");
        }
    }
}
