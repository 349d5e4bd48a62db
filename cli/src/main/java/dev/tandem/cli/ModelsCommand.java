package dev.tandem.cli;

import dev.tandem.models.ModelEntry;
import dev.tandem.models.ModelOptions;
import dev.tandem.models.Models;
import dev.tandem.nn.Summary;
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
    record Row(
            String name,
            int year,
            String paper,
            long parameters,
            long multiplyAdds,
            int classes,
            int channels,
            int imageSize) {}

    @Override
    public Integer call() {
        List<Row> rows = new ArrayList<>();
        TextTable table =
                new TextTable(Set.of(1, 2, 3), "name", "year", "parameters", "multiply-adds", "input", "paper");
        for (ModelEntry entry : Models.all()) {
            ModelOptions built = entry.defaults();
            Summary summary = Summary.of(entry.build(built), 1, built.channels(), built.imageSize(), built.imageSize());
            rows.add(new Row(
                    entry.name(),
                    entry.year(),
                    entry.paper(),
                    summary.parameters(),
                    summary.multiplyAdds(),
                    built.classes(),
                    built.channels(),
                    built.imageSize()));
            table.row(
                    entry.name(),
                    Integer.toString(entry.year()),
                    Format.grouped(summary.parameters()),
                    Format.scaled(summary.multiplyAdds()),
                    built.channels() + "×" + built.imageSize() + "×" + built.imageSize(),
                    entry.paper());
        }
        console().result(rows, table.toString());
        return ExitCodes.OK;
    }
}
