package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.tandem.backend.PoolKind;
import dev.tandem.backend.Window;
import dev.tandem.tensor.Shape;
import java.util.function.Supplier;

/**
 * Pooling that picks one element of each window: maximum and median. Forward saves the picked element's number in its
 * window. Where windows overlap, backward gathers for each input element the gradients of the windows that picked it, so that
 * threads never write to the same place. Own loops, since oneDNN's maximum drops NaN and knows no infinity: a network that diverges
 * would look healthy.
 */
final class SelectionPooling {
    private final Parallel parallel;
    private final PoolKernels kernels;

    SelectionPooling(CpuRuntime runtime) {
        this.parallel = runtime.parallel();
        this.kernels = Kernels.of(PoolKernels.class);
    }

    /**
     * @param picked where to write the picked elements' numbers (as floats), or 0
     */
    void forward(PoolKind kind, Shape x, Shape outputs, Window window, long input, long output, long picked) {
        forWindows(x, outputs, window, input, () -> {
            Median median = kind == PoolKind.MEDIAN ? new Median(window) : null;
            return (windows, offset) -> {
                long numbers = picked == 0 ? 0 : picked + offset;
                if (median == null) {
                    kernels.max(windows, kind == PoolKind.RECTIFIED_MAX, output + offset, numbers);
                } else {
                    median.of(windows, output + offset, numbers);
                }
            };
        });
    }

    /** What is done with windows whose results lie from a number of bytes on. */
    private interface Body {
        void run(PoolWindows windows, long offset);
    }

    /** @param body makes what a thread does */
    private void forWindows(Shape x, Shape outputs, Window window, long input, Supplier<Body> body) {
        int outputHeight = (int) outputs.size(2);
        int outputWidth = (int) outputs.size(3);
        long imageBytes = x.elements() / x.size(0) * Float.BYTES;
        long pixelBytes = outputs.size(1) * Float.BYTES;
        parallel.run(outputs.size(0) * outputHeight, grain(outputs), (from, to) -> {
            PoolWindows windows = new PoolWindows(x, window);
            Body part = body.get();
            for (long row = from; row < to; row++) {
                long image = input + row / outputHeight * imageBytes;
                for (int column = 0; column < outputWidth; column += windows.count) {
                    windows.moveTo(image, (int) (row % outputHeight), column);
                    part.run(windows, (row * outputWidth + column) * pixelBytes);
                }
            }
        });
    }

    /** The gradient for the input; all of it is written. */
    void backward(Shape x, Shape outputs, Window window, long gradient, long picked, long target) {
        boolean overlap = window.kernelExtentHeight() > window.strideHeight()
                || window.kernelExtentWidth() > window.strideWidth();
        if (overlap) {
            gather(x, outputs, window, gradient, picked, target);
            return;
        }
        if (outputs.size(2) * window.kernelHeight() != x.size(2)
                || outputs.size(3) * window.kernelWidth() != x.size(3)
                || window.hasPadding()) {
            // Windows leave gaps.
            parallel.run(x.elements(), (from, to) -> NativeMemory.segment(
                            target + from * Float.BYTES, (to - from) * Float.BYTES)
                    .fill((byte) 0));
        }
        forWindows(
                x,
                outputs,
                window,
                target,
                () -> (windows, offset) -> kernels.scatter(windows, gradient + offset, picked + offset));
    }

    private void gather(Shape x, Shape outputs, Window window, long gradient, long picked, long target) {
        int height = (int) x.size(2);
        WindowRows rows = WindowRows.of(window, height, (int) outputs.size(2));
        long rowBytes = x.size(1) * x.size(3) * Float.BYTES;
        long outputRowBytes = x.size(1) * outputs.size(3) * Float.BYTES;
        long outputBytes = outputRowBytes * outputs.size(2);
        parallel.run(x.size(0) * height, grain(x), (from, to) -> {
            for (long row = from; row < to; row++) {
                long toRow = target + row * rowBytes;
                NativeMemory.segment(toRow, rowBytes).fill((byte) 0);
                int inImage = (int) (row % height);
                for (int i = rows.from()[inImage]; i < rows.from()[inImage + 1]; i++) {
                    long at = row / height * outputBytes + rows.output()[i] * outputRowBytes;
                    gatherRow(x, outputs, window, gradient + at, picked + at, rows.tap()[i], toRow);
                }
            }
        });
    }

    /** Adds what one row of windows gives to one row of an image, its windows' row {@code tap}. */
    private void gatherRow(Shape x, Shape outputs, Window window, long gradient, long picked, int tap, long target) {
        int channels = (int) x.size(1);
        long pixelBytes = (long) Float.BYTES * channels;
        int stride = window.strideWidth();
        for (int column = 0; column < window.kernelWidth(); column++) {
            int left = column * window.dilationWidth() - window.padLeft(); // in the first window
            int first = left >= 0 ? 0 : Math.ceilDiv(-left, stride);
            int end = (int) Math.min(outputs.size(3), Math.ceilDiv(x.size(3) - left, (long) stride));
            if (first < end) {
                kernels.addPicked(
                        gradient + first * pixelBytes,
                        picked + first * pixelBytes,
                        end - first,
                        channels,
                        tap * window.kernelWidth() + column,
                        target + ((long) first * stride + left) * pixelBytes,
                        stride * pixelBytes);
            }
        }
    }

    /** Rows of images a thread takes at least. */
    private static long grain(Shape images) {
        return Math.max(1, Parallel.GRAIN / (images.size(1) * images.size(3)));
    }

    /** For each channel the lower middle of a window's elements, by insertion sort; NaN, if there is one. */
    private static final class Median {
        private final float[] sorted;
        private final int[] numbers;

        Median(Window window) {
            sorted = new float[window.kernelHeight() * window.kernelWidth()];
            numbers = new int[sorted.length];
        }

        void of(PoolWindows windows, long y, long picked) {
            long to = 0;
            for (int window = 0; window < windows.count; window++) {
                long start = windows.address + window * windows.stepBytes;
                for (int channel = 0; channel < windows.channels; channel++, start += Float.BYTES, to += Float.BYTES) {
                    int place = pick(windows, start);
                    NativeMemory.ALL.set(JAVA_FLOAT, y + to, sorted[place]);
                    if (picked != 0) {
                        NativeMemory.ALL.set(JAVA_FLOAT, picked + to, numbers[place]);
                    }
                }
            }
        }

        private int pick(PoolWindows windows, long start) {
            int count = 0;
            int notANumber = -1;
            for (int row = 0; row < windows.rows; row++) {
                for (int column = 0; column < windows.columns; column++) {
                    long from = start + row * windows.rowBytes + column * windows.columnBytes;
                    int place = insert(count++, NativeMemory.ALL.get(JAVA_FLOAT, from), windows.number(row) + column);
                    notANumber = Float.isNaN(sorted[place]) ? place : notANumber;
                }
            }
            return notANumber >= 0 ? notANumber : (count - 1) / 2;
        }

        private int insert(int count, float value, int number) {
            int place = count;
            for (; place > 0 && sorted[place - 1] > value; place--) {
                sorted[place] = sorted[place - 1];
                numbers[place] = numbers[place - 1];
            }
            sorted[place] = value;
            numbers[place] = number;
            return place;
        }
    }
}
