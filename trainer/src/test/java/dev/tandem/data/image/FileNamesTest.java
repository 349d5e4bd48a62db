package dev.tandem.data.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FileNamesTest {
    /** The URI has a name's bytes, whatever the locale of the tests makes of them. */
    @ParameterizedTest
    @CsvSource({
        "cat, cat",
        "a%20b, a b",
        "-x, -x",
        "caf%C3%A9, café",
        "cafe%CC%81, cafe\u0301",
        "%F0%9F%90%88, \uD83D\uDC08",
        "caf%E9, caf\\xe9",
        "caf%E9%C3%A9, caf\\xe9é",
        "%C3, \\xc3",
        "%E9%E8, \\xe9\\xe8",
        "%F0%9F%90, \\xf0\\x9f\\x90",
        "a%0Ab, a\\x0ab",
        "a%1B%5B31m, a\\x1b[31m",
        "a%C2%85, a\\xc2\\x85"
    })
    void namesAreUtf8AndOtherBytesAreShown(String bytes, String name) {
        Path path = Path.of(URI.create("file:///tmp/photos/" + bytes));

        assertThat(FileNames.of(path)).isEqualTo(name);
        assertThat(FileNames.path(path)).isEqualTo("/tmp/photos/" + name);
    }

    @Test
    void relativePathsStayRelative() {
        assertThat(FileNames.path(Path.of("a", "b.png")))
                .isEqualTo(Path.of("a", "b.png").toString());
        assertThat(FileNames.of(Path.of("/"))).isEmpty();
    }

    /** As Java gives a program the argument {@code caf\xe9/1.png}. */
    @Test
    void argumentsThatAreNoTextMeanTheFileTheyCameFrom(@TempDir Path folder) throws IOException {
        Path file = Path.of(URI.create("file://" + folder + "/caf%E9/1%FF.png"));
        Files.createDirectories(file.getParent());
        Files.createFile(file);
        assumeTrue(System.getProperty("sun.jnu.encoding").equals("UTF-8"));
        Path argument = folder.resolve("caf\uFFFD/1\uFFFD.png");

        assertThat(FileNames.meant(argument)).isEqualTo(file);
        assertThat(FileNames.meant(folder.resolve("x\uFFFD"))).isEqualTo(folder.resolve("x\uFFFD"));

        Files.createDirectories(Path.of(URI.create("file://" + folder + "/caf%E8")));
        assertThat(FileNames.meant(argument)).as("it may be one of two").isEqualTo(argument);
    }
}
