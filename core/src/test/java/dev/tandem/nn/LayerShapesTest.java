package dev.tandem.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.backend.PadMode;
import dev.tandem.backend.Window;
import dev.tandem.nn.functional.Convolution;
import dev.tandem.tensor.Shape;
import dev.tandem.tensor.ShapeException;
import dev.tandem.tensor.Tensor;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Output shapes and refusals of layers; expected sizes are PyTorch's. */
class LayerShapesTest extends OnMeta {
    @Test
    void alexNetsFirstConvolutionGivesHalfOf227AsInThePaper() {
        assertThat(shapeOf(new Conv2d(3, 96, 11).stride(4), 2, 3, 227, 227)).isEqualTo(Shape.of(2, 96, 55, 55));
    }

    @ParameterizedTest
    @CsvSource({"1, 7, 7", "2, 7, 4", "2, 8, 4", "3, 10, 4"})
    void samePaddingGivesSizeOverStrideRoundedUp(int stride, int size, int expected) {
        assertThat(shapeOf(new Conv2d(1, 1, 3).stride(stride).same(), 1, 1, size, size))
                .isEqualTo(Shape.of(1, 1, expected, expected));
    }

    @Test
    void evenKernelsPadMoreBelowAndToTheRight() {
        Conv2d conv = new Conv2d(1, 1, 4).same();
        assertThat(conv.window().withSamePadding(8, 8).padTop()).isEqualTo(1);
        assertThat(conv.window().withSamePadding(8, 8).padBottom()).isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource({"CONSTANT", "REPLICATE", "REFLECT"})
    void asymmetricPaddingHoldsInEveryMode(PadMode mode) {
        assertThat(shapeOf(new Conv2d(2, 4, 3).padding(0, 1, 2, 3).paddingMode(mode), 1, 2, 8, 8))
                .isEqualTo(Shape.of(1, 4, 7, 11));
    }

    @Test
    void groupsAndDilationShapeTheWeight() {
        Conv2d conv = new Conv2d(8, 16, 3).groups(4).dilation(2);
        assertThat(shapeOf(conv, 1, 8, 9, 9)).isEqualTo(Shape.of(1, 16, 5, 5));
        assertThat(conv.parameters().get("weight").shape()).isEqualTo(Shape.of(16, 2, 3, 3));
    }

    @Test
    void parametersKeepTorchsNamesWhateverTheOrderOfSettings() {
        assertThat(new Conv2d(4, 4, 1).bias(false).bias(true).groups(2).parameters())
                .containsOnlyKeys("weight", "bias");
        assertThat(new Conv2d(4, 4, 1).bias(false).groups(2).parameters()).containsOnlyKeys("weight");
        assertThat(new BatchNorm2d(3).parameters().keySet())
                .containsExactly("weight", "bias", "running_mean", "running_var");
    }

    @Test
    void aWrongNumberOfChannelsNamesLayerAndShapes() {
        Sequential network = new Sequential();
        network.add("features", new Sequential(new Conv2d(96, 256, 3), new ReLU(), new Conv2d(256, 256, 3)));
        Module wrong = ((Sequential) network.get(0)).get(2);
        network.initialize(device, 0);
        assertThatThrownBy(() -> wrong.apply(Tensor.zeros(1, 96, 9, 9)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("Conv2d features.2: input has 96 channels, the layer expects 256 (weight [256, 256, 3, 3]);"
                        + " check the layer before it");
    }

    @Test
    void theInnermostLayerNamesItself() {
        Sequential network = new Sequential(new Sequential(new Linear(4, 2)));
        network.initialize(device, 0);
        assertThatThrownBy(() -> network.apply(Tensor.zeros(1, 3)))
                .hasMessageStartingWith("Linear 0.0: input [1, 3] has 3 features, the layer expects 4");
    }

    @Test
    void unflattenedImagesAreToldToFlatten() {
        assertThatThrownBy(() -> shapeOf(new Linear(48, 2), 1, 3, 4, 4)).hasMessageContaining("flatten");
    }

    @Test
    void anImageSmallerThanTheKernelIsRefused() {
        assertThatThrownBy(() -> shapeOf(new Conv2d(3, 96, 11), 1, 3, 9, 9))
                .hasMessageContaining("9×9 pixels, smaller than the window of 11×11");
        assertThatThrownBy(() -> shapeOf(new MaxPool2d(3), 1, 3, 2, 2)).hasMessageContaining("2×2 pixels");
    }

    /** A window of two elements, both in the padding on either side. */
    @Test
    void anImageSmallerThanTheDilationOfPaddedPoolingIsRefused() {
        assertThatThrownBy(() -> shapeOf(new MaxPool2d(2).stride(1).dilation(2).padding(1), 1, 3, 1, 1))
                .hasMessageContaining("no smaller than the dilation of 2×2");
        assertThat(shapeOf(new MaxPool2d(2).stride(1).dilation(2).padding(1), 1, 3, 2, 2))
                .isEqualTo(Shape.of(1, 3, 2, 2));
    }

    @Test
    void groupsThatDoNotDivideAreRefused() {
        assertThatThrownBy(() -> new Conv2d(6, 8, 3).groups(4))
                .hasMessageContaining("6 → 8")
                .hasMessageContaining("4");
    }

    @Test
    void aConvolutionOfNoChannelsIsRefused() {
        Window window = Window.square(3, 1, 1);
        for (long[] weight : new long[][] {{4, 0, 3, 3}, {0, 2, 3, 3}}) {
            Tensor x = Tensor.zeros(1, weight[1], 5, 5);
            assertThatThrownBy(() -> Convolution.convolution(x, Tensor.zeros(weight), null, window, 1, null))
                    .isInstanceOf(ShapeException.class)
                    .hasMessageContaining("convolution: weight " + Shape.of(weight));
        }
    }

    @Test
    void aSingleValueAChannelCannotBeBatchNormalised() {
        BatchNorm2d norm = new BatchNorm2d(4);
        assertThatThrownBy(() -> shapeOf(norm, 1, 4, 1, 1)).hasMessageContaining("one value a channel");
        assertThat(norm.setTraining(false).apply(Tensor.zeros(1, 4, 1, 1)).shape())
                .isEqualTo(Shape.of(1, 4, 1, 1));
    }

    // Input, kernel, stride, padding, output as torch.nn.MaxPool2d(ceil_mode=True) gives them.
    @ParameterizedTest
    @CsvSource({"112, 3, 2, 0, 56", "7, 2, 2, 0, 4", "6, 3, 2, 0, 3", "5, 2, 2, 1, 3", "4, 3, 3, 1, 2", "2, 2, 2, 1, 2"
    })
    void poolingRoundedUpAsInPyTorch(int size, int kernel, int stride, int padding, int expected) {
        Shape wanted = Shape.of(1, 1, expected, expected);
        Supplier<MaxPool2d> max =
                () -> new MaxPool2d(kernel).stride(stride).padding(padding).ceilMode();
        assertThat(shapeOf(max.get(), 1, 1, size, size)).isEqualTo(wanted);
        AvgPool2d average =
                new AvgPool2d(kernel).stride(stride).padding(padding).ceilMode();
        assertThat(shapeOf(average, 1, 1, size, size)).isEqualTo(wanted);
    }

    @Test
    void poolingStridesByItsKernelUnlessToldOtherwise() {
        assertThat(shapeOf(new MedianPool2d(2), 1, 3, 9, 9)).isEqualTo(Shape.of(1, 3, 4, 4));
        assertThat(shapeOf(new MaxPool2d(3).stride(2), 1, 3, 55, 55)).isEqualTo(Shape.of(1, 3, 27, 27));
    }

    @ParameterizedTest
    @CsvSource({"12, 6", "7, 6", "13, 6", "1, 7", "3, 7", "7, 1"})
    void adaptivePoolingGivesItsSizeForAnyInput(int size, int output) {
        Shape wanted = Shape.of(2, 5, output, output);
        assertThat(shapeOf(new AdaptiveAvgPool2d(output), 2, 5, size, size)).isEqualTo(wanted);
        assertThat(shapeOf(new AdaptiveMaxPool2d(output), 2, 5, size, size)).isEqualTo(wanted);
    }

    @Test
    void otherLayers() {
        assertThat(shapeOf(new Flatten(), 2, 3, 4, 5)).isEqualTo(Shape.of(2, 60));
        assertThat(shapeOf(new GlobalAvgPool(), 2, 3, 4, 5)).isEqualTo(Shape.of(2, 3, 1, 1));
        assertThat(shapeOf(new Maxout(3), 2, 12, 4, 4)).isEqualTo(Shape.of(2, 4, 4, 4));
        assertThat(shapeOf(Pad2d.reflect(2), 1, 1, 4, 4)).isEqualTo(Shape.of(1, 1, 8, 8));
        assertThat(shapeOf(new Linear(8, 3), 2, 5, 8)).isEqualTo(Shape.of(2, 5, 3));
        assertThat(shapeOf(new LayerNorm(4, 4), 2, 3, 4, 4)).isEqualTo(Shape.of(2, 3, 4, 4));
        assertThat(shapeOf(new LocalResponseNorm(5), 2, 8, 4, 4)).isEqualTo(Shape.of(2, 8, 4, 4));
        assertThat(shapeOf(new Dropout(), 2, 8)).isEqualTo(Shape.of(2, 8));
        assertThat(shapeOf(new Softmax(), 2, 8)).isEqualTo(Shape.of(2, 8));
        assertThat(shapeOf(new Identity(), 2, 8)).isEqualTo(Shape.of(2, 8));
    }

    @Test
    void anEmptyBatchPasses() {
        Sequential network = new Sequential(
                new Conv2d(1, 4, 3), new BatchNorm2d(4), new ReLU(), new AdaptiveAvgPool2d(1), new Flatten());
        assertThat(shapeOf(network, 0, 1, 8, 8)).isEqualTo(Shape.of(0, 4));
    }

    @Test
    void attentionKeepsTokensAndRefusesOthers() {
        MultiHeadAttention attention = new MultiHeadAttention(6, 2);
        assertThat(shapeOf(attention, 2, 5, 6)).isEqualTo(Shape.of(2, 5, 6));
        assertThatThrownBy(() -> attention.apply(Tensor.zeros(2, 5, 8)))
                .isInstanceOf(ShapeException.class)
                .hasMessageContaining("[2, 5, 8] is not [N, T, 6]");
        assertThatThrownBy(() -> new MultiHeadAttention(6, 4)).hasMessageContaining("divisible by the heads");
    }
}
