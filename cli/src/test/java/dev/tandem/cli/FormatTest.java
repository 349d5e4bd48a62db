package dev.tandem.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FormatTest {
    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '~',
            value = {
                "runs/mine-1, runs/mine-1",
                "/home/jörg/runs, /home/jörg/runs",
                "my run, 'my run'",
                "it's, 'it'\\''s'"
            })
    void pathsAreOneWordOfACommandLine(String path, String word) {
        assertThat(Format.word(Path.of(path))).isEqualTo(word);
    }
}
