package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.tandem.backend.Window;
import java.util.Arrays;

/**
 * The input gradient of a convolution of stride 1 whose input has few channels, as LeNet's second: a vector of channels would
 * be half empty, but a row of a window is contiguous with channels last, so vectors run over that. Image by image in the cache;
 * threads share the images. oneDNN takes 1.3 to 3 times as long for such. A gradient that is not finite may make neighbours of its
 * window NaN too.
 */
final class WindowRowConvolution {
    /** Floats of an image and its gradient that stay in the second-level cache. */
    private static final int LARGEST_IMAGE = 65_536;

    private final CpuRuntime runtime;
    private final WindowRowKernels kernels;
    private final int lanes;

    WindowRowConvolution(CpuRuntime runtime, WindowRowKernels kernels) {
        this.runtime = runtime;
        this.kernels = kernels;
        this.lanes = kernels.lanes();
    }

    /** Whether this is the faster way, by measurements with AVX2 and AVX-512. */
    static boolean takes(Convolution.Key key) {
        Window window = key.window();
        PaddedImage image = new PaddedImage(key.x(), (int) key.weight().size(0), window);
        return key.kind() == Convolution.Kind.BACKWARD_INPUT
                && key.groups() == 1
                && window.strideHeight() == 1
                && window.strideWidth() == 1
                && window.dilationHeight() == 1
                && window.dilationWidth() == 1
                && window.kernelWidth() >= 5
                && image.channels() < 8
                && image.channels() * window.kernelWidth() >= 15
                && image.paddedPixels() * Math.max(image.channels(), image.outputs()) <= LARGEST_IMAGE;
    }

    /** Adds each output pixel's gradient times the weights to the rows of its window, which are contiguous. */
    void backwardInput(CpuStorage gradient, CpuStorage weight, Window window, CpuStorage target) {
        int outputs = (int) weight.shape().size(0);
        PaddedImage image = new PaddedImage(target.shape(), outputs, window);
        WindowRows rows = new WindowRows(window, image.channels(), image.row(), lanes);
        float[][] weights = weightsOfRows(rows, image, weight.segment().toArray(JAVA_FLOAT));
        int pairs = Math.ceilDiv(image.outputWidth(), 2);
        int gradientRow = 2 * pairs * outputs;
        runtime.parallel().run(target.shape().size(0), 1, (from, to) -> {
            float[] block = new float[2 * rows.elements()];
            float[] gradients = new float[image.outputHeight() * gradientRow];
            float[] values = new float[imageSize(image)];
            for (long n = from; n < to; n++) {
                image.readGradient(PaddedImage.address(gradient, n), gradients, gradientRow);
                Arrays.fill(values, 0);
                for (int group = 0; group < rows.groups(); group++) {
                    int[] offsets = rows.offsets(group);
                    for (int row = 0; row < image.outputHeight(); row++) {
                        kernels.spread(
                                gradients,
                                row * gradientRow,
                                outputs,
                                weights[group],
                                offsets,
                                values,
                                row * image.row(),
                                image.channels(),
                                2 * pairs,
                                block);
                    }
                }
                image.write(values, PaddedImage.address(target, n));
            }
        });
    }

    /** A padded image's floats, with room behind it. */
    private int imageSize(PaddedImage image) {
        return image.paddedPixels() * image.channels() + 2 * image.channels() + lanes;
    }

    /** {@code [group][output][vector][lane]}, zeros where there is no weight. */
    private static float[][] weightsOfRows(WindowRows rows, PaddedImage image, float[] weights) {
        float[][] result = new float[rows.groups()][image.outputs() * rows.elements()];
        for (int group = 0; group < result.length; group++) {
            for (int element = 0; element < rows.elements(); element++) {
                int place = rows.weight(group, element);
                for (int output = 0; place >= 0 && output < image.outputs(); output++) {
                    result[group][output * rows.elements() + element] = weights[output * image.taps() + place];
                }
            }
        }
        return result;
    }
}
