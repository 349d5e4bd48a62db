package dev.tandem.cpu;

import java.lang.foreign.MemorySegment;

/**
 * Splits images with channels last into {@link Planes} and joins them again: by shuffling vectors where there are few
 * channels and a row fills a vector, else element by element.
 */
final class PlaneCopy {
    private final Planes planes;
    private final PlanarKernels kernels;
    private final int[] pixels; // bytes to each of the image's pixels in a plane
    private final PlaneShuffle split; // null for element by element; likewise join
    private final PlaneShuffle join;

    PlaneCopy(Planes planes, PlanarKernels kernels) {
        this.planes = planes;
        this.kernels = kernels;
        this.pixels = new int[planes.height() * planes.width()];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = planes.imageOffset(i / planes.width(), i % planes.width());
        }
        boolean shuffles = planes.channels() <= PlanarKernels.CHANNELS && planes.width() >= kernels.lanes();
        this.split = shuffles ? PlaneShuffle.split(planes, kernels.lanes()) : null;
        this.join = shuffles ? PlaneShuffle.join(planes, kernels.lanes()) : null;
    }

    /** @param image the first pixel; {@code target} the first plane */
    void split(long image, long target) {
        if (planes.channels() == 1) {
            copyRows(image, target);
            return;
        }
        for (int channel = 0; channel < planes.channels(); channel++) {
            long plane = target + channel * planes.planeBytes();
            if (split != null) {
                kernels.shuffle(split, channel, image, (long) kernels.lanes() * Float.BYTES, plane);
            } else {
                kernels.spread(image + (long) channel * Float.BYTES, planes.channels(), plane, pixels);
            }
        }
    }

    private void copyRows(long image, long target) {
        long bytes = (long) planes.width() * Float.BYTES;
        for (int row = 0; row < planes.height(); row++) {
            long to = target + planes.imageOffset(row, 0);
            MemorySegment.copy(NativeMemory.ALL, image + row * bytes, NativeMemory.ALL, to, bytes);
        }
    }

    /** @param source the first plane; {@code image} the first pixel */
    void join(long source, long image) {
        for (int channel = 0; channel < planes.channels(); channel++) {
            if (join != null) {
                kernels.shuffle(join, channel, source, planes.planeBytes(), image);
            } else {
                long plane = source + channel * planes.planeBytes();
                kernels.collect(plane, pixels, image + (long) channel * Float.BYTES, planes.channels());
            }
        }
    }
}
