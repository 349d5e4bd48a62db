package dev.tandem.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The {@code tandem} script as a process of its own. */
@Tag("slow")
@DisabledOnOs(OS.WINDOWS)
class LauncherTest {
    @TempDir
    Path folder;

    private record Ended(int exitCode, String out, String err) {}

    @Test
    void findsTheRightJavaThoughAnOlderOneIsOnThePath() throws Exception {
        Path older = Distribution.olderJava();
        assumeTrue(older != null, "SKIPPED: no JDK older than 25 on this machine to put on the path");
        Path tandem = Distribution.make(folder.resolve("app"));

        Ended ended = run(
                Map.of("PATH", older.resolve("bin") + ":/usr/bin:/bin", "JAVA_HOME", older.toString()),
                tandem,
                "--version");

        assertThat(ended.exitCode()).as(ended.err()).isZero();
        assertThat(Runtime.Version.parse(ended.out().lines().toList().get(1).replaceAll("Java ([^,]*),.*", "$1"))
                        .feature())
                .isGreaterThanOrEqualTo(25);
    }

    @Test
    void saysWhichJavaIsMissing() throws Exception {
        Path tandem = Distribution.make(folder.resolve("app"));
        Files.writeString(tandem, Files.readString(tandem).replace("needed=25", "needed=99"));

        Ended ended = run(Map.of(), tandem, "--version");

        assertThat(ended.exitCode()).isEqualTo(1);
        assertThat(ended.out()).isEmpty();
        assertThat(ended.err()).contains("tandem: no Java 99", "TANDEM_JAVA_HOME");
    }

    @Test
    void exitCodesAndStreamsComeThrough() throws Exception {
        Path tandem = Distribution.make(folder.resolve("app"));

        Ended ended = run(Map.of("LC_ALL", "C"), tandem, "models", "--jsn");

        assertThat(ended.exitCode()).isEqualTo(2);
        assertThat(ended.out()).isEmpty();
        assertThat(ended.err()).contains("tandem: Unknown option: '--jsn'; did you mean --json?");
    }

    @Test
    void whatIsPrintedIsUtf8WithoutALocale() throws Exception {
        Path tandem = Distribution.make(folder.resolve("app"));

        Ended ended = run(Map.of("LC_ALL", "C"), tandem, "models");

        assertThat(ended.out()).contains("1×28×28");
    }

    @Test
    void archivesClassesOnlyWhereTheDiskHasRoomForThem() throws Exception {
        Path tandem = Distribution.make(folder.resolve("app"));
        Path bin = Files.createDirectories(folder.resolve("bin"));
        Path df = Files.writeString(bin.resolve("df"), "#!/bin/sh\necho disk 100000 99000 1000 99% /\n");
        assertThat(df.toFile().setExecutable(true)).isTrue();

        Ended full = run(path(), tandem, "--version");
        boolean archivedOnFullDisk = archiveExists();
        Ended roomy = run(Map.of(), tandem, "--version");

        assertThat(full.exitCode()).as(full.err()).isZero();
        assertThat(archivedOnFullDisk).isFalse();
        assertThat(roomy.exitCode()).as(roomy.err()).isZero();
        assertThat(archiveExists()).isTrue();
    }

    private boolean archiveExists() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("cache/tandem"))) {
            return files.anyMatch(file -> file.toString().endsWith(".jsa"));
        }
    }

    @Test
    void buildsOnFirstUseAndWhenSourcesHaveChanged() throws Exception {
        Path tandem =
                checkout("mkdir -p cli/target && cp -r '" + jars() + "' cli/target/lib && touch cli/target/lib/*.jar");

        Ended first = run(path(), tandem, "--version");
        Ended second = run(path(), tandem, "--version");
        Files.setLastModifiedTime(
                folder.resolve("checkout/core/src/main/A.java"),
                FileTime.from(Instant.now().plusSeconds(60)));
        Ended third = run(path(), tandem, "--version");

        assertThat(first.err()).contains("nothing is built yet");
        assertThat(first.exitCode()).as(first.err()).isZero();
        assertThat(first.out()).startsWith("tandem ");
        assertThat(second.err()).doesNotContain("building");
        assertThat(third.err()).contains("sources have changed");
        assertThat(third.out()).startsWith("tandem ");
    }

    @Test
    void buildThatFailsEndsThere() throws Exception {
        Path tandem = checkout("echo 'no compiler' >&2; exit 3");

        Ended ended = run(path(), tandem, "train");

        assertThat(ended.exitCode()).isEqualTo(1);
        assertThat(ended.out()).isEmpty();
        assertThat(ended.err()).contains("no compiler", "tandem: the build failed");
    }

    @ParameterizedTest
    @ValueSource(strings = {"C", "POSIX", "xx_XX.UTF-8"})
    void buildsInUtf8WithoutALocaleOrWithOneThatIsNotInstalled(String locale) throws Exception {
        assumeTrue(run(Map.of("LC_ALL", "C.UTF-8"), Path.of("locale"), "charmap")
                .out()
                .equals("UTF-8\n"));
        Path tandem = checkout("locale charmap >&2; exit 3");

        Ended ended = run(with(path(), "LC_ALL", locale), tandem, "train");

        assertThat(ended.err()).contains("\nUTF-8\n");
    }

    @Test
    void buildsWithoutTheCodesOfColours() throws Exception {
        Path tandem = checkout(
                "case $MAVEN_OPTS in *-Djansi.noreset=true) ;; *) printf '\\033[0m' ;; esac; echo $MAVEN_OPTS; exit 3");

        Ended ended = run(with(path(), "MAVEN_OPTS", "-Xmx1g"), tandem, "train");

        assertThat(ended.err()).contains("-Xmx1g -Djansi").doesNotContain("\033");
    }

    /** As Bash writes them in {@code $'…'}. */
    @ParameterizedTest
    @ValueSource(strings = {"a:b", "ein Ordner ü", "-[st*r?]", "%41 ;\"\\'\\\\303", "two\\nlines\\n"})
    void startsFromAFolderOfAnyName(String name) throws Exception {
        Ended ended = runIn(name);

        assertThat(ended.exitCode()).as(ended.err()).isZero();
        assertThat(ended.err()).isEmpty();
        assertThat(ended.out()).contains("lenet5");
    }

    /** Java itself cannot, not even by a link. */
    @ParameterizedTest
    @ValueSource(strings = {"wow!", "\\360\\237\\232\\200", "latin \\344"})
    void saysWhatAFoldersNameMustBe(String name) throws Exception {
        Ended ended = runIn(name);

        assertThat(ended.exitCode()).isEqualTo(1);
        assertThat(ended.err().lines()).hasSize(1);
        assertThat(ended.err()).contains("tandem: ", "/parent/", "UTF-8", "rename the folder");
    }

    private Ended runIn(String name) throws Exception {
        Distribution.make(folder.resolve("app"));
        String quoted = "parent/$'" + name + "'";
        return run(
                Map.of("LC_ALL", "C"),
                Path.of("bash"),
                "-c",
                "mkdir parent && mv app " + quoted + " && exec " + quoted + "/tandem models");
    }

    @Test
    void saysWhyAFolderCannotBeStartedFrom() throws Exception {
        Path tandem = Distribution.make(folder.resolve("a:b"));

        Ended ended = run(Map.of("XDG_CACHE_HOME", "/dev/null"), tandem, "models");

        assertThat(ended.exitCode()).isEqualTo(1);
        assertThat(ended.err().lines()).hasSize(1);
        assertThat(ended.err()).contains("tandem: ", folder.resolve("a:b").toString(), "':'", "rename the folder");
    }

    @Test
    void warningOfTheVectorApiIsNotSeenThoughItIsUsed() throws Exception {
        Path tandem = Distribution.make(folder.resolve("app"));

        Ended ended = run(Map.of(), tandem, "doctor");

        assertThat(ended.err()).isEmpty();
        assertThat(ended.out()).contains("Tandem's own loops use it");
    }

    @Test
    void whatJavaSaysOfItsOptionsIsSeen() throws Exception {
        Path tandem = Distribution.make(folder.resolve("app"));
        ProcessBuilder builder = new ProcessBuilder(tandem.toString(), "models");
        builder.environment().put("XDG_CACHE_HOME", folder.resolve("cache").toString());
        builder.environment().put("TANDEM_JAVA_HOME", System.getProperty("java.home"));
        builder.environment().put("TANDEM_JAVA_OPTIONS", "-XX:NoSuchOption=1");

        Process process = builder.start();
        String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(err).contains("NoSuchOption");
        assertThat(process.waitFor()).isEqualTo(1);
    }

    /** Standard error is the terminal itself, not the launcher's filter. */
    @Test
    void progressIsDrawnOnATerminal() throws Exception {
        assumeTrue(
                new ProcessBuilder("script", "-qec", "true", "/dev/null")
                                .start()
                                .waitFor()
                        == 0,
                "SKIPPED: this script(1) cannot give a program a terminal");
        Path tandem = Distribution.make(folder.resolve("app"));
        Path data = SmallMnist.write(folder.resolve("digits"), 512, 100);
        String command = "stty columns 60; '" + tandem
                + "' train --model linear --epochs 1 --batch 64 --threads 1 --data '" + data + "' --run run";

        Ended ended = run(
                Map.of("TERM", "xterm", "CI", "false", "SHELL", "/bin/sh"),
                Path.of("script"),
                "-qec",
                command,
                "/dev/null");

        assertThat(ended.exitCode()).as(ended.out()).isZero();
        List<String> drawn = Stream.of(ended.out().split("[\r\n]"))
                .filter(line -> line.contains("━"))
                .toList();
        assertThat(drawn)
                .isNotEmpty()
                .allMatch(line -> line.endsWith("\033[K") && line.length() < 60 + "\033[K".length());
    }

    @Test
    void foldersBesideACheckoutAreNotTakenForTheDistributions() throws Exception {
        Path tandem = checkout("exit 3");
        Path java = Files.createDirectories(folder.resolve("runtime/bin")).resolve("java");
        Files.writeString(java, "#!/bin/sh\n");
        assertThat(java.toFile().setExecutable(true)).isTrue();
        Files.createDirectories(folder.resolve("lib/natives"));

        Ended ended = run(path(), tandem, "--version");

        assertThat(ended.err()).contains("nothing is built yet");
        assertThat(ended.exitCode()).isEqualTo(1);
    }

    /** A folder like a checkout's, with a Maven that does what is said. */
    private Path checkout(String maven) throws IOException {
        Path checkout = folder.resolve("checkout");
        for (String module : List.of("core", "cli")) {
            Files.createDirectories(checkout.resolve(module).resolve("src/main"));
        }
        Path source = Files.writeString(checkout.resolve("core/src/main/A.java"), "");
        Path pom = Files.writeString(checkout.resolve("pom.xml"), "");
        FileTime past = FileTime.from(Instant.now().minusSeconds(3600));
        Files.setLastModifiedTime(source, past);
        Files.setLastModifiedTime(pom, past);
        Path bin = Files.createDirectories(folder.resolve("bin"));
        Path mvn = Files.writeString(
                bin.resolve("mvn"), "#!/bin/sh\ncd \"${2%/pom.xml}\"\nrm -rf cli/target\n" + maven + "\n");
        assertThat(mvn.toFile().setExecutable(true)).isTrue();
        return Files.copy(
                Distribution.launcher(), checkout.resolve("tandem"), java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
    }

    private Path jars() throws IOException {
        Path jars = folder.resolve("jars");
        Distribution.collectJars(jars);
        return jars;
    }

    private Map<String, String> path() {
        return Map.of("PATH", folder.resolve("bin") + ":/usr/bin:/bin");
    }

    /** What is not UTF-8 is replaced. */
    private static String readString(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    }

    private static Map<String, String> with(Map<String, String> environment, String name, String value) {
        Map<String, String> all = new HashMap<>(environment);
        all.put(name, value);
        return all;
    }

    private Ended run(Map<String, String> environment, Path tandem, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(tandem.toString()));
        command.addAll(List.of(arguments));
        Path out = folder.resolve("out");
        Path err = folder.resolve("err");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().put("XDG_CACHE_HOME", folder.resolve("cache").toString());
        builder.environment().putIfAbsent("TANDEM_JAVA_HOME", System.getProperty("java.home"));
        builder.environment().putAll(environment);
        Process process = builder.start();
        assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
        return new Ended(process.exitValue(), readString(out), readString(err));
    }
}
