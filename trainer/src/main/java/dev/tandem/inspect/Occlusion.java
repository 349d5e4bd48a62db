package dev.tandem.inspect;

import dev.tandem.nn.Module;
import dev.tandem.nn.functional.Functions;
import dev.tandem.tensor.Autograd;
import dev.tandem.tensor.Scope;
import dev.tandem.tensor.Tensor;
import java.util.Arrays;

/**
 * What a class's probability becomes when a square of the image is hidden, square by square (Zeiler and Fergus 2014, section 4.2,
 * https://arxiv.org/abs/1311.2901). Where it falls, the network had looked. Works for any network.
 *
 * @param probability of the class in the whole image
 * @param patch side of the square in pixels
 * @param tops upper edges of the squares; {@code lefts} likewise
 * @param probabilities {@code [tops.length, lefts.length]}
 */
public record Occlusion(
        int height, int width, double probability, int patch, int[] tops, int[] lefts, float[] probabilities) {
    private static final int AT_ONCE = 16;

    /**
     * Squares lie {@code stride} apart from the upper left corner on; the last of each row and column ends at the border. They are
     * filled with 0, which is the mean colour where images are centred.
     *
     * @param image {@code [1, C, H, W]}, as the network takes it
     * @param target the class
     * @throws IllegalArgumentException if the patch is larger than the image, or patch or stride is below 1
     */
    public static Occlusion of(Module network, Tensor image, int target, int patch, int stride) {
        int height = (int) image.size(2);
        int width = (int) image.size(3);
        if (patch < 1 || patch > Math.min(height, width) || stride < 1) {
            throw new IllegalArgumentException(
                    "occlusion: patch " + patch + " and stride " + stride + " given for images"
                            + " of " + height + "×" + width + "; the patch must be from 1 to " + Math.min(height, width)
                            + " pixels, the stride 1 or more");
        }
        int[] tops = places(height, patch, stride);
        int[] lefts = places(width, patch, stride);
        float[] pixels = image.toFloatArray();
        float[] result = new float[tops.length * lefts.length];
        for (int from = 0; from < result.length; from += AT_ONCE) {
            int count = Math.min(AT_ONCE, result.length - from);
            float[] batch = new float[count * pixels.length];
            for (int i = 0; i < count; i++) {
                System.arraycopy(pixels, 0, batch, i * pixels.length, pixels.length);
                int top = tops[(from + i) / lefts.length];
                int left = lefts[(from + i) % lefts.length];
                hide(batch, i * pixels.length, (int) image.size(1), height, width, top, left, patch);
            }
            Tensor hidden = Tensor.of(image.device(), batch, count, image.size(1), height, width);
            System.arraycopy(probabilities(network, hidden, target), 0, result, from, count);
            hidden.release();
        }
        double whole = probabilities(network, image, target)[0];
        return new Occlusion(height, width, whole, patch, tops, lefts, result);
    }

    private static int[] places(int size, int patch, int stride) {
        int count = (size - patch + stride - 1) / stride + 1;
        int[] places = new int[count];
        for (int i = 0; i < count; i++) {
            places[i] = Math.min(i * stride, size - patch);
        }
        return places;
    }

    private static void hide(
            float[] batch, int offset, int channels, int height, int width, int top, int left, int patch) {
        for (int c = 0; c < channels; c++) {
            for (int y = top; y < top + patch; y++) {
                int start = offset + (c * height + y) * width + left;
                Arrays.fill(batch, start, start + patch, 0);
            }
        }
    }

    private static float[] probabilities(Module network, Tensor images, int target) {
        try (Scope scope = Scope.open();
                Autograd.NoGrad off = Autograd.noGrad()) {
            Tensor logits = Watching.apply(network, images, null);
            GradCam.checkClass(target, logits);
            return Functions.softmax(logits, 1).select(1, target).toFloatArray();
        }
    }

    /** For each pixel, how much of the class's probability was lost, on average of the squares that hid the pixel. */
    public HeatMap drops() {
        double[] sums = new double[height * width];
        int[] counts = new int[height * width];
        for (int i = 0; i < probabilities.length; i++) {
            int top = tops[i / lefts.length];
            int left = lefts[i % lefts.length];
            for (int y = top; y < top + patch; y++) {
                for (int x = left; x < left + patch; x++) {
                    sums[y * width + x] += probability - probabilities[i];
                    counts[y * width + x]++;
                }
            }
        }
        float[] values = new float[sums.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = counts[i] == 0 ? 0 : (float) (sums[i] / counts[i]); // a stride above the patch leaves gaps
        }
        return new HeatMap(height, width, values);
    }
}
