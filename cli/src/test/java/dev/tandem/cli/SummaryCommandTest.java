package dev.tandem.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;

class SummaryCommandTest {
    @Test
    void showsEveryLayerOfLeNet5() {
        CommandRun run = CommandRun.of("summary", "lenet5");

        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).contains("Conv2d(6, 16, 5×5)", "[1, 16, 10, 10]", "2,416", "240,000", "61,706");
    }

    @Test
    void jsonHoldsShapesParametersAndMultiplyAdds() {
        JsonNode result = CommandRun.of("summary", "alexnet", "--batch", "2", "--classes", "5", "--json")
                .json();

        assertThat(result.get("inputShape").toString()).isEqualTo("[2,3,224,224]");
        assertThat(result.get("outputShape").toString()).isEqualTo("[2,5]");
        // 61,100,840 with 1,000 classes, each a row of 4,096 weights and a bias.
        assertThat(result.get("parameters").asLong()).isEqualTo(61_100_840 - 995L * 4097);
        assertThat(result.get("trainingBytes").asLong())
                .isGreaterThan(result.get("outputBytes").asLong());
        assertThat(result.get("layers")).isNotEmpty();
        assertThat(result.get("layers").get(0).get("outputShape").toString()).isEqualTo("[2,64,55,55]");
    }

    @Test
    void networkThatDoesNotTrainOnOneImageSaysSoBelowItsLayers() {
        CommandRun one = CommandRun.of("summary", "inception_v3");
        JsonNode two = CommandRun.of("summary", "inception_v3", "--batch", "2", "--json")
                .json();

        assertThat(one.exitCode()).as(one.err()).isZero();
        assertThat(one.out()).contains("Mixed_7c", "cannot be trained on 1 image", "larger batch");
        assertThat(two.get("trainingBytes").asLong()).isPositive();
    }

    @Test
    void unknownModelSuggestsTheNearest() {
        CommandRun run = CommandRun.of("summary", "resnet8");

        TandemCommandTest.assertOneLine(run, ExitCodes.USAGE);
        assertThat(run.err()).contains("resnet8", "did you mean resnet18");
    }

    @Test
    void imagesThatAreTooSmallAreAUsageError() {
        CommandRun run = CommandRun.of("summary", "lenet5", "--image-size", "5");

        TandemCommandTest.assertOneLine(run, ExitCodes.USAGE);
        assertThat(run.err()).contains("5×5", "at least 12×12");
    }
}
