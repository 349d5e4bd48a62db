package dev.tandem.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tandem.cli.CheckReport.Section;
import dev.tandem.cli.CheckReport.State;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckReportTest {
    @TempDir
    Path folder;

    @Test
    void aSectionWhoseTestsWereAllSkippedHasNotPassed() {
        Section section = new Section();
        section.skip("CastConformance.rounds");

        section.end(CheckSection.CONFORMANCE, State.PASSED, 1);

        assertThat(section.state).isEqualTo(State.FAILED);
        assertThat(section.failures.getFirst().text()).isEqualTo("nothing was tested; 1 test skipped");
    }

    @Test
    void aSectionWithSomeTestsSkippedHasPassed() {
        Section section = new Section();
        section.skip("CastConformance.rounds");
        section.pass("CastConformance.truncates");

        section.end(CheckSection.CONFORMANCE, State.PASSED, 1);

        assertThat(section.state).isEqualTo(State.PASSED);
    }

    @Test
    void anExceptionLeavesNothingRunningInTheWrittenReport() throws IOException {
        CheckReport report = new CheckReport(folder, "cpu", "today", List.of(CheckSection.FLATNESS));
        report.section(CheckSection.MACHINE).state = State.RUNNING;
        report.save();

        report.endWith(new IllegalStateException("no more processes"));

        JsonNode written =
                new ObjectMapper().readTree(folder.resolve(CheckReport.JSON).toFile());
        assertThat(written.get("state").asText()).isEqualTo("failed");
        assertThat(written.at("/sections/machine/state").asText()).isEqualTo("failed");
        assertThat(written.at("/sections/machine/failures/0/text").asText()).contains("no more processes");
        assertThat(written.at("/sections/flatness/state").asText()).isEqualTo("not-run");
    }
}
