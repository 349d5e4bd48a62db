package dev.tandem.data;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * Another data set's images, scaled as they are asked for. A triangle filter as wide as the step, so that shrinking averages
 * (Pillow's and torchvision's bilinear).
 */
public final class ResizedDataset implements ImageDataset {
    private final ImageDataset whole;
    private final Axis rows;
    private final Axis columns;

    public ResizedDataset(ImageDataset whole, int height, int width) {
        if (height < 1 || width < 1) {
            throw new IllegalArgumentException(
                    whole.name() + ": images of " + height + "×" + width + " are asked for; use at least 1×1");
        }
        this.whole = whole;
        rows = new Axis(whole.height(), height);
        columns = new Axis(whole.width(), width);
    }

    /** Which source pixels make each target pixel along an axis, and their shares. */
    private static final class Axis {
        final int[] from;
        final float[][] shares;

        Axis(int size, int target) {
            from = new int[target];
            shares = new float[target][];
            double step = (double) size / target;
            double support = Math.max(1, step);
            for (int i = 0; i < target; i++) {
                double center = (i + 0.5) * step;
                from[i] = Math.max(0, (int) Math.floor(center - support));
                int to = Math.min(size, (int) Math.ceil(center + support));
                shares[i] = new float[to - from[i]];
                double total = 0;
                for (int k = 0; k < shares[i].length; k++) {
                    double share = Math.max(0, 1 - Math.abs(from[i] + k + 0.5 - center) / support);
                    shares[i][k] = (float) share;
                    total += share;
                }
                for (int k = 0; k < shares[i].length; k++) {
                    shares[i][k] /= (float) total;
                }
            }
        }

        int size() {
            return from.length;
        }
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
                for (int k = 0; k < rows.shares[y].length; k++) {
                    sum += rows.shares[y][k] * narrow[(rows.from[y] + k) * stride + i];
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
                    for (int k = 0; k < columns.shares[x].length; k++) {
                        int pixel = (y * whole.width() + columns.from[x] + k) * channels + c;
                        sum += columns.shares[x][k] * (source[pixel] & 0xff);
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
