package dev.tandem.cpu;

import java.lang.foreign.MemorySegment;

/** Copies images in plain order into {@link Planes}: by vectors, of which a row's last ends where the row does, or by rows. */
final class PlaneCopy {
    private final PlanarKernels kernels;
    private final long rowBytes;
    private final int[] from; // bytes to each vector, or row, of an image
    private final int[] to; // and where it goes in the planes
    private final boolean byVectors;

    PlaneCopy(Planes planes, PlanarKernels kernels) {
        this.kernels = kernels;
        rowBytes = (long) planes.width() * Float.BYTES;
        byVectors = planes.width() >= kernels.lanes();
        int[] columns = byVectors ? Planes.starts(planes.width(), kernels.lanes()) : new int[1];
        from = new int[planes.channels() * planes.height() * columns.length];
        to = new int[from.length];
        for (int i = 0; i < from.length; i++) {
            int column = columns[i % columns.length];
            int row = i / columns.length;
            from[i] = (row * planes.width() + column) * Float.BYTES;
            to[i] = row / planes.height() * (int) planes.planeBytes()
                    + planes.imageOffset(row % planes.height(), column);
        }
    }

    /** @param planes the first plane; its padding is left as it is */
    void copy(long image, long planes) {
        if (byVectors) {
            kernels.copy(image, from, planes, to);
            return;
        }
        for (int row = 0; row < from.length; row++) {
            MemorySegment.copy(NativeMemory.ALL, image + from[row], NativeMemory.ALL, planes + to[row], rowBytes);
        }
    }
}
