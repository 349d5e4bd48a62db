package dev.tandem.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tandem.models.Models;
import org.junit.jupiter.api.Test;

class ModelsCommandTest {
    @Test
    void listsEveryNetworkWithItsSize() {
        CommandRun run = CommandRun.of("models");

        assertThat(run.exitCode()).isZero();
        assertThat(run.out().lines()).hasSize(1 + Models.all().size());
        assertThat(run.out()).contains("lenet5", "61,706", "1×28×28", "61,100,840", "56.5", "79.1");
    }

    @Test
    void jsonIsAList() {
        JsonNode models = CommandRun.of("models", "--json").json();

        assertThat(models.isArray()).isTrue();
        JsonNode alexnet = null;
        for (JsonNode model : models) {
            assertThat(model.fieldNames())
                    .toIterable()
                    .contains(
                            "name",
                            "year",
                            "paper",
                            "parameters",
                            "multiplyAdds",
                            "top1",
                            "top5",
                            "classes",
                            "channels",
                            "imageSize");
            alexnet = model.get("name").asText().equals("alexnet") ? model : alexnet;
        }
        assertThat(alexnet.get("parameters").asLong()).isEqualTo(61_100_840);
        assertThat(alexnet.get("multiplyAdds").asLong()).isEqualTo(714_188_480); // torchvision's 0.714 GFLOPS
        assertThat(alexnet.get("top1").asDouble()).isEqualTo(56.522);
        assertThat(alexnet.get("top5").asDouble()).isEqualTo(79.066);
    }

    @Test
    void globalOptionsMayComeBeforeTheCommand() {
        assertThat(CommandRun.of("--json", "models").json().isArray()).isTrue();
    }
}
