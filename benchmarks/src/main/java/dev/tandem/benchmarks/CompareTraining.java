package dev.tandem.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Runs contenders side by side on each training case and prints a table of images/s, first-step time and peak memory.
 * {@code benchmarks/compare.sh} builds and starts it with the contenders that we know.
 */
@Command(
        name = "compare-training",
        mixinStandardHelpOptions = true,
        description = "Trains the same networks with several programs in turns and compares them.")
public final class CompareTraining implements Callable<Integer> {
    @Option(
            names = "--contender",
            required = true,
            paramLabel = "NAME=COMMAND",
            description =
                    "A program and how to start it, split at blanks. {java}, {classpath}, {case} and {threads} are"
                            + " filled in. Ratios are to the first one given.")
    private Map<String, String> contenders = new LinkedHashMap<>();

    @Option(
            names = "--only",
            split = ",",
            paramLabel = "NAME",
            description = "Of the contenders given, run these alone, in this order.")
    private List<String> only = List.of();

    @Option(
            names = "--case",
            split = ",",
            paramLabel = "NAME",
            description = "Networks, all by default: lenet5, alexnet, resnet18_cifar, vgg11.")
    private List<String> cases =
            TrainingCase.ALL.stream().map(TrainingCase::name).toList();

    @Option(names = "--threads", description = "Threads that a contender computes with; all cores by default.")
    private int threads = Runtime.getRuntime().availableProcessors();

    @Option(names = "--launches", defaultValue = "3", description = "Times all are launched (${DEFAULT-VALUE}).")
    private int launches;

    @Option(names = "--rounds", defaultValue = "2", description = "Turns of each, a launch (${DEFAULT-VALUE}).")
    private int rounds;

    @Option(names = "--turn-seconds", defaultValue = "5", description = "Length of a turn (${DEFAULT-VALUE}).")
    private double turnSeconds;

    @Option(names = "--warmup-seconds", defaultValue = "8", description = "Untimed steps first (${DEFAULT-VALUE}).")
    private double warmupSeconds;

    @Option(
            names = "--pause-millis",
            defaultValue = "400",
            description = "Rest before a turn, for the spinning workers of the one before (${DEFAULT-VALUE}).")
    private int pauseMillis;

    @Option(names = "--json", description = "Write everything to this file.")
    private Path json;

    @Option(names = "--markdown", description = "Write the table to this file.")
    private Path markdown;

    public static void main(String[] args) {
        System.exit(new CommandLine(new CompareTraining()).execute(args));
    }

    @Override
    public Integer call() throws IOException {
        var plan = new Comparison.Plan(launches, rounds, turnSeconds, warmupSeconds, pauseMillis);
        Map<String, String> environment = Report.environment(threads);
        List<Comparison.Result> results = new ArrayList<>();
        Map<String, String> chosen = chosenContenders();
        for (String name : cases) {
            TrainingCase trainingCase = TrainingCase.named(name);
            Map<String, List<String>> commands = new LinkedHashMap<>();
            chosen.forEach((contender, command) -> commands.put(contender, fillIn(command, trainingCase)));
            System.err.println("Training " + name + ": " + String.join(", ", commands.keySet()));
            results.addAll(Comparison.run(trainingCase, commands, plan));
        }
        var report = new Report(environment, plan, chosen, results);
        System.out.print(report.markdown());
        if (json != null) {
            Files.writeString(json, report.json());
        }
        if (markdown != null) {
            Files.writeString(markdown, report.markdown());
        }
        return 0;
    }

    private Map<String, String> chosenContenders() {
        if (only.isEmpty()) {
            return contenders;
        }
        Map<String, String> chosen = new LinkedHashMap<>();
        for (String name : only) {
            if (!contenders.containsKey(name)) {
                throw new IllegalArgumentException("No contender '" + name + "' among " + contenders.keySet());
            }
            chosen.put(name, contenders.get(name));
        }
        return chosen;
    }

    private List<String> fillIn(String command, TrainingCase trainingCase) {
        Map<String, String> values = Map.of(
                "{java}", ProcessHandle.current().info().command().orElse("java"),
                "{classpath}", System.getProperty("java.class.path"),
                "{case}", trainingCase.name(),
                "{threads}", Integer.toString(threads));
        return Arrays.stream(command.trim().split("\\s+"))
                .map(word -> values.entrySet().stream()
                        .reduce(word, (text, value) -> text.replace(value.getKey(), value.getValue()), (a, b) -> b))
                .collect(Collectors.toList());
    }
}
