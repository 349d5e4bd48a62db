package dev.tandem.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
    @TempDir
    Path folder;

    @Test
    void contentsReplaceTheFile() throws IOException {
        Path file = Files.writeString(folder.resolve("a"), "a long file before");
        AtomicFile.write(file, channel -> channel.write(ByteBuffer.wrap("now".getBytes())));
        assertThat(file).hasContent("now");
        assertThat(folder.toFile().list()).containsExactly("a");
    }

    @Test
    void aDiskThatFillsUpLeavesTheFileBeforeAndNoRemains() throws IOException {
        Path file = Files.writeString(folder.resolve("a"), "before");
        assertThatThrownBy(() -> AtomicFile.write(file, channel -> {
                    channel.write(ByteBuffer.allocate(100));
                    throw new IOException("No space left on device");
                }))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageStartingWith(file + ": cannot be written: No space left on device")
                .hasMessageContaining("as it was before");
        assertThat(file).hasContent("before");
        assertThat(folder.toFile().list()).containsExactly("a");
    }

    @Test
    void whatAKilledProcessLeftIsDeletedAndNothingElse() throws IOException {
        Files.writeString(folder.resolve(".a.safetensors.00000c0ffee12345.tmp"), "half");
        Files.writeString(folder.resolve(".notes.tmp"), "somebody's");
        Files.writeString(folder.resolve("a.00000c0ffee12345.tmp"), "somebody's");
        AtomicFile.deleteRemains(folder);
        assertThat(folder.toFile().list()).containsExactlyInAnyOrder(".notes.tmp", "a.00000c0ffee12345.tmp");
    }

    @Test
    void theTemporaryFileIsOneThatIsDeletedAsRemains() {
        assertThatThrownBy(() -> AtomicFile.write(folder.resolve("a"), channel -> {
                    assertThat(folder.toFile().list()).hasSize(1);
                    AtomicFile.deleteRemains(folder);
                    assertThat(folder.toFile().list()).isEmpty();
                    throw new IOException("the process is killed");
                }))
                .hasMessageContaining("the process is killed");
    }

    @Test
    void anyExceptionLeavesTheFileBeforeAndNoRemains() throws IOException {
        Path file = Files.writeString(folder.resolve("a"), "before");
        assertThatThrownBy(() -> AtomicFile.write(file, channel -> {
                    channel.write(ByteBuffer.allocate(100));
                    throw new IllegalStateException("bug");
                }))
                .isInstanceOf(IllegalStateException.class);
        assertThat(file).hasContent("before");
        assertThat(folder.toFile().list()).containsExactly("a");
    }

    @Test
    void aFolderThatIsMissingOrAFileIsNamed() throws IOException {
        Path missing = folder.resolve("none/a.safetensors");
        assertThatThrownBy(() -> AtomicFile.write(missing, channel -> {}))
                .hasMessageStartingWith(missing + ": cannot be written: its folder does not exist");

        Path inFile = Files.writeString(folder.resolve("file"), "x").resolve("a.safetensors");
        assertThatThrownBy(() -> AtomicFile.write(inFile, channel -> {}))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageStartingWith(inFile + ": cannot be written: ");

        assertThatThrownBy(() -> AtomicFile.write(folder, channel -> {}))
                .hasMessageStartingWith(folder + ": cannot be written: it is a folder");
    }

    /** A real failure of the system's: another process that may write no file beyond 64 KiB. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void aCheckpointThatDoesNotFitLeavesTheOneBefore() throws Exception {
        Path file = folder.resolve("last.safetensors");
        SafeTensors.write(file, Map.of("step", HostTensor.of(new long[] {41}, Shape.of(1))), Map.of());
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        Process process = new ProcessBuilder(
                        "bash",
                        "-c",
                        "ulimit -f 64; exec \"$0\" -XX:-UsePerfData -Xshare:off -cp \"$1\" \"$2\" \"$3\"",
                        java,
                        System.getProperty("java.class.path"),
                        WriteTooMuch.class.getName(),
                        file.toString())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes());

        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(output).contains("last.safetensors: cannot be written: ").contains("File too large");
        assertThat(process.exitValue()).isEqualTo(1);
        assertThat(SafeTensors.read(file).tensors().get("step").toLongArray()).containsExactly(41);
        assertThat(folder.toFile().list()).containsExactly("last.safetensors");
    }

    static final class WriteTooMuch {
        public static void main(String[] arguments) {
            HostTensor large = HostTensor.allocate(DType.UINT8, Shape.of(5_000_000));
            SafeTensors.write(Path.of(arguments[0]), Map.of("large", large), Map.of());
        }
    }
}
