package dev.tandem.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OrtException;
import dev.tandem.models.ModelEntry;
import dev.tandem.models.ModelOptions;
import dev.tandem.models.Models;
import dev.tandem.nn.BatchNorm2d;
import dev.tandem.nn.Module;
import dev.tandem.nn.Parameter;
import dev.tandem.tensor.Autograd;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Scope;
import dev.tandem.tensor.Shape;
import dev.tandem.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** ONNX Runtime computes from our files what we compute. */
class ZooExportTest {
    /** Networks with more weights are left to their smaller relatives, so that the test stays short. */
    private static final long LARGEST = Long.getLong("tandem.onnx.largest", 12_000_000);

    private static final long SMALLEST = Long.getLong("tandem.onnx.smallest", 0);

    private static final Set<String> ONLY_OF_THEIR_FAMILY =
            Set.of("alexnet_2012", "vgg11_bn", "inception_v3", "resnet50", "resnext50_32x4d", "convnext_tiny");

    private final Random random = new Random(7);

    @TempDir
    private Path folder;

    static Stream<String> zoo() {
        return Models.all().stream().filter(ZooExportTest::isWanted).map(ModelEntry::name);
    }

    private static boolean isWanted(ModelEntry entry) {
        long parameters = entry.build(small(entry)).parameterCount();
        return parameters >= SMALLEST && (parameters <= LARGEST || ONLY_OF_THEIR_FAMILY.contains(entry.name()));
    }

    /** Small images: the operations are the same. */
    private static ModelOptions small(ModelEntry entry) {
        int size =
                Math.max(entry.leastImageSize(), Math.min(64, entry.defaults().imageSize()));
        return entry.defaults().withImageSize(size).withClasses(11);
    }

    @ParameterizedTest
    @MethodSource("zoo")
    void onnxRuntimeGivesTheSameLogits(String name) throws Exception {
        ModelEntry entry = Models.get(name);
        ModelOptions options = small(entry);
        try (Device device = Device.open("cpu")) {
            Module network = entry.build(options);
            network.initialize(device, 1);
            long size = options.imageSize();
            disturb(network, 4, options.channels(), size, size);
            Path file = folder.resolve("network.onnx");
            OnnxModel.of(network, Map.of(), options.channels(), size, size).write(file);

            for (int batch : new int[] {1, 3}) {
                compare(network, file, batch, options.channels(), size, size);
            }
            Files.delete(file);
        }
    }

    private void compare(Module network, Path file, long... shape) throws OrtException {
        float[] pixels = noise(Shape.of(shape));
        float[] expected;
        try (Scope scope = Scope.open();
                Autograd.NoGrad off = Autograd.noGrad()) {
            expected = network.apply(Tensor.of(pixels, shape)).toFloatArray();
        }
        float[] actual = OnnxRuntime.run(file, pixels, shape);

        assertThat(actual).hasSameSizeAs(expected);
        double largest = 0;
        double difference = 0;
        for (int i = 0; i < expected.length; i++) {
            largest = Math.max(largest, Math.abs(expected[i]));
            difference = Math.max(difference, Math.abs(expected[i] - actual[i]));
        }
        if (shape[0] > 1) { // else a network in which the image drowns would pass
            assertThat(largestDifferenceOfImages(expected, expected.length / (int) shape[0]))
                    .isGreaterThan(0.001 * largest);
        }
        // Of float32's rounding through up to 200 layers, in another order; the limit.
        assertThat(difference / largest).isLessThan(1e-4);
    }

    private static double largestDifferenceOfImages(float[] logits, int classes) {
        double difference = 0;
        for (int i = 0; i < classes; i++) {
            difference = Math.max(difference, Math.abs(logits[i] - logits[classes + i]));
        }
        return difference;
    }

    /** Gives no parameter a value that would not be noticed, such as zero, and batch norms the statistics of some images. */
    private void disturb(Module network, long... shape) {
        network.parameters().values().forEach(parameter -> change(parameter));
        // Random weights through 150 layers amplify rounding, ONNX Runtime's as ours, to 2e-4. Weaker branches, as
        // trained ones
        // are, do not.
        network.parameters().forEach((name, parameter) -> {
            if (name.endsWith(".bn3.weight")) {
                scale(parameter, 0.3);
            }
        });
        network.visit((name, module) -> {
            if (module instanceof BatchNorm2d norm) {
                norm.momentum(1);
            }
        });
        try (Scope scope = Scope.open();
                Autograd.NoGrad off = Autograd.noGrad()) {
            network.setTraining(true).apply(Tensor.of(noise(Shape.of(shape)), shape));
        }
        network.setTraining(false);
        network.visit((name, module) -> {
            if (module instanceof BatchNorm2d norm) {
                floor(norm.runningVariance());
            }
        });
    }

    private static void scale(Parameter parameter, double factor) {
        try (Scope scope = Scope.open()) {
            parameter.value().copyFrom(parameter.value().multiply(factor));
        }
    }

    /** A channel that hardly varies in these few images would amplify float32's rounding in all that follow. */
    private static void floor(Parameter variance) {
        try (Scope scope = Scope.open()) {
            variance.value()
                    .copyFrom(variance.value().add(variance.value().mean().multiply(0.1)));
        }
    }

    /** Large weights start at random anyway. */
    private void change(Parameter parameter) {
        if (parameter.shape().elements() > 1_000_000) {
            return;
        }
        try (Scope scope = Scope.open()) {
            float[] values = parameter.value().toFloatArray();
            for (int i = 0; i < values.length; i++) {
                values[i] += 0.06f * (random.nextFloat() - 0.5f);
            }
            parameter.value().set(values);
        }
    }

    private float[] noise(Shape shape) {
        float[] values = new float[(int) shape.elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = 3 * (random.nextFloat() - 0.5f);
        }
        return values;
    }
}
