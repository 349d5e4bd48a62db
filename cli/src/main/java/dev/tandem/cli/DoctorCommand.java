package dev.tandem.cli;

import dev.tandem.backend.Finding;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code tandem doctor}: whether all that is needed is there, and how to mend what is not. */
@Command(
        name = "doctor",
        description = {
            "Looks whether everything is there that Tandem needs, and says how to mend what is not.",
            "Ends with exit code 1 if something that is needed is missing."
        })
final class DoctorCommand extends Subcommand {
    @Mixin
    private CudaSettings cuda = new CudaSettings();

    @Override
    public Integer call() {
        cuda.applyCudaHome();
        List<Finding> findings = Examination.ofThisMachine();
        boolean healthy = findings.stream().noneMatch(finding -> finding.level() == Finding.Level.FAIL);
        StringBuilder text = new StringBuilder();
        List<Map<String, String>> checks = new ArrayList<>();
        for (Finding finding : findings) {
            String level = finding.level().name().toLowerCase(Locale.ROOT);
            text.append(String.format("%-4s  %-16s  %s%n", level, finding.subject(), finding.text()));
            Map<String, String> check = new LinkedHashMap<>();
            check.put("level", level);
            check.put("subject", finding.subject());
            check.put("text", finding.text());
            checks.add(check);
        }
        text.append(
                healthy
                        ? "All that is needed is there."
                        : "Something that is needed is missing: see the lines with fail.");
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("ok", healthy);
        result.put("version", Version.text());
        result.put("checks", checks);
        console().result(result, text.toString());
        return healthy ? ExitCodes.OK : ExitCodes.FAILURE;
    }
}
