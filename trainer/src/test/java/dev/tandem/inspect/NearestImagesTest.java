package dev.tandem.inspect;

import static dev.tandem.nn.Layers.conv;
import static dev.tandem.nn.Layers.flatten;
import static dev.tandem.nn.Layers.globalAvgPool;
import static dev.tandem.nn.Layers.linear;
import static dev.tandem.nn.Layers.relu;
import static dev.tandem.nn.Layers.sequential;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tandem.data.InMemoryDataset;
import dev.tandem.data.Normalization;
import dev.tandem.nn.Module;
import dev.tandem.tensor.Tensor;
import dev.tandem.trainer.NetworkSpec;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class NearestImagesTest extends OnCpu {
    private static final int PIXELS = 3 * 4 * 4;
    private static final int HIDDEN = 5;
    private static final NetworkSpec SPEC =
            new NetworkSpec("small", 3, 4, 4, List.of("a", "b"), Normalization.zeroToOne(3));

    private static InMemoryDataset images(int count) {
        SplittableRandom random = new SplittableRandom(8);
        byte[] pixels = new byte[count * PIXELS];
        random.nextBytes(pixels);
        byte[] labels = new byte[count];
        for (int i = 0; i < count; i++) {
            labels[i] = (byte) (i % 2);
        }
        return new InMemoryDataset("noise", 3, 4, 4, SPEC.classNames(), labels, pixels);
    }

    @Test
    void neighboursAreThoseOfAllDistancesSorted() {
        Module network = initialised(sequential(flatten(), linear(PIXELS, HIDDEN), relu(), linear(HIDDEN, 2)));
        InMemoryDataset dataset = images(70);
        Planes[] queries = {Planes.of(dataset, 41), Planes.of(images(71), 70)};
        Tensor both = Tensor.concat(0, tensor(queries[0]), tensor(queries[1]));
        List<Integer> seen = new ArrayList<>();

        List<List<NearestImages.Neighbour>> found =
                NearestImages.find(network, SPEC, both, dataset, 6, 32, device, seen::add);

        assertThat(seen).containsExactly(32, 64, 70);
        for (int q = 0; q < 2; q++) {
            double[] query = hidden(network, queries[q]);
            double[] distances = new double[70];
            List<Integer> order = new ArrayList<>();
            for (int i = 0; i < 70; i++) {
                distances[i] = distance(query, hidden(network, Planes.of(dataset, i)));
                order.add(i);
            }
            order.sort(Comparator.comparingDouble(i -> distances[i]));
            assertThat(found.get(q))
                    .extracting(NearestImages.Neighbour::index)
                    .containsExactlyElementsOf(order.subList(0, 6));
            for (NearestImages.Neighbour each : found.get(q)) {
                assertThat(each.label()).isEqualTo(each.index() % 2);
                // Features are around 1 in float32.
                assertThat(each.distance()).isCloseTo(distances[each.index()], within(1e-6));
            }
        }
        assertThat(found.get(0).get(0).index()).isEqualTo(41); // the query itself
    }

    private Tensor tensor(Planes image) {
        return Tensor.of(device, image.values(), 1, 3, 4, 4);
    }

    private static double[] hidden(Module network, Planes image) {
        double[] weight = weights(network, "1.weight");
        double[] result = weights(network, "1.bias");
        for (int h = 0; h < HIDDEN; h++) {
            for (int i = 0; i < PIXELS; i++) {
                result[h] += weight[h * PIXELS + i] * image.values()[i];
            }
            result[h] = Math.max(0, result[h]);
        }
        return result;
    }

    private static double distance(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (a[i] - b[i]) * (a[i] - b[i]);
        }
        return Math.sqrt(sum);
    }

    @Test
    void featuresBeforeALastConvolutionAreMeansOverPlaces() {
        Module network = initialised(sequential(conv(2, 4, 1), globalAvgPool(), flatten()));
        Tensor image = image(2, 3, 3);

        float[][] features = Features.of(network, image).compute(image);

        float[] pixels = image.toFloatArray();
        double[] means = new double[2];
        for (int i = 0; i < pixels.length; i++) {
            means[i / 9] += pixels[i] / 9;
        }
        assertThat(features).hasDimensions(1, 2);
        assertThat((double) features[0][0]).isCloseTo(means[0], within(1e-6)); // one rounding of numbers below 1
        assertThat((double) features[0][1]).isCloseTo(means[1], within(1e-6));
    }

    @Test
    void imagesOfAnotherSizeAreRefused() {
        Module network = initialised(sequential(flatten(), linear(12, 2)));
        NetworkSpec other = new NetworkSpec("small", 3, 2, 2, List.of("a", "b"), Normalization.zeroToOne(3));

        assertThatThrownBy(
                        () -> NearestImages.find(network, other, image(3, 2, 2), images(3), 1, 8, device, seen -> {}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("3×4×4")
                .hasMessageContaining("3×2×2");
    }
}
