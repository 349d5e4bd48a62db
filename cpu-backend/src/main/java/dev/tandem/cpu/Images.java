package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import dev.tandem.backend.Storage;
import dev.tandem.backend.pool.Block;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;

/** Crops, mirrors and normalises images of bytes, straight into the order that convolutions like. */
final class Images {
    private static final ConversionKernels KERNELS = Kernels.of(ConversionKernels.class);

    private static final boolean LITTLE = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;

    private final CpuStorage pixels;
    private final CpuStorage windows;
    private final CpuStorage result;
    /** A row of means, then one of scales, each repeated for every pixel of a row of the result. */
    private final Block constants;

    private final long channels;
    private final long rowLength;

    private Images(CpuStorage pixels, CpuStorage windows, CpuStorage result, Block constants) {
        this.pixels = pixels;
        this.windows = windows;
        this.result = result;
        this.constants = constants;
        this.channels = result.shape().size(1);
        this.rowLength = channels * result.shape().size(3);
    }

    static CpuStorage images(
            CpuRuntime runtime,
            Storage pixels,
            Storage windows,
            int height,
            int width,
            float[] mean,
            float[] scale,
            DType dtype) {
        Shape from = pixels.shape();
        CpuStorage source = runtime.plain(pixels);
        CpuStorage places = runtime.plain(windows);
        CpuStorage result = runtime.allocateImages(Shape.of(from.size(0), from.size(3), height, width));
        Block constants = constants(runtime, width, mean, scale);
        Images images = new Images(source, places, result, constants);
        long rows = from.size(0) * height;
        runtime.parallel().run(rows, Math.max(1, Parallel.GRAIN / Math.max(1, images.rowLength)), (first, end) -> {
            for (long row = first; row < end; row++) {
                images.row(row / height, row % height);
            }
        });
        runtime.allocator().release(constants);
        source.release();
        places.release();
        CpuStorage converted = Cast.cast(runtime, result, dtype);
        result.release();
        return converted;
    }

    private static Block constants(CpuRuntime runtime, int width, float[] mean, float[] scale) {
        int length = Math.multiplyExact(width, mean.length);
        Block block = runtime.allocator().allocate(2L * length * Float.BYTES, "image constants");
        MemorySegment floats = NativeMemory.segment(block.address, 2L * length * Float.BYTES);
        for (int i = 0; i < length; i++) {
            floats.setAtIndex(JAVA_FLOAT, i, mean[i % mean.length]);
            floats.setAtIndex(JAVA_FLOAT, length + i, scale[i % mean.length]);
        }
        return block;
    }

    private void row(long image, long y) {
        long height = pixels.shape().size(1);
        long width = pixels.shape().size(2);
        long top = Integers.get(DType.INT32, windows.address, 3 * image) + y;
        long left = Integers.get(DType.INT32, windows.address, 3 * image + 1);
        boolean mirror = Integers.get(DType.INT32, windows.address, 3 * image + 2) != 0;
        long outWidth = result.shape().size(3);
        long target = result.address + (image * result.shape().size(2) + y) * rowLength * Float.BYTES;
        boolean inside = top >= 0 && top < height;
        long source = pixels.address + (image * height + (inside ? top : 0)) * width * channels;
        if (inside && left >= 0 && left + outWidth <= width && !mirror) {
            normalize(source + left * channels, target);
            return;
        }
        // Its pixels are laid out in the last quarter of the row's own memory, where each is read before it is
        // overwritten.
        long staged = target + 3 * rowLength;
        NativeMemory.segment(staged, rowLength).fill((byte) 0);
        long from = Math.max(0, left);
        long to = inside ? Math.min(width, left + outWidth) : from;
        if (mirror) {
            mirror(source, from, to, staged, left + outWidth - 1);
        } else if (to > from) {
            long at = staged + (from - left) * channels;
            MemorySegment.copy(
                    NativeMemory.ALL, source + from * channels, NativeMemory.ALL, at, (to - from) * channels);
        }
        normalize(staged, target);
    }

    /** Pixel {@code x} goes to {@code last − x}. */
    private void mirror(long source, long from, long to, long target, long last) {
        long x = to - 1;
        if (channels == 3) {
            // Four bytes at once: the fourth is overwritten by the next pixel, which the very last has not.
            for (; x > from; x--) {
                int pixel = NativeMemory.ALL.get(JAVA_INT_UNALIGNED, source + x * 3 - 1);
                NativeMemory.ALL.set(JAVA_INT_UNALIGNED, target + (last - x) * 3, LITTLE ? pixel >>> 8 : pixel << 8);
            }
        }
        for (; x >= from; x--) {
            for (long c = 0; c < channels; c++) {
                byte value = NativeMemory.ALL.get(JAVA_BYTE, source + x * channels + c);
                NativeMemory.ALL.set(JAVA_BYTE, target + (last - x) * channels + c, value);
            }
        }
    }

    private void normalize(long bytes, long target) {
        long scales = constants.address + rowLength * Float.BYTES;
        KERNELS.normalize(bytes, constants.address, scales, target, rowLength);
    }
}
