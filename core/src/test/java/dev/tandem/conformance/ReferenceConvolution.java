package dev.tandem.conformance;

import dev.tandem.backend.Activation;
import dev.tandem.backend.Window;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;

/** Convolution by its definition: every output is a sum over a window of its group's channels. */
final class ReferenceConvolution {
    private ReferenceConvolution() {}

    static ReferenceStorage forward(
            ReferenceHeap heap,
            ReferenceStorage x,
            ReferenceStorage weight,
            ReferenceStorage bias,
            Window window,
            int groups,
            Activation activation) {
        int images = x.size(0);
        int inputs = x.size(1);
        int height = x.size(2);
        int width = x.size(3);
        int outputs = weight.size(0);
        int rows = (int) window.outputHeight(height);
        int columns = (int) window.outputWidth(width);
        int inputsPerGroup = inputs / groups;
        int outputsPerGroup = outputs / groups;
        ReferenceStorage result = heap.allocate(Shape.of(images, outputs, rows, columns), DType.FLOAT32);
        int at = 0;
        for (int n = 0; n < images; n++) {
            for (int o = 0; o < outputs; o++) {
                int firstInput = o / outputsPerGroup * inputsPerGroup;
                for (int row = 0; row < rows; row++) {
                    for (int column = 0; column < columns; column++) {
                        double sum = bias == null ? 0 : bias.get(o);
                        for (int c = 0; c < inputsPerGroup; c++) {
                            for (int i = 0; i < window.kernelHeight(); i++) {
                                for (int j = 0; j < window.kernelWidth(); j++) {
                                    int y = row * window.strideHeight() - window.padTop() + i * window.dilationHeight();
                                    int z = column * window.strideWidth()
                                            - window.padLeft()
                                            + j * window.dilationWidth();
                                    if (y < 0 || y >= height || z < 0 || z >= width) {
                                        continue; // padding is zeros
                                    }
                                    double pixel = x.get(((n * inputs + firstInput + c) * height + y) * width + z);
                                    double factor = weight.get(((o * inputsPerGroup + c) * window.kernelHeight() + i)
                                                    * window.kernelWidth()
                                            + j);
                                    sum += pixel * factor;
                                }
                            }
                        }
                        result.set(at++, ReferenceMath.activate(activation, sum));
                    }
                }
            }
        }
        return result;
    }
}
