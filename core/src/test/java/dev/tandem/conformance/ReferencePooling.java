package dev.tandem.conformance;

import dev.tandem.backend.PoolKind;
import dev.tandem.backend.Window;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.util.Arrays;

/** Pooling by its definition: collect a window's elements inside the image, then take what the kind says. */
final class ReferencePooling {
    private ReferencePooling() {}

    static ReferenceStorage forward(ReferenceHeap heap, PoolKind kind, ReferenceStorage x, Window window) {
        int planes = x.size(0) * x.size(1);
        int rows = (int) window.outputHeight(x.size(2));
        int columns = (int) window.outputWidth(x.size(3));
        ReferenceStorage result = heap.allocate(Shape.of(x.size(0), x.size(1), rows, columns), DType.FLOAT32);
        int at = 0;
        for (int plane = 0; plane < planes; plane++) {
            for (int row = 0; row < rows; row++) {
                for (int column = 0; column < columns; column++) {
                    double[] inside = inside(x, plane, row, column, window);
                    result.set(at++, take(kind, inside, window));
                }
            }
        }
        return result;
    }

    private static double[] inside(ReferenceStorage x, int plane, int row, int column, Window window) {
        int height = x.size(2);
        int width = x.size(3);
        double[] found = new double[window.kernelHeight() * window.kernelWidth()];
        int count = 0;
        for (int i = 0; i < window.kernelHeight(); i++) {
            for (int j = 0; j < window.kernelWidth(); j++) {
                int y = row * window.strideHeight() - window.padTop() + i * window.dilationHeight();
                int z = column * window.strideWidth() - window.padLeft() + j * window.dilationWidth();
                if (y >= 0 && y < height && z >= 0 && z < width) {
                    found[count++] = x.get((plane * height + y) * width + z);
                }
            }
        }
        return Arrays.copyOf(found, count);
    }

    private static double take(PoolKind kind, double[] inside, Window window) {
        return switch (kind) {
            case MAX -> {
                double largest = Double.NEGATIVE_INFINITY;
                for (double value : inside) {
                    largest = Math.max(largest, value); // NaN if any is
                }
                yield largest;
            }
            case RECTIFIED_MAX -> Math.max(0, take(PoolKind.MAX, inside, window));
            case AVERAGE -> sum(inside) / inside.length;
            case AVERAGE_WITH_PADDING -> sum(inside) / (window.kernelHeight() * window.kernelWidth());
            case MEDIAN -> {
                Arrays.sort(inside);
                yield inside[(inside.length - 1) / 2];
            }
        };
    }

    private static double sum(double[] values) {
        double sum = 0;
        for (double value : values) {
            sum += value;
        }
        return sum;
    }
}
