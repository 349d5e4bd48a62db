package dev.tandem.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tandem.io.HostTensor;
import dev.tandem.io.SafeTensors;
import dev.tandem.tensor.Shape;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ParityCommandTest {
    private static final Path TRACES = Path.of("../models/src/test/resources/dev/tandem/models/parity");
    private static final String LENET = TRACES.resolve("lenet5.safetensors").toString();

    @TempDir
    Path folder;

    private String altered(String tensor, String model) {
        SafeTensors whole = SafeTensors.read(Path.of(LENET));
        Map<String, HostTensor> tensors = new LinkedHashMap<>(whole.tensors());
        tensors.put(tensor, HostTensor.of(new float[10], Shape.of(10)));
        Map<String, String> metadata = new LinkedHashMap<>(whole.metadata());
        metadata.put("model", model);
        Path file = folder.resolve("altered.safetensors");
        SafeTensors.write(file, tensors, metadata);
        return file.toString();
    }

    @Test
    void printsALineForEachGroupAndEndsWell() {
        CommandRun run = CommandRun.of("parity", LENET, "--device", "cpu");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out())
                .startsWith("lenet5 (" + LENET + "): as torchvision")
                .contains("eval.logits", "train.loss", "grad ", "stepK", "1.0e-04  ok", "1.0e-03  ok");
    }

    @Test
    void anErrorBeyondItsAllowanceFails() {
        CommandRun run = CommandRun.of("parity", LENET, altered("grad.11.bias", "lenet5"), "--json");
        assertThat(run.exitCode()).isEqualTo(ExitCodes.FAILURE);
        JsonNode result = run.json();
        assertThat(result.get("passed").booleanValue()).isFalse();
        assertThat(result.at("/traces/0/passed").booleanValue()).isTrue();
        assertThat(result.at("/traces/1/passed").booleanValue()).isFalse();
        for (JsonNode group : result.at("/traces/1/groups")) {
            boolean grad = group.get("group").textValue().equals("grad");
            assertThat(group.get("passed").booleanValue()).isEqualTo(!grad);
            assertThat(group.get("error").doubleValue() > group.get("allowance").doubleValue())
                    .isEqualTo(grad);
            if (grad) {
                assertThat(group.get("worst").textValue()).isEqualTo("grad.11.bias");
            }
        }
    }

    @Test
    void aNetworkThatIsNotKnownIsAMistakeOfUse() {
        CommandRun run = CommandRun.of("parity", altered("x", "lenet9"));
        assertThat(run.exitCode()).isEqualTo(ExitCodes.USAGE);
        assertThat(run.err()).contains("model lenet9").contains("did you mean lenet5");
        assertThat(CommandRun.of("parity", "none.safetensors").exitCode()).isEqualTo(ExitCodes.USAGE);
        assertThat(CommandRun.of("parity").exitCode()).isEqualTo(ExitCodes.USAGE);
    }

    @Test
    void aFileThatIsNoTraceFailsWithAMessage() {
        Path file = folder.resolve("weights.safetensors");
        SafeTensors.write(file, Map.of(), Map.of());
        CommandRun run = CommandRun.of("parity", file.toString());
        assertThat(run.exitCode()).isEqualTo(ExitCodes.FAILURE);
        assertThat(run.err()).startsWith("tandem: " + file).contains("no trace");
    }
}
