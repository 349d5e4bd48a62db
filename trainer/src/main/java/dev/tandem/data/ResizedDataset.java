package dev.tandem.data;

import dev.tandem.data.image.Interpolation;
import dev.tandem.data.image.ScaledAxis;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * Another data set's images, scaled as they are asked for, {@linkplain Interpolation#BILINEAR bilinear}.
 */
public final class ResizedDataset implements ImageDataset {
    private final ImageDataset whole;
    private final ScaledAxis rows;
    private final ScaledAxis columns;

    public ResizedDataset(ImageDataset whole, int height, int width) {
        if (height < 1 || width < 1) {
            throw new IllegalArgumentException(
                    whole.name() + ": images of " + height + "×" + width + " are asked for; use at least 1×1");
        }
        this.whole = whole;
        rows = new ScaledAxis(whole.height(), height, 0, height, Interpolation.BILINEAR);
        columns = new ScaledAxis(whole.width(), width, 0, width, Interpolation.BILINEAR);
    }

    @Override
    public String name() {
        return whole.name();
    }

    @Override
    public int size() {
        return whole.size();
    }

    @Override
    public int channels() {
        return whole.channels();
    }

    @Override
    public int height() {
        return rows.size();
    }

    @Override
    public int width() {
        return columns.size();
    }

    @Override
    public List<String> classNames() {
        return whole.classNames();
    }

    @Override
    public int label(int index) {
        return whole.label(index);
    }

    @Override
    public void copyPixels(int index, MemorySegment target, long offset) {
        byte[] source = new byte[whole.imageBytes()];
        whole.copyPixels(index, MemorySegment.ofArray(source), 0);
        float[] narrow = scaleColumns(source);
        int stride = columns.size() * channels();
        for (int y = 0; y < rows.size(); y++) {
            for (int i = 0; i < stride; i++) {
                float sum = 0;
                for (int k = 0; k < rows.shares(y).length; k++) {
                    sum += rows.shares(y)[k] * narrow[(rows.from(y) + k) * stride + i];
                }
                target.set(ValueLayout.JAVA_BYTE, offset + (long) y * stride + i, (byte) Math.round(sum));
            }
        }
    }

    /** {@code [H, W, C] → [H, width, C]}. */
    private float[] scaleColumns(byte[] source) {
        int channels = channels();
        float[] result = new float[whole.height() * columns.size() * channels];
        for (int y = 0; y < whole.height(); y++) {
            for (int x = 0; x < columns.size(); x++) {
                for (int c = 0; c < channels; c++) {
                    float sum = 0;
                    for (int k = 0; k < columns.shares(x).length; k++) {
                        int pixel = (y * whole.width() + columns.from(x) + k) * channels + c;
                        sum += columns.shares(x)[k] * (source[pixel] & 0xff);
                    }
                    result[(y * columns.size() + x) * channels + c] = sum;
                }
            }
        }
        return result;
    }

    @Override
    public String fingerprint() {
        return whole.fingerprint();
    }
}
