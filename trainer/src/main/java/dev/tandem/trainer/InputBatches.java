package dev.tandem.trainer;

import dev.tandem.backend.Storage;
import dev.tandem.data.Batch;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Shape;
import dev.tandem.tensor.Tensor;

/** Brings batches of pixels to a device and turns them into what networks take. */
public final class InputBatches {
    private InputBatches() {}

    /**
     * {@code [N, C, H, W]} float32, normalised as the network wants it.
     *
     * @throws IllegalArgumentException if the images have another number of channels than the network takes
     */
    public static Tensor images(Batch batch, NetworkSpec spec, Device device) {
        if (batch.channels() != spec.channels()) {
            throw new IllegalArgumentException("a batch of images of " + batch.channels() + " channels: the network "
                    + spec.model() + " takes " + spec.channels() + "; choose another data set, or build it for these");
        }
        Shape pixelShape = Shape.of(batch.size(), batch.height(), batch.width(), batch.channels());
        Tensor pixels = Tensor.upload(device, batch.pixels(), DType.UINT8, pixelShape);
        Tensor windows = Tensor.upload(device, batch.windows(), DType.INT32, Shape.of(batch.size(), 3));
        Storage images = device.input()
                .images(
                        pixels.storage(),
                        windows.storage(),
                        spec.height(),
                        spec.width(),
                        spec.normalization().mean(),
                        spec.normalization().scale(),
                        DType.FLOAT32);
        return Tensor.wrap(device, images);
    }

    /** int64 {@code [N]}. */
    public static Tensor labels(Batch batch, Device device) {
        return Tensor.ofLongs(device, batch.labels(), batch.size());
    }
}
