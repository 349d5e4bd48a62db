package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.tandem.backend.InputOps;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;

/** Input operations on the CPU. */
final class CpuInput implements InputOps {
    private final CpuRuntime runtime;
    private final CpuMemory memory;

    CpuInput(CpuRuntime runtime, CpuMemory memory) {
        this.runtime = runtime;
        this.memory = memory;
    }

    @Override
    public Storage images(
            Storage pixels, Storage windows, int height, int width, float[] mean, float[] scale, DType dtype) {
        Shape shape = pixels.shape();
        CpuStorage source = runtime.plain(pixels);
        CpuStorage places = runtime.plain(windows);
        CpuStorage result = runtime.allocateImages(Shape.of(shape.size(0), shape.size(3), height, width));
        float[][] numbers = numbers(mean, scale);
        runtime.parallel()
                .run(
                        shape.size(0) * height,
                        Math.max(1, Parallel.GRAIN / Math.max(1, width * shape.size(3))),
                        (from, to) -> {
                            for (long row = from; row < to; row++) {
                                row(source, places, result, numbers, row);
                            }
                        });
        source.release();
        places.release();
        if (dtype == DType.FLOAT32) {
            return result;
        }
        Storage converted = memory.cast(result, dtype);
        result.release();
        return converted;
    }

    /** What each of a channel's 256 pixel values becomes. */
    private static float[][] numbers(float[] mean, float[] scale) {
        float[][] numbers = new float[mean.length][256];
        for (int c = 0; c < mean.length; c++) {
            for (int pixel = 0; pixel < 256; pixel++) {
                numbers[c][pixel] = (pixel - mean[c]) * scale[c];
            }
        }
        return numbers;
    }

    private static void row(CpuStorage source, CpuStorage places, CpuStorage result, float[][] numbers, long row) {
        int channels = numbers.length;
        long height = source.shape().size(1);
        long width = source.shape().size(2);
        long outHeight = result.shape().size(2);
        long outWidth = result.shape().size(3);
        long image = row / outHeight;
        long y = row % outHeight + Integers.get(DType.INT32, places.address, 3 * image);
        long left = Integers.get(DType.INT32, places.address, 3 * image + 1);
        boolean mirror = Integers.get(DType.INT32, places.address, 3 * image + 2) != 0;
        long target = result.address + 4 * row * outWidth * channels;
        for (long out = 0; out < outWidth; out++) {
            long x = left + (mirror ? outWidth - 1 - out : out);
            boolean inside = y >= 0 && y < height && x >= 0 && x < width;
            long pixel = source.address + ((image * height + y) * width + x) * channels;
            for (int c = 0; c < channels; c++) {
                int value = inside ? NativeMemory.ALL.get(JAVA_BYTE, pixel + c) & 0xff : 0;
                ScalarBinaryKernels.set(target, numbers[c][value]);
                target += 4;
            }
        }
    }
}
