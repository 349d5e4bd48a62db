package dev.tandem.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.tensor.Device;
import dev.tandem.tensor.Tensor;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What a process's environment decides, seen in a Java of its own. */
@DisabledOnOs(OS.WINDOWS)
class EnvironmentTest {
    @TempDir
    Path place;

    /** Says with how many threads the CPU computes, and that it does. */
    public static void main(String[] arguments) {
        try (Device device = Device.open("cpu")) {
            System.out.println("threads: " + device.threads());
            System.out.println(
                    "sum: " + Tensor.ones(2, 3).matmul(Tensor.ones(3, 1)).sum().item());
        }
    }

    private List<String> run(Map<String, String> environment) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                        System.getProperty("java.home") + File.separator + "bin" + File.separator + "java",
                        "--enable-native-access=ALL-UNNAMED",
                        "--add-modules=jdk.incubator.vector",
                        "-Djava.io.tmpdir=" + place,
                        "-cp",
                        System.getProperty("java.class.path"),
                        EnvironmentTest.class.getName())
                .redirectErrorStream(true);
        builder.environment().remove("OMP_NUM_THREADS");
        builder.environment().putAll(environment);
        byte[] output = builder.start().getInputStream().readAllBytes();
        return new String(output, StandardCharsets.UTF_8).lines().toList();
    }

    @Test
    void theThreadsOfOpenMpAreTheDefault() throws IOException {
        assertThat(run(Map.of("OMP_NUM_THREADS", "3"))).contains("threads: 3", "sum: 6.0");
    }

    @Test
    void aNumberOfThreadsThatIsNoneIsSaidAndPassedOver() throws IOException {
        List<String> output = run(Map.of("OMP_NUM_THREADS", "many"));
        assertThat(output).contains("threads: " + Runtime.getRuntime().availableProcessors(), "sum: 6.0");
        assertThat(output)
                .as("by OpenMP, and where there is a logger by us")
                .anyMatch(line -> line.contains("OMP_NUM_THREADS"));
    }

    @Test
    void nativesAreUnpackedToAPrivateFolderWhereTheHomeCannotBeWritten() throws IOException {
        String noFolder = Files.createFile(place.resolve("home")).toString();
        assertThat(run(Map.of("HOME", noFolder, "XDG_CACHE_HOME", ""))).contains("sum: 6.0");
        try (var entries = Files.list(place)) {
            List<Path> folders = entries.filter(Files::isDirectory)
                    .filter(each -> !each.getFileName().toString().startsWith("hsperfdata"))
                    .toList();
            assertThat(folders).singleElement().satisfies(folder -> {
                assertThat(folder.getFileName().toString()).startsWith("tandem-");
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)))
                        .isEqualTo("rwx------");
            });
        }
    }
}
