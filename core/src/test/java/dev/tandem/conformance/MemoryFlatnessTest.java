package dev.tandem.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A thousand training steps hold no more memory than the first few. They run in a Java of their own, whose memory is quiet
 * otherwise: a heap that is all there from the start, and only the quick compiler, as the other one takes and returns many
 * megabytes while it works. It has no Vector API either, so this also shows that training does without.
 */
@Tag("slow")
class MemoryFlatnessTest {
    /** By then the last batch of an epoch and an evaluation have been seen several times. */
    private static final int WARM = 100;

    /** {@link FlatTraining} after each step. */
    private record Memory(
            int step,
            long liveBytes,
            long cachedBytes,
            long liveStorages,
            long systemAllocations,
            long resident,
            long heap,
            long made) {
        static Memory parse(String line) {
            String[] words = line.split(" ");
            long[] values =
                    Arrays.stream(words).skip(1).mapToLong(Long::parseLong).toArray();
            return new Memory(
                    (int) values[0], values[1], values[2], values[3], values[4], values[5], values[6], values[7]);
        }
    }

    private static List<Memory> steps;

    @BeforeAll
    static void train(@TempDir Path folder) throws IOException, InterruptedException {
        Path output = folder.resolve("output.txt");
        Path errors = folder.resolve("errors.txt");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xms64m",
                "-Xmx64m",
                "-XX:+AlwaysPreTouch",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED"));
        for (String name : System.getProperties().stringPropertyNames()) {
            if (name.startsWith("tandem.")) { // where a backend finds its libraries, say
                command.add("-D" + name + "=" + System.getProperty(name));
            }
        }
        command.addAll(List.of(
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                FlatTraining.class.getName(),
                System.getProperty("tandem.conformance.device")));
        ProcessBuilder builder = new ProcessBuilder(command);
        // Threads that spin while they wait make a busy machine ten times slower.
        builder.environment().put("OMP_WAIT_POLICY", "passive");
        Process process = builder.redirectOutput(output.toFile())
                .redirectError(errors.toFile())
                .start();
        try {
            assertThat(process.waitFor(5, TimeUnit.MINUTES)).as("done in time").isTrue();
        } finally {
            process.destroyForcibly();
        }
        assertThat(process.exitValue())
                .as(() -> "exit of the training; it said: " + read(errors))
                .isZero();
        steps = read(output)
                .lines()
                .filter(line -> line.startsWith("memory "))
                .map(Memory::parse)
                .toList();
        assertThat(steps).hasSize(FlatTraining.STEPS);
    }

    private static String read(Path file) {
        try {
            return java.nio.file.Files.readString(file);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static List<Memory> warm() {
        return steps.subList(WARM - 1, steps.size());
    }

    @Test
    void whatIsLiveAfterAStepStaysTheSame() {
        assertThat(warm()).extracting(Memory::liveBytes).containsOnly(steps.getFirst().liveBytes);
        assertThat(warm()).extracting(Memory::liveStorages).containsOnly(steps.getFirst().liveStorages);
    }

    @Test
    void nothingMoreComesFromTheSystem() {
        Memory first = warm().getFirst();
        assertThat(warm()).extracting(Memory::systemAllocations).containsOnly(first.systemAllocations);
        assertThat(warm()).extracting(Memory::cachedBytes).containsOnly(first.cachedBytes);
    }

    @Test
    void theProcessDoesNotGrow() {
        // Java's compiler takes some megabytes until step 600 or so, where the simulated CUDA makes steps slow, and
        // keeps them.
        // In the 300 steps from 700 on 0.1 to 0.25 MB were seen. Seven kilobytes a step would show.
        assertGrowth(measured(700).resident, measured(FlatTraining.STEPS).resident, 2 << 20);
    }

    @Test
    void javasObjectsDoNotGrow() {
        assertGrowth(measured(300).heap, measured(FlatTraining.STEPS).heap, 1 << 20);
    }

    /** Garbage is no leak, but what a step makes must not depend on how many came before. */
    @Test
    void stepsDoNotMakeMoreAndMoreObjects() {
        long early = measured(400).made - measured(300).made;
        long late = measured(FlatTraining.STEPS).made - measured(FlatTraining.STEPS - 100).made;
        assertThat(late)
                .as("bytes of objects made in the last 100 steps; " + early + " in 100 early ones")
                .isLessThan(early + early / 10);
    }

    private static Memory measured(int step) {
        return steps.get(step - 1);
    }

    private static void assertGrowth(long before, long after, long most) {
        assertThat(after - before)
                .as("growth from " + before + " to " + after + " bytes")
                .isLessThan(most);
    }
}
