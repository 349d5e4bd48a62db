package dev.tandem.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.models.ModelEntry;
import dev.tandem.models.Models;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The page of the models says what the program says. */
class ModelsPageTest {
    @Test
    void tellsEveryNetworksSize() throws Exception {
        List<String> lines = Files.readAllLines(Path.of("../docs/models.md"));
        for (ModelEntry entry : Models.all()) {
            List<String> rows = lines.stream()
                    .filter(line -> line.startsWith("| `" + entry.name() + "` |"))
                    .toList();
            assertThat(rows).as(entry.name()).hasSize(1);
            long parameters = entry.build(entry.defaults()).parameterCount();
            assertThat(rows.get(0))
                    .contains("| " + Format.grouped(parameters) + " |", "from " + entry.leastImageSize() + " |");
        }
    }
}
