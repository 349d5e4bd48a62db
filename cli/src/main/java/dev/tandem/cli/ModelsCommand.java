package dev.tandem.cli;

import dev.tandem.models.ModelEntry;
import dev.tandem.models.ModelOptions;
import dev.tandem.models.Models;
import dev.tandem.nn.Summary;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import picocli.CommandLine.Command;

/** {@code tandem models}: the networks by name. */
@Command(
        name = "models",
        description = {
            "Lists the networks, oldest first, with their size and published accuracy in percent, both for the images that"
                    + " their paper built them for."
        },
        footerHeading = "%nExample:%n",
        footer = "  tandem models --json | jq -r '.[].name'")
final class ModelsCommand extends Subcommand {
    /** A network in the list; accuracies in percent, null where nothing is published. */
    record Row(
            String name,
            int year,
            String paper,
            long parameters,
            long multiplyAdds,
            Double top1,
            Double top5,
            int classes,
            int channels,
            int imageSize,
            Map<String, String> settings) {}

    @Override
    public Integer call() {
        List<Row> rows = new ArrayList<>();
        TextTable table = new TextTable(
                Set.of(1, 2, 3, 5, 6),
                "name",
                "year",
                "parameters",
                "multiply-adds",
                "input",
                "top-1",
                "top-5",
                "paper");
        for (ModelEntry entry : Models.all()) {
            ModelOptions built = entry.defaults();
            Summary summary = Summary.of(entry.build(built), 1, built.channels(), built.imageSize(), built.imageSize());
            rows.add(new Row(
                    entry.name(),
                    entry.year(),
                    entry.paper(),
                    summary.parameters(),
                    summary.multiplyAdds(),
                    published(entry.top1()),
                    published(entry.top5()),
                    built.classes(),
                    built.channels(),
                    built.imageSize(),
                    new TreeMap<>(built.settings())));
            table.row(
                    entry.name(),
                    Integer.toString(entry.year()),
                    Format.grouped(summary.parameters()),
                    Format.scaled(summary.multiplyAdds()),
                    built.channels() + "×" + built.imageSize() + "×" + built.imageSize(),
                    percent(entry.top1()),
                    percent(entry.top5()),
                    entry.paper());
        }
        console().result(rows, table.toString());
        return ExitCodes.OK;
    }

    private static Double published(double percent) {
        return Double.isNaN(percent) ? null : percent;
    }

    private static String percent(double percent) {
        return Double.isNaN(percent) ? "–" : String.format(Locale.ROOT, "%.1f", percent);
    }
}
