package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.tandem.backend.PoolKind;
import dev.tandem.backend.Window;
import dev.tandem.tensor.Shape;

/**
 * Pooling that picks one element of each window: maximum and median. Forward saves the picked element's number in its
 * window; backward gathers, for each input element, the gradients of the windows that picked it, so that threads never
 * write to the same place. Own loops, since oneDNN's maximum drops NaN and knows no infinity: a network that diverges
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
     * @param x address of images with channels last, of that shape
     * @param outputs the result's shape
     * @param index where to write the picked elements' numbers (INT32), or 0
     */
    void forward(PoolKind kind, Shape x, Shape outputs, Window window, long input, long output, long index) {
        int outputHeight = (int) outputs.size(2);
        int outputWidth = (int) outputs.size(3);
        long imageBytes = x.elements() / x.size(0) * Float.BYTES;
        long pixelBytes = outputs.size(1) * Float.BYTES;
        parallel.run(outputs.size(0) * outputHeight, grain(outputs), (from, to) -> {
            PoolWindow here = new PoolWindow(x, window);
            Median median = kind == PoolKind.MEDIAN ? new Median(window) : null;
            for (long row = from; row < to; row++) {
                long image = input + row / outputHeight * imageBytes;
                for (int column = 0; column < outputWidth; column++) {
                    here.moveTo(image, (int) (row % outputHeight), column);
                    long at = (row * outputWidth + column) * pixelBytes;
                    if (median == null) {
                        kernels.max(here, output + at, index == 0 ? 0 : index + at);
                    } else {
                        median.of(here, output + at, index == 0 ? 0 : index + at);
                    }
                }
            }
        });
    }

    /** The gradient for the input; all of it is written. */
    void backward(Shape x, Shape outputs, Window window, long gradient, long index, long target) {
        int height = (int) x.size(2);
        int width = (int) x.size(3);
        int channels = (int) x.size(1);
        int outputHeight = (int) outputs.size(2);
        int outputWidth = (int) outputs.size(3);
        WindowTaps rows = WindowTaps.of(
                height,
                outputHeight,
                window.kernelHeight(),
                window.strideHeight(),
                window.padTop(),
                window.dilationHeight(),
                outputWidth,
                window.kernelWidth());
        WindowTaps columns = WindowTaps.of(
                width,
                outputWidth,
                window.kernelWidth(),
                window.strideWidth(),
                window.padLeft(),
                window.dilationWidth(),
                1,
                1);
        long rowBytes = 4L * width * channels;
        parallel.run(x.size(0) * height, grain(x), (from, to) -> {
            for (long row = from; row < to; row++) {
                long image = row / height * 4 * outputHeight * outputWidth * channels;
                for (int column = 0; column < width; column++) {
                    kernels.gather(
                            gradient + image,
                            index + image,
                            rows,
                            (int) (row % height),
                            columns,
                            column,
                            channels,
                            target + row * rowBytes + 4L * column * channels);
                }
            }
        });
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

        void of(PoolWindow window, long y, long index) {
            for (long at = 0; at < 4L * window.channels; at += 4) {
                int picked = pick(window, at);
                NativeMemory.ALL.set(JAVA_FLOAT, y + at, sorted[picked]);
                if (index != 0) {
                    NativeMemory.ALL.set(JAVA_INT, index + at, numbers[picked]);
                }
            }
        }

        private int pick(PoolWindow window, long at) {
            int count = 0;
            int notANumber = -1;
            for (int row = 0; row < window.rows; row++) {
                for (int column = 0; column < window.columns; column++) {
                    long from = window.address + row * window.rowBytes + column * window.columnBytes + at;
                    int place = insert(count++, NativeMemory.ALL.get(JAVA_FLOAT, from), window.number(row) + column);
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
