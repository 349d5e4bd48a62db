package dev.tandem.cli;

import dev.tandem.models.Models;
import dev.tandem.models.parity.Finding;
import dev.tandem.models.parity.Parity;
import dev.tandem.models.parity.Trace;
import dev.tandem.tensor.Device;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code tandem parity}: whether networks compute what torchvision's compute. */
@Command(
        name = "parity",
        description = {
            "Runs training cases that torchvision computed (traces) and compares logits, losses, gradients and updates.",
            "An error is relative to its tensor's largest magnitude. Allowed are 10 times the rounding of PyTorch's own"
                    + " float32, which the trace tells, between 1e-5 and 1e-4 (logits, losses) or 1e-3 (gradients,"
                    + " updates)."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  tandem parity lenet5.safetensors",
            "  tandem parity traces/*.safetensors --device cuda",
            "  tandem parity alexnet_compact.safetensors --json | jq .passed"
        })
final class ParityCommand extends Subcommand {
    @Parameters(arity = "1..*", paramLabel = "FILE", description = "Traces, full or compact.")
    private List<Path> files;

    @ArgGroup(validate = false, heading = DeviceSettings.HEADING)
    private DeviceSettings device = new DeviceSettings();

    @Override
    public Integer call() {
        List<Trace> traces = new ArrayList<>();
        for (Path file : files) {
            if (!Files.isRegularFile(file)) {
                throw new UsageException("trace " + file + ": there is no such file");
            }
            traces.add(read(file));
        }
        List<Map<String, Object>> results = new ArrayList<>();
        StringBuilder text = new StringBuilder();
        boolean allPass = true;
        for (Trace trace : traces) {
            List<Finding> findings = check(trace);
            boolean passes = findings.stream().allMatch(Finding::passes);
            allPass &= passes;
            results.add(toMap(trace, findings, passes));
            text.append(toText(trace, findings, passes));
        }
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("passed", allPass);
        result.put("traces", results);
        console().result(result, text.toString());
        return allPass ? ExitCodes.OK : ExitCodes.FAILURE;
    }

    /** A trace of a network that there is. */
    private static Trace read(Path file) {
        Trace trace = Trace.read(file);
        try {
            Models.get(trace.model());
        } catch (IllegalArgumentException e) {
            throw new UsageException(file + ": " + e.getMessage(), e);
        }
        return trace;
    }

    /** Each on a device of its own, whose memory is free again for the next. */
    private List<Finding> check(Trace trace) {
        try (Device opened = device.open(false)) {
            return Parity.check(trace, opened);
        }
    }

    private static Map<String, Object> toMap(Trace trace, List<Finding> findings, boolean passes) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("file", trace.file().toString());
        map.put("model", trace.model());
        map.put("passed", passes);
        List<Map<String, Object>> groups = new ArrayList<>();
        for (Finding finding : findings) {
            Map<String, Object> group = new LinkedHashMap<>();
            group.put("group", finding.group());
            group.put("tensors", finding.tensors());
            group.put("error", finding.error());
            group.put("allowance", finding.allowance());
            group.put("worst", finding.worst());
            group.put("passed", finding.passes());
            groups.add(group);
        }
        map.put("groups", groups);
        return map;
    }

    private static String toText(Trace trace, List<Finding> findings, boolean passes) {
        TextTable table = new TextTable(Set.of(1, 2, 3), "group", "tensors", "error", "allowed", "", "largest in");
        for (Finding finding : findings) {
            table.row(
                    finding.group(),
                    Format.grouped(finding.tensors()),
                    scientific(finding.error()),
                    scientific(finding.allowance()),
                    finding.passes() ? "ok" : "BEYOND",
                    finding.worst());
        }
        return trace.model() + " (" + trace.file() + "): " + (passes ? "as torchvision" : "NOT as torchvision") + "\n"
                + table + "\n";
    }

    private static String scientific(double number) {
        return String.format(Locale.ROOT, "%.1e", number);
    }
}
