package dev.tandem.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tandem.backend.Finding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DoctorCommandTest {
    @TempDir
    Path folder;

    @Test
    void thisMachineHasWhatIsNeeded() {
        CommandRun run = CommandRun.of("doctor");

        assertThat(run.exitCode()).as(run.out()).isZero();
        assertThat(run.out())
                .contains("Java", "Vector API", "oneDNN", "cores", "memory", "CUDA", "cache folder", "disk");
    }

    @Test
    void jsonHoldsEveryCheckWithItsLevel() {
        JsonNode result = CommandRun.of("doctor", "--json").json();

        assertThat(result.get("ok").asBoolean()).isTrue();
        List<String> subjects = new ArrayList<>();
        result.get("checks").forEach(check -> {
            assertThat(check.get("level").asText()).isIn("ok", "warn");
            subjects.add(check.get("subject").asText());
        });
        assertThat(subjects).contains("Java", "oneDNN", "disk");
    }

    @Test
    void aCudaFolderThatIsNotThereIsAUsageError() {
        CommandRun run =
                CommandRun.of("doctor", "--cuda-home", folder.resolve("none").toString());

        assertThat(run.exitCode()).isEqualTo(ExitCodes.USAGE);
        assertThat(run.err()).contains("--cuda-home " + folder.resolve("none") + ": there is no such folder");
    }

    @Test
    void cacheFolderThatCannotBeWrittenIsAWarningThatSaysHowToMendIt() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "in the way");

        Finding finding = Examination.cache(file.resolve("tandem"));

        assertThat(finding.level()).isEqualTo(Finding.Level.WARN);
        assertThat(finding.text()).contains(file.toString(), "XDG_CACHE_HOME");
    }
}
