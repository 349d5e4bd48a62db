package dev.tandem.conformance;

import dev.tandem.backend.InputOps;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;

/** Crop, mirror, normalise, pixel by pixel. */
final class ReferenceInput implements InputOps {
    private final ReferenceHeap heap;

    ReferenceInput(ReferenceHeap heap) {
        this.heap = heap;
    }

    @Override
    public Storage images(
            Storage pixels, Storage windows, int height, int width, float[] mean, float[] scale, DType dtype) {
        ReferenceStorage from = (ReferenceStorage) pixels;
        ReferenceStorage places = (ReferenceStorage) windows;
        int channels = from.size(3);
        ReferenceStorage result = heap.allocate(Shape.of(from.size(0), channels, height, width), dtype);
        for (int i = 0; i < result.elements(); i++) {
            long[] index = Index.of(i, result.shape());
            int n = (int) index[0];
            int channel = (int) index[1];
            boolean mirror = places.integer(n * 3 + 2) != 0;
            long y = places.integer(n * 3) + index[2];
            long x = places.integer(n * 3 + 1) + (mirror ? width - 1 - index[3] : index[3]);
            boolean inside = y >= 0 && y < from.size(1) && x >= 0 && x < from.size(2);
            double pixel = inside ? from.get(Index.element(new long[] {n, y, x, channel}, pixels.shape())) : 0;
            result.set(i, Rounding.round((pixel - mean[channel]) * scale[channel], dtype));
        }
        return result;
    }
}
