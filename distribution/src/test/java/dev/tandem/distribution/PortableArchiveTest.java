package dev.tandem.distribution;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tandem.data.Datasets;
import dev.tandem.data.ImageDataset;
import dev.tandem.data.Split;
import java.awt.image.BufferedImage;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The archive as a stranger gets it, unpacked to a folder with a space in its name, on a PATH without any Java. */
@Tag("slow")
class PortableArchiveTest {
    private static final Path ARCHIVE = Path.of(System.getProperty("tandem.archive"));
    private static final long MOST_BYTES = 60_000_000;

    @TempDir
    static Path folder;

    private static UnpackedTandem tandem;

    @BeforeAll
    static void unpack() throws Exception {
        tandem = UnpackedTandem.of(ARCHIVE, folder);
    }

    @Test
    void isSmall() throws IOException {
        assertThat(Files.size(ARCHIVE)).isLessThanOrEqualTo(MOST_BYTES);
    }

    @Test
    void versionNamesTheCommitAndComesFromTheJavaInside() throws Exception {
        UnpackedTandem.Ended ended = tandem.run("--version");

        assertThat(ended.exitCode()).as(ended.err()).isZero();
        assertThat(ended.out()).containsPattern("tandem \\d+\\.\\d+\\.\\d+\\S* \\(commit \\S+\\)");
        String commit = ended.out().replaceAll("(?s).*\\(commit (\\S+)\\).*", "$1");
        assertThat(Files.readString(tandem.home().resolve("release"))).contains("COMMIT=" + commit);
    }

    @Test
    void doctorFindsAllThatIsNeededInside() throws Exception {
        UnpackedTandem.Ended ended = tandem.run("doctor");

        assertThat(ended.exitCode()).as(ended.out() + ended.err()).isZero();
        assertThat(ended.out())
                .contains(" in " + tandem.home().resolve("runtime"))
                .contains("ready in " + tandem.home().resolve("lib/natives"))
                .contains("Tandem's own loops use it");
        assertThat(ended.out()).doesNotContain("fail ");
    }

    @Test
    void modelsAreListedWhereNothingCanBeWritten() throws Exception {
        UnpackedTandem.Ended ended = tandem.withHome(Path.of("/dev/null")).run("models", "--json");

        assertThat(ended.exitCode()).as(ended.err()).isZero();
        assertThat(ended.err()).isEmpty();
        assertThat(new ObjectMapper().readTree(ended.out())).isNotEmpty();
    }

    @Test
    void trainsOnTheDigitsInsideAndReadsOne() throws Exception {
        Set<String> before = files(tandem.home());

        JsonNode trained = tandem.json("train", "--epochs", "1", "--run", "run", "--json");
        writeFirstTestDigit(tandem.workingFolder().resolve("digit.png"));
        JsonNode predicted = tandem.json("predict", "--weights", "run", "digit.png", "--json");

        assertThat(trained.get("testAccuracy").asDouble()).isGreaterThan(0.95);
        assertThat(predicted.get("predictions").get(0).get("label").asText()).isEqualTo("7");
        assertThat(files(tandem.home()))
                .as("what is in the installation's folder")
                .isEqualTo(before);
    }

    /** JUnit finds the conformance kit in its jar only if Java brings its file system for archives. */
    @Test
    void checksADeviceAgainstTheKitInside() throws Exception {
        JsonNode checked = tandem.json(
                "gpu-check", "--device", "cpu", "--only", "conformance", "--tests", "ScopeConformance", "--json");

        assertThat(checked.at("/sections/conformance/passed").asInt()).isPositive();
    }

    @Test
    void holdsNativesOfLinuxOnly() throws IOException {
        List<String> natives = new ArrayList<>();
        for (Path jar : jars()) {
            entries(jar).stream()
                    .filter(entry -> entry.matches(".*\\.(so|dll|jnilib|dylib)(\\.\\d+)*"))
                    .forEach(natives::add);
        }

        assertThat(natives).allMatch(entry -> entry.contains("Linux/x86_64"));
        assertThat(files(tandem.home().resolve("lib/natives")))
                .containsExactlyInAnyOrder(
                        "libdnnl.so.3",
                        "libgomp.so.1",
                        "libJCudaRuntime-12.6.0-linux-x86_64.so",
                        "libJCudaDriver-12.6.0-linux-x86_64.so",
                        "libJNvrtc-12.6.0-linux-x86_64.so",
                        "libJCublas2-12.6.0-linux-x86_64.so",
                        "libJCudnn-12.6.0-linux-x86_64.so");
    }

    /** But for the conformance kit, which gpu-check runs. */
    @Test
    void holdsNoTests() throws IOException {
        for (Path jar : jars()) {
            if (!jar.getFileName().toString().endsWith("-tests.jar")) {
                assertThat(entries(jar))
                        .as(jar.toString())
                        .noneMatch(entry -> entry.matches("dev/tandem/.*Test\\.class"));
            }
        }
    }

    @Test
    void everyJarIsNamedAmongTheLicences() throws IOException {
        String licences = Files.readString(tandem.home().resolve("THIRD-PARTY.md"));

        for (Path jar : jars()) {
            String name = jar.getFileName().toString().replaceAll("-\\d.*", "");
            boolean ours = entries(jar).stream().anyMatch(entry -> entry.startsWith("dev/tandem/"));
            assertThat(ours || licences.contains("`" + name + "`")).as(name).isTrue();
        }
        assertThat(tandem.home().resolve("LICENSE")).isNotEmptyFile();
        assertThat(tandem.home().resolve("runtime/legal/java.base/LICENSE")).isNotEmptyFile();
    }

    @Test
    void theJavaInsideHasEveryModuleThatTheJarsUse() throws Exception {
        List<String> jars = jars().stream()
                .map(Path::toString)
                .filter(jar -> !jar.endsWith("-tests.jar")) // to jdeps the same module as core
                .toList();
        List<String> command = new ArrayList<>(List.of("--multi-release", "25", "--ignore-missing-deps"));
        command.addAll(List.of("--module-path", String.join(File.pathSeparator, jars), "--print-module-deps"));
        command.addAll(jars);
        StringWriter out = new StringWriter();
        int exitCode = ToolProvider.findFirst("jdeps")
                .orElseThrow()
                .run(new PrintWriter(out), new PrintWriter(out), command.toArray(String[]::new));
        assertThat(exitCode).as(out.toString()).isZero();
        String last = out.toString().lines().reduce("", (a, b) -> b);
        Set<String> needed = new TreeSet<>(List.of(last.split(",")));
        needed.removeAll(Set.of("java.sql", "jdk.jfr")); // Jackson and JUnit use them where they are there

        String release = Files.readString(tandem.home().resolve("runtime/release"));
        String modules = release.replaceAll("(?s).*MODULES=\"([^\"]*)\".*", "$1");
        assertThat(modules.split(" ")).containsAll(needed);
    }

    private static void writeFirstTestDigit(Path file) throws IOException {
        ImageDataset digits = Datasets.mnist(Split.TEST);
        byte[] pixels = new byte[digits.imageBytes()];
        digits.copyPixels(0, MemorySegment.ofArray(pixels), 0);
        BufferedImage image = new BufferedImage(digits.width(), digits.height(), BufferedImage.TYPE_BYTE_GRAY);
        image.getRaster().setDataElements(0, 0, digits.width(), digits.height(), pixels);
        ImageIO.write(image, "png", file.toFile());
    }

    private static List<Path> jars() throws IOException {
        try (Stream<Path> files = Files.list(tandem.home().resolve("lib"))) {
            return files.filter(file -> file.toString().endsWith(".jar"))
                    .sorted()
                    .toList();
        }
    }

    private static List<String> entries(Path jar) throws IOException {
        try (ZipFile zip = new ZipFile(jar.toFile())) {
            return zip.stream().map(ZipEntry::getName).toList();
        }
    }

    private static Set<String> files(Path root) throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> root.relativize(file).toString())
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }
}
