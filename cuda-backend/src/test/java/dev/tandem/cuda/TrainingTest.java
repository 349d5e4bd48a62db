package dev.tandem.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tandem.models.ModelEntry;
import dev.tandem.models.ModelOptions;
import dev.tandem.models.Models;
import dev.tandem.nn.Losses;
import dev.tandem.nn.Module;
import dev.tandem.optim.AdamW;
import dev.tandem.optim.Optimizer;
import dev.tandem.optim.Sgd;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Scope;
import dev.tandem.tensor.Tensor;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Networks learn on the GPU what they learn on the CPU: the same losses, step by step. */
class TrainingTest {
    private static final int STEPS = 6;

    @Test
    void leNetLearnsAsOnTheCpu() {
        compare("lenet5", 16, network -> new Sgd(network, 0.05f).momentum(0.9f).weightDecay(5e-4f));
    }

    @Test
    void aResidualNetworkLearnsAsOnTheCpu() {
        compare("resnet20", 4, network -> new Sgd(network, 0.05f).momentum(0.9f).weightDecay(5e-4f));
    }

    @Test
    void aVisionTransformerLearnsAsOnTheCpu() {
        compare("vit_custom", 8, network -> new AdamW(network, 1e-3f)
                .weightDecay(0.01f)
                .clipByNorm(1));
    }

    /**
     * Float32 sums in another order differ by some 1e-6 of their size; a step passes that on through the weights, and six steps
     * of these small networks keep it below a thousandth of the loss.
     */
    private static void compare(String model, int batch, Function<Module, Optimizer> optimizer) {
        double[] expected = losses("cpu", model, batch, optimizer);
        double[] actual = losses("cuda", model, batch, optimizer);

        assertThat(actual[0]).isCloseTo(expected[0], within(1e-5 * expected[0]));
        for (int step = 1; step < STEPS; step++) {
            assertThat(actual[step]).as("loss of step " + step).isCloseTo(expected[step], within(1e-3 * expected[0]));
        }
        assertThat(expected[STEPS - 1]).as("it learns").isLessThan(expected[0]);
    }

    private static double[] losses(String device, String model, int batch, Function<Module, Optimizer> optimizer) {
        ModelEntry entry = Models.get(model);
        ModelOptions options = entry.defaults();
        try (Device opened = Device.open(device)) {
            opened.seed(7);
            Module network = entry.build(options);
            network.initialize(opened, 42);
            network.setTraining(true);
            Optimizer updates = optimizer.apply(network);
            Tensor images = opened.random()
                    .normal(batch, options.channels(), options.imageSize(), options.imageSize())
                    .persist();
            Tensor labels =
                    opened.random().integers(0, options.classes(), batch).persist();
            double[] losses = new double[STEPS];
            for (int step = 0; step < STEPS; step++) {
                try (Scope scope = Scope.open()) {
                    updates.clearGradients();
                    Tensor loss = Losses.crossEntropy(network.apply(images), labels);
                    loss.backward();
                    updates.step();
                    losses[step] = loss.item();
                }
            }
            return losses;
        }
    }
}
