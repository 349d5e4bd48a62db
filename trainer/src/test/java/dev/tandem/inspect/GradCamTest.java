package dev.tandem.inspect;

import static dev.tandem.nn.Layers.avgPool;
import static dev.tandem.nn.Layers.conv;
import static dev.tandem.nn.Layers.flatten;
import static dev.tandem.nn.Layers.linear;
import static dev.tandem.nn.Layers.sequential;
import static dev.tandem.nn.Layers.tanh;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tandem.models.Models;
import dev.tandem.nn.Module;
import dev.tandem.nn.Sequential;
import dev.tandem.tensor.Tensor;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;

/** Against the network in plain Java and double precision, its gradients by finite differences. */
class GradCamTest extends OnCpu {
    private static final int CLASSES = 3;
    /** Float32's rounding through the network, relative to maps around 0.1; the differences err by 1e-9. */
    private static final float ROUNDING = 2e-6f;

    /** 2×8×8 → 3×6×6 → 3×3×3 → 4×2×2 → 3; smooth, so that differences are gradients. */
    private Sequential network() {
        return initialised(
                sequential(conv(2, 3, 3), tanh(), avgPool(2), conv(3, 4, 2), tanh(), flatten(), linear(16, CLASSES)));
    }

    @Test
    void mapOfTheLastConvolutionIsThatOfFiniteDifferences() {
        Sequential network = network();
        Tensor image = image(2, 8, 8);
        double[] maps = second(network, first(network, image));

        for (int target = 0; target < CLASSES; target++) {
            int number = target;
            GradCam result = GradCam.of(network, image, target);

            assertThat(result.layer()).isEqualTo("4");
            assertSame(result.map(), maps, 4, 2, each -> score(network, each, number));
        }
    }

    @Test
    void mapOfANamedLayerIsThatOfFiniteDifferences() {
        Sequential network = network();
        Tensor image = image(2, 8, 8);

        GradCam result = GradCam.of(network, image, 1, "1");

        double[] maps = first(network, image);
        assertSame(result.map(), maps, 3, 6, each -> score(network, second(network, each), 1));
    }

    private static void assertSame(
            HeatMap actual, double[] maps, int channels, int side, ToDoubleFunction<double[]> score) {
        int places = side * side;
        double[] expected = new double[places];
        for (int k = 0; k < channels; k++) {
            double weight = 0;
            for (int i = 0; i < places; i++) {
                weight += difference(maps, k * places + i, score) / places;
            }
            for (int i = 0; i < places; i++) {
                expected[i] += weight * maps[k * places + i];
            }
        }
        assertThat(actual.height()).isEqualTo(side);
        assertThat(actual.width()).isEqualTo(side);
        for (int i = 0; i < places; i++) {
            assertThat(actual.values()[i]).isCloseTo((float) Math.max(0, expected[i]), within(ROUNDING));
        }
    }

    private static double difference(double[] maps, int index, ToDoubleFunction<double[]> score) {
        double step = 1e-5;
        double[] moved = maps.clone();
        moved[index] = maps[index] + step;
        double above = score.applyAsDouble(moved);
        moved[index] = maps[index] - step;
        return (above - score.applyAsDouble(moved)) / (2 * step);
    }

    private static double[] first(Module network, Tensor image) {
        float[] pixels = image.toFloatArray();
        double[] values = new double[pixels.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = pixels[i];
        }
        return convolvedTanh(values, 2, 8, weights(network, "0.weight"), weights(network, "0.bias"), 3);
    }

    private static double[] second(Module network, double[] maps) {
        double[] pooled = new double[3 * 3 * 3];
        for (int i = 0; i < maps.length; i++) {
            int channel = i / 36;
            pooled[channel * 9 + i % 36 / 6 / 2 * 3 + i % 6 / 2] += maps[i] / 4;
        }
        return convolvedTanh(pooled, 3, 3, weights(network, "3.weight"), weights(network, "3.bias"), 2);
    }

    private static double score(Module network, double[] maps, int target) {
        double[] weight = weights(network, "6.weight");
        double sum = weights(network, "6.bias")[target];
        for (int i = 0; i < maps.length; i++) {
            sum += weight[target * maps.length + i] * maps[i];
        }
        return sum;
    }

    private static double[] convolvedTanh(
            double[] input, int channels, int side, double[] weight, double[] bias, int kernel) {
        int size = side - kernel + 1;
        double[] output = new double[bias.length * size * size];
        for (int o = 0; o < output.length; o++) {
            int channel = o / (size * size);
            double sum = bias[channel];
            for (int c = 0; c < channels; c++) {
                for (int k = 0; k < kernel * kernel; k++) {
                    int y = o / size % size + k / kernel;
                    int x = o % size + k % kernel;
                    sum += weight[(channel * channels + c) * kernel * kernel + k] * input[(c * side + y) * side + x];
                }
            }
            output[o] = Math.tanh(sum);
        }
        return output;
    }

    @Test
    void networkIsLeftAsItWas() {
        Sequential network = network();
        network.setTraining(true);
        network.get(3).setTraining(false);
        network.parameters().get("0.bias").setFrozen(true);

        GradCam.of(network, image(2, 8, 8), 0);

        assertThat(network.isTraining()).isTrue();
        assertThat(network.get(0).isTraining()).isTrue();
        assertThat(network.get(3).isTraining()).isFalse();
        assertThat(network.isObserved()).isFalse();
        network.parameters().forEach((name, parameter) -> {
            assertThat(parameter.value().gradient()).as(name).isNull();
            assertThat(parameter.value().requiresGradient()).as(name).isEqualTo(!name.equals("0.bias"));
        });
    }

    @Test
    void tokensOfAVisionTransformerAreAMap() {
        Module transformer = initialised(
                Models.get("vit_custom").build(Models.get("vit_custom").defaults()));
        // The head starts at zero, where nothing has a gradient.
        transformer.parameters().get("heads.head.weight").value().set(random(64 * 10, 9));

        GradCam result = GradCam.of(transformer, image(3, 32, 32), 4);

        assertThat(result.layer()).isEqualTo("input of encoder.layers.encoder_layer_1.self_attention");
        assertThat(result.map().values()).hasSize(4 * 4);
        assertThat(result.map().normalised().values()).contains(1f);
    }

    @Test
    void networkWithoutConvolutionIsRefused() {
        Module network = initialised(sequential(flatten(), linear(64, 3)));

        assertThatThrownBy(() -> GradCam.of(network, image(1, 8, 8), 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no convolution or attention")
                .hasMessageContaining("occlusion");
    }

    @Test
    void unknownLayerAndClassAreRefusedWithWhatThereIs() {
        Sequential network = network();
        Tensor image = image(2, 8, 8);

        assertThatThrownBy(() -> GradCam.of(network, image, 0, "layer9"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("layer9")
                .hasMessageContaining("[0, 1, 2, 3, 4]");
        assertThatThrownBy(() -> GradCam.of(network, image, 3))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("0 to 2");
    }
}
