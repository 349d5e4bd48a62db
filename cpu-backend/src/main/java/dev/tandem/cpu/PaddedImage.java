package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.tandem.backend.Window;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.lang.foreign.MemorySegment;

/**
 * The sizes of one image, with channels last and the padding around it, and of its output, for a convolution of stride 1.
 */
record PaddedImage(Window window, int channels, int height, int width, int outputs) {
    PaddedImage(Shape x, int outputs, Window window) {
        this(window, (int) x.size(1), (int) x.size(2), (int) x.size(3), outputs);
    }

    int paddedHeight() {
        return height + window.padTop() + window.padBottom();
    }

    int paddedWidth() {
        return width + window.padLeft() + window.padRight();
    }

    int paddedPixels() {
        return paddedHeight() * paddedWidth();
    }

    /** Floats of a row with its padding. */
    int row() {
        return paddedWidth() * channels;
    }

    /** The first float behind the padding. */
    int start() {
        return (window.padTop() * paddedWidth() + window.padLeft()) * channels;
    }

    int outputHeight() {
        return (int) window.outputHeight(height);
    }

    int outputWidth() {
        return (int) window.outputWidth(width);
    }

    /** Weights of an output. */
    int taps() {
        return channels * window.kernelHeight() * window.kernelWidth();
    }

    /** Writes the image, without the padding, to an address. */
    void write(float[] source, long image) {
        int count = width * channels;
        for (int row = 0; row < height; row++) {
            long to = image + (long) row * count * Float.BYTES;
            MemorySegment.copy(source, start() + row * row(), NativeMemory.ALL, JAVA_FLOAT, to, count);
        }
    }

    /** Reads the gradient of the output at an address, with {@code pitch} floats from row to row. */
    void readGradient(long gradient, float[] target, int pitch) {
        int count = outputWidth() * outputs;
        for (int row = 0; row < outputHeight(); row++) {
            long from = gradient + (long) row * count * Float.BYTES;
            MemorySegment.copy(NativeMemory.ALL, JAVA_FLOAT, from, target, row * pitch, count);
        }
    }

    /** Where image {@code n} of some begins. */
    static long address(CpuStorage images, long n) {
        Shape shape = images.shape();
        return images.address + n * (shape.elements() / shape.size(0)) * DType.FLOAT32.bytes();
    }
}
