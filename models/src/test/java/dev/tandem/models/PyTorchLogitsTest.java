package dev.tandem.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tandem.nn.AuxiliaryHeads;
import dev.tandem.nn.Dropout;
import dev.tandem.nn.Losses;
import dev.tandem.nn.Module;
import dev.tandem.nn.Parameter;
import dev.tandem.nn.StochasticDepth;
import dev.tandem.tensor.Autograd;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Scope;
import dev.tandem.tensor.Tensor;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Networks of every family compute what torchvision's do, from weights and images that both draw from one counter-based generator
 * ({@link PortableValues}), so that the traces hold results only. Torch 1.13 computed them in float64.
 */
class PyTorchLogitsTest {
    /** Of the largest logit: ten times the most that PyTorch's own float32 differs from its float64 (1.1e-6 on these cases). */
    private static final double LOGITS = 1.1e-5;
    /** PyTorch's float32 differs by up to 1e-5 in the loss and, by choice of the cases, by up to 1e-4 in the gradient. */
    private static final double LOSS = 1e-4;

    private static final double GRADIENT = 1e-3;
    private static final int CLASSES = 10;

    /** One network; NaN where training is too ill-conditioned on so few small images to compare anything. */
    record Trace(
            String model, int imageSize, int images, String settings, double[] logits, double loss, double gradient) {
        @Override
        public String toString() {
            return model + " " + settings + " on " + images + " × " + imageSize + "×" + imageSize;
        }
    }

    static Stream<Trace> traces() throws Exception {
        try (InputStream resource = PyTorchLogitsTest.class.getResourceAsStream("logits.txt")) {
            String text = new String(resource.readAllBytes(), StandardCharsets.UTF_8);
            List<Trace> traces = new ArrayList<>();
            for (String block : text.split("\n(?! )")) {
                if (!block.startsWith("#")) {
                    traces.add(parse(block.split("\n *")));
                }
            }
            return traces.stream();
        }
    }

    private static Trace parse(String[] lines) {
        String[] head = lines[0].split(" ");
        return new Trace(
                head[0],
                Integer.parseInt(head[1]),
                Integer.parseInt(head[2]),
                head[3],
                numbers(lines[1]),
                lines.length > 2 ? numbers(lines[2])[0] : Double.NaN,
                lines.length > 2 ? numbers(lines[3])[0] : Double.NaN);
    }

    private static double[] numbers(String line) {
        return Arrays.stream(line.split(" "))
                .skip(1)
                .mapToDouble(Double::parseDouble)
                .toArray();
    }

    @ParameterizedTest
    @MethodSource("traces")
    void equalsTorchvision(Trace trace) {
        ModelOptions options = new ModelOptions(CLASSES, 3, trace.imageSize);
        if (!trace.settings.equals("-")) {
            String[] setting = trace.settings.split("=");
            options = options.with(setting[0], setting[1]);
        }
        try (Device device = Device.open("cpu")) {
            Module network = Models.get(trace.model).build(options);
            network.initialize(device, 0);
            fill(network);
            int pixels = trace.images * 3 * trace.imageSize * trace.imageSize;
            Tensor images = Tensor.of(
                            device,
                            PortableValues.of("input", pixels, 1),
                            trace.images,
                            3,
                            trace.imageSize,
                            trace.imageSize)
                    .persist();
            compareLogits(trace, network, images);
            if (!Double.isNaN(trace.loss)) {
                compareTraining(trace, network, images);
            }
        }
    }

    private static void fill(Module network) {
        Map<String, Parameter> parameters = network.parameters();
        parameters.forEach((name, parameter) -> {
            float[] values = PortableValues.ofParameter(name, parameter.shape(), parameters.keySet());
            parameter.value().set(values);
        });
    }

    private static void compareLogits(Trace trace, Module network, Tensor images) {
        network.setTraining(false);
        try (Scope scope = Scope.open();
                Autograd.NoGrad off = Autograd.noGrad()) {
            float[] logits = network.apply(images).toFloatArray();
            assertThat(logits).hasSameSizeAs(trace.logits);
            double largest = Arrays.stream(trace.logits).map(Math::abs).max().orElseThrow();
            for (int i = 0; i < logits.length; i++) {
                assertThat((double) logits[i]).as("logit " + i).isCloseTo(trace.logits[i], within(LOGITS * largest));
            }
        }
    }

    private static void compareTraining(Trace trace, Module network, Tensor images) {
        network.setTraining(true);
        network.visit((name, part) -> {
            if (part instanceof Dropout || part instanceof StochasticDepth) {
                part.setTraining(false);
            }
        });
        try (Scope scope = Scope.open()) {
            long[] classes = new long[trace.images];
            Arrays.setAll(classes, i -> 7L * i % CLASSES);
            Tensor labels = Tensor.ofLongs(images.device(), classes, trace.images);
            List<Tensor> outputs = AuxiliaryHeads.outputs(network, images);
            Tensor loss = AuxiliaryHeads.loss(network, outputs, logits -> Losses.crossEntropy(logits, labels));
            loss.backward();

            assertThat((double) loss.item()).isCloseTo(trace.loss, within(LOSS * trace.loss));
            assertThat(gradientNorm(network)).isCloseTo(trace.gradient, within(GRADIENT * trace.gradient));
        }
    }

    /** Of all parameters' gradients as one vector. */
    private static double gradientNorm(Module network) {
        double sum = 0;
        for (Parameter parameter : network.parameters().values()) {
            if (parameter.isTrainable()) {
                for (float value : parameter.value().gradient().toFloatArray()) {
                    sum += (double) value * value;
                }
            }
        }
        return Math.sqrt(sum);
    }
}
