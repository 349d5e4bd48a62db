package dev.tandem.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The README's example is this folder's, and it does what it says. */
class ReadmeTest {
    @Test
    void theExampleInTheReadmeIsTheOneThatIsCompiledHere() throws Exception {
        String source = Files.readString(Path.of("src/test/java/dev/tandem/examples/TrainDigits.java"));
        String example = source.substring(source.indexOf("import "));
        assertThat(Files.readString(Path.of("../README.md"))).contains("```java\n" + example + "```");
    }

    @Test
    void theExampleLearnsDigits() {
        PrintStream console = System.out;
        ByteArrayOutputStream captured = new ByteArrayOutputStream();
        System.setOut(new PrintStream(captured, true, StandardCharsets.UTF_8));
        try {
            TrainDigits.main(new String[0]);
        } finally {
            System.setOut(console);
        }
        String line = captured.toString(StandardCharsets.UTF_8).strip();
        assertThat(line).startsWith("test accuracy ");
        double accuracy = Double.parseDouble(line.split(" ")[2].replace(',', '.'));
        assertThat(accuracy).isBetween(97.5, 100.0);
    }
}
