package dev.tandem.cli;

import dev.tandem.models.ModelEntry;
import dev.tandem.models.ModelOptions;
import dev.tandem.models.Models;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Command;

/** {@code tandem models}: the networks by name. */
@Command(
        name = "models",
        description =
                "Lists the networks, oldest first, with their size for the images that their paper built them for.",
        footerHeading = "%nExample:%n",
        footer = "  tandem models --json | jq -r '.[].name'")
final class ModelsCommand extends Subcommand {
    /** A network in the list. */
    record Row(String name, int year, String paper, long parameters, int classes, int channels, int imageSize) {}

    @Override
    public Integer call() {
        List<Row> rows = new ArrayList<>();
        TextTable table = new TextTable(Set.of(1, 2), "name", "year", "parameters", "input", "paper");
        for (ModelEntry entry : Models.all()) {
            ModelOptions built = entry.defaults();
            long parameters = entry.build(built).parameterCount();
            rows.add(new Row(
                    entry.name(),
                    entry.year(),
                    entry.paper(),
                    parameters,
                    built.classes(),
                    built.channels(),
                    built.imageSize()));
            table.row(
                    entry.name(),
                    Integer.toString(entry.year()),
                    Format.grouped(parameters),
                    built.channels() + "×" + built.imageSize() + "×" + built.imageSize(),
                    entry.paper());
        }
        console().result(rows, table.toString());
        return ExitCodes.OK;
    }
}
