package dev.tandem.models;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.io.HostTensor;
import dev.tandem.io.SafeTensors;
import dev.tandem.nn.Losses;
import dev.tandem.nn.Module;
import dev.tandem.nn.Weights;
import dev.tandem.optim.Sgd;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Scope;
import dev.tandem.tensor.Tensor;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * LeNet-5 computes what PyTorch computes: a trace of torch 1.13 in float32, with its start values, one batch, and what came of
 * it after one backward and after three steps of SGD (learning rate 0.01, momentum 0.9, weight decay 5e-4).
 */
class LeNetParityTest {
    /**
     * Of a tensor's largest magnitude. PyTorch's own float32 results differ from its float64 ones by up to 5e-7; ten times that,
     * and the floor that such traces are compared with.
     */
    private static final double TOLERANCE = 1e-5;

    @TempDir
    Path folder;

    private Map<String, HostTensor> trace;

    @BeforeEach
    void read() throws Exception {
        Path file = folder.resolve("lenet5.safetensors");
        try (InputStream resource = LeNetParityTest.class.getResourceAsStream("lenet5.safetensors")) {
            Files.copy(resource, file);
        }
        trace = SafeTensors.read(file).tensors();
    }

    private Map<String, HostTensor> withPrefix(String prefix) {
        Map<String, HostTensor> found = new LinkedHashMap<>();
        trace.forEach((name, tensor) -> {
            if (name.startsWith(prefix)) {
                found.put(name.substring(prefix.length()), tensor);
            }
        });
        assertThat(found).as(prefix).isNotEmpty();
        return found;
    }

    private static void assertClose(String what, float[] actual, float[] expected) {
        assertThat(actual).as(what).hasSameSizeAs(expected);
        double largest = 0;
        double error = 0;
        for (int i = 0; i < expected.length; i++) {
            largest = Math.max(largest, Math.abs(expected[i]));
            error = Math.max(error, Math.abs((double) actual[i] - expected[i]));
        }
        assertThat(error).as(what).isLessThanOrEqualTo(TOLERANCE * largest);
    }

    private static Tensor upload(Device device, HostTensor tensor) {
        return Tensor.upload(device, tensor.data(), tensor.dtype(), tensor.shape());
    }

    @Test
    void logitsGradientsAndUpdatesEqualPyTorchs() {
        try (Device device = Device.open("cpu")) {
            Module lenet = Models.get("lenet5").build(Models.get("lenet5").defaults());
            lenet.initialize(device, 0);
            Weights.load("trace", withPrefix("state."), lenet, true);
            Sgd optimizer = new Sgd(lenet, 0.01f).momentum(0.9f);
            optimizer.weightDecay(5e-4f);
            Tensor images = upload(device, trace.get("input")).persist();
            Tensor labels = upload(device, trace.get("labels")).persist();
            for (int step = 0; step < 3; step++) {
                try (Scope scope = Scope.open()) {
                    optimizer.clearGradients();
                    Tensor logits = lenet.apply(images);
                    Tensor loss = Losses.crossEntropy(logits, labels);
                    loss.backward();
                    if (step == 0) {
                        assertClose(
                                "logits",
                                logits.toFloatArray(),
                                trace.get("train.logits").toFloatArray());
                        assertClose(
                                "loss",
                                loss.toFloatArray(),
                                trace.get("train.loss").toFloatArray());
                        lenet.parameters()
                                .forEach((name, parameter) -> assertClose(
                                        "gradient of " + name,
                                        parameter.value().gradient().toFloatArray(),
                                        trace.get("grad." + name).toFloatArray()));
                    }
                    optimizer.step();
                }
            }
            Map<String, HostTensor> expected = withPrefix("stepK.");
            Weights.toHost(lenet)
                    .forEach((name, tensor) -> assertClose(
                            name + " after three steps",
                            tensor.toFloatArray(),
                            expected.get(name).toFloatArray()));
        }
    }
}
