package dev.tandem.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ProgressOnTerminalTest {
    private static final List<String> FACTS =
            List.of("", ", 12 s left", ", 21,504 images/s", ", loss 0.0312", ", test 98.70 %");

    @Test
    void factsThatDoNotFitAreLeftOutWhole() {
        for (int columns = 1; columns < 140; columns++) {
            String line = ProgressOnTerminal.fitted("epoch 2/6", 0.38, String.join("", FACTS), columns);

            assertThat(line.length()).as("%d columns: %s", columns, line).isLessThan(columns);
            if (line.contains("%")) {
                List<String> endings = IntStream.rangeClosed(1, FACTS.size())
                        .mapToObj(count -> " 38 %" + String.join("", FACTS.subList(0, count)))
                        .toList();
                assertThat(endings).as("%d columns: %s", columns, line).anyMatch(line::endsWith);
            }
        }
    }
}
