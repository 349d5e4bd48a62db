package dev.tandem.cli;

import dev.tandem.cli.CheckReport.Remark;
import dev.tandem.cli.CheckReport.Section;
import dev.tandem.cli.CheckReport.State;
import java.util.Collection;
import java.util.Locale;
import java.util.Map;

/** A {@link CheckReport} as Markdown that reads well as it is. */
final class CheckReportText {
    private CheckReportText() {}

    static String of(CheckReport report) {
        StringBuilder text = new StringBuilder();
        text.append("# gpu-check of ").append(report.device()).append(": ");
        text.append(report.state().words()).append("\n\n");
        if (report.device().equals("cpu")) {
            text.append("**This checked the CPU backend, not a GPU.**\n\n");
        }
        text.append("Tandem ")
                .append(Version.text())
                .append(", ")
                .append(report.date())
                .append(".\n");
        report.sections().forEach((name, section) -> section(text, name, section));
        return text.toString();
    }

    private static void section(StringBuilder text, CheckSection name, Section section) {
        text.append("\n## ")
                .append(name.title())
                .append(": ")
                .append(section.state.words())
                .append("\n\n");
        if (section.state == State.NOT_RUN) {
            return;
        }
        text.append(counts(section)).append("\n");
        if (!section.failures.isEmpty()) {
            text.append("\nWhat failed:\n");
            section.failures.forEach(failure -> remark(text, failure));
        }
        if (!section.losses.isEmpty()) {
            text.append("\nThe device or its process was lost in these; the rest of them was left out, all else went on"
                            + " in a new process: ")
                    .append(String.join(", ", section.losses))
                    .append('\n');
        }
        if (!section.checks.isEmpty()) {
            text.append("\nWhat was right:\n");
            section.checks.forEach(check -> remark(text, check));
        }
        if (!section.facts.isEmpty()) {
            text.append("\n| what | |\n|---|---|\n");
            section.facts.forEach((fact, value) -> text.append("| ")
                    .append(fact)
                    .append(" | ")
                    .append(cell(fact, value))
                    .append(" |\n"));
        }
        if (!section.operations.isEmpty()) {
            text.append("\n| operations | passed | failed | skipped |\n|---|---|---|---|\n");
            section.operations.forEach((operation, counts) -> text.append("| " + operation + " | " + counts.passed
                    + " | " + counts.failed + " | " + counts.skipped + " |\n"));
        }
        if (!section.rows.isEmpty()) {
            text.append('\n');
            table(text, section.rows);
        }
    }

    /** {@code 312 passed, 1 failed, 2 skipped; 41.0 s}. */
    static String counts(Section section) {
        return section.passed + " passed, " + section.failed + " failed, " + section.skipped + " skipped; "
                + Format.seconds(section.seconds);
    }

    private static void remark(StringBuilder text, Remark remark) {
        text.append("- ")
                .append(remark.item())
                .append(": ")
                .append(remark.text())
                .append('\n');
    }

    private static void table(StringBuilder text, Collection<Map<String, Object>> rows) {
        Collection<String> names = rows.iterator().next().keySet();
        text.append("| ").append(String.join(" | ", names)).append(" |\n|");
        names.forEach(name -> text.append("---|"));
        text.append('\n');
        for (Map<String, Object> row : rows) {
            text.append('|');
            row.forEach(
                    (name, value) -> text.append(' ').append(cell(name, value)).append(" |"));
            text.append('\n');
        }
    }

    private static String cell(String name, Object value) {
        if (value instanceof Number && name.endsWith("ytes")) {
            return Format.bytes(((Number) value).longValue());
        }
        if (value instanceof Double && name.equals("difference")) {
            return String.format(Locale.ROOT, "%.1e", (Double) value);
        }
        return String.valueOf(value).replace("|", "\\|");
    }
}
