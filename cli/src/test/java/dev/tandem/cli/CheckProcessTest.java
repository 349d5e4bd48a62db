package dev.tandem.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.cli.CheckEvent.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@DisabledOnOs(OS.WINDOWS)
class CheckProcessTest {
    /** More than a pipe holds, so that writing fails for certain when nobody reads. */
    private static final int LONG = 1 << 20;

    @TempDir
    Path folder;

    @Test
    void aProcessThatDiesBeforeItReadsItsJobIsHeardOfAsItsEnd() throws IOException {
        Path java = Files.createDirectories(folder.resolve("bin")).resolve("java");
        Files.writeString(java, "#!/bin/sh\nexit 3\n");
        assertThat(java.toFile().setExecutable(true)).isTrue();
        CheckSettings settings = new CheckSettings("cpu", null, "x".repeat(LONG), "mnist", 1, 0, 1, 1, List.of(), 1);
        CheckJob job = new CheckJob(CheckSection.MACHINE, settings, Set.of());
        String home = System.setProperty("java.home", folder.toString());
        try (CheckProcess process = new CheckProcess(job, folder, folder.resolve("log"))) {
            CheckEvent event = process.next(60_000);

            assertThat(event.kind()).isEqualTo(Kind.ENDED);
            assertThat(event.text()).isEqualTo("its process ended with exit code 3");
        } finally {
            System.setProperty("java.home", home);
        }
    }
}
