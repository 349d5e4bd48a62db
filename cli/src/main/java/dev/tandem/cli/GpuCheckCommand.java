package dev.tandem.cli;

import dev.tandem.models.ModelEntry;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.DeviceException;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code tandem gpu-check}: whether a GPU computes right, and how fast. */
@Command(
        name = "gpu-check",
        description = {
            "Checks a GPU: every operation against a reference (the conformance kit), LeNet-5's training against the"
                    + " CPU's, memory over 1,000 steps, and how fast the benchmark's networks train.",
            "Writes gpu-check.json and gpu-check.md as it goes: stopped half way, they hold what was found until then."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  tandem gpu-check",
            "  tandem gpu-check --device cuda:1 --only conformance --tests Convolution",
            "  tandem gpu-check --device cpu --only training,flatness   the same without a GPU"
        })
final class GpuCheckCommand extends Subcommand {
    private static final Pattern DEVICE = Pattern.compile("cpu|cuda(:\\d+)?");

    @Option(
            names = "--device",
            paramLabel = "DEVICE",
            description = "cuda, cuda:1, …, or cpu to try this command without a GPU (default: cuda).")
    private String device = "cuda";

    @Option(
            names = "--only",
            split = ",",
            paramLabel = "SECTION",
            description = "Of conformance, training, flatness, throughput, these alone (default: all).")
    private List<CheckSection> only;

    @Option(
            names = "--out",
            paramLabel = "FOLDER",
            description = "Where to write the report, a folder without one (default: runs/…-gpu-check).")
    private Path out;

    @Option(
            names = "--time-limit",
            paramLabel = "TIME",
            converter = Values.Seconds.class,
            description = "Stop after this long, with what was found: 90s, 20m, 1h (default: when all is done).")
    private Long timeLimit;

    @ArgGroup(validate = false, heading = "%nHow much:%n")
    private Amount amount = new Amount();

    static final class Amount {
        @Option(
                names = "--tests",
                paramLabel = "PATTERN",
                description = "Only the kit's tests whose Class.method contains this regular expression.")
        private String tests = "";

        @Option(
                names = "--compare-steps",
                paramLabel = "N",
                converter = Values.AtLeastOne.class,
                description = "Steps whose losses are compared with the CPU's (default: 20).")
        private Integer compareSteps = 20;

        @Option(
                names = "--epochs",
                paramLabel = "N",
                converter = Values.NotNegative.class,
                description = "Epochs of the training; 0 for the compared steps alone (default: 4).")
        private Long epochs = 4L;

        @Option(
                names = "--batch",
                paramLabel = "N",
                converter = Values.AtLeastOne.class,
                description = "Images a step of training and flatness (default: 128).")
        private Integer batch = 128;

        @Option(names = "--data", paramLabel = "DIR", description = "Images to train on instead of those that ship.")
        private String data = TrainSettings.MNIST;

        @Option(
                names = "--flat-steps",
                paramLabel = "N",
                converter = Values.AtLeastOne.class,
                description = "Steps over which memory must stay the same (default: 1000).")
        private Integer flatSteps = 1000;

        @Option(
                names = "--networks",
                split = ",",
                paramLabel = "MODEL",
                converter = Values.Model.class,
                completionCandidates = Values.ModelNames.class,
                description = "Whose throughput is measured (default: the six of docs/benchmarks.md).")
        private List<ModelEntry> networks;

        @Option(
                names = "--timed-steps",
                paramLabel = "N",
                converter = Values.AtLeastOne.class,
                description = "Steps of each network to time (default: 20).")
        private Integer timedSteps = 20;

        @Option(
                names = "--threads",
                paramLabel = "N",
                converter = Values.AtLeastOne.class,
                description = "CPU threads of what runs on the CPU (default: OMP_NUM_THREADS, or one a core).")
        private Integer threads;
    }

    @ArgGroup(validate = false, heading = "%nWhere CUDA is:%n")
    private CudaSettings cuda = new CudaSettings();

    @Override
    public Integer call() {
        cuda.applyCudaHome();
        CheckSettings settings = settings();
        List<CheckSection> sections = sections();
        if (out != null && CheckReport.isIn(out)) {
            throw new UsageException("--out " + out + ": an earlier report is there, which is never overwritten; choose"
                    + " another folder");
        }
        requireDevice();
        if (sections.contains(CheckSection.TRAINING)) { // now, since its turn comes only minutes later
            TrainingCheck.requireFitting(settings);
        }
        Path folder = out == null ? Runs.create(Runs.folder(), "gpu-check", LocalDateTime.now()) : out;
        String now = OffsetDateTime.now().truncatedTo(ChronoUnit.SECONDS).toString();
        CheckReport report = new CheckReport(folder.toAbsolutePath().normalize(), device, now, sections);
        console()
                .note("gpu-check of " + device + "; the report is " + folder.resolve(CheckReport.TEXT)
                        + ", from now on");
        if (settings.isCpu()) {
            console().note("this checks the CPU backend, not a GPU");
        }
        CheckRun run = new CheckRun(console(), report, settings, timeLimit);
        try (Interruption interruption = new Interruption(() -> {
            console().note("tandem: stopping; the report has what was found");
            run.interrupt();
        })) {
            try {
                run.run();
            } catch (RuntimeException | Error e) {
                endWith(report, e);
                throw e;
            }
            console().result(report.toMap(), CheckReportText.of(report) + "\neverything is in " + folder);
            int stopped = interruption.exitCode();
            return report.isGreen() ? ExitCodes.OK : stopped != 0 ? stopped : ExitCodes.FAILURE;
        }
    }

    /** A machine without a GPU needs no report. */
    private void requireDevice() {
        try {
            Device.require(device);
        } catch (DeviceException e) {
            throw new DeviceException(e.getMessage() + " (tandem doctor tells more)", e);
        }
    }

    /** The report must not stay "running", unless it cannot be written any more. */
    private static void endWith(CheckReport report, Throwable cause) {
        try {
            report.endWith(cause);
        } catch (RuntimeException e) {
            cause.addSuppressed(e);
        }
    }

    private List<CheckSection> sections() {
        List<CheckSection> all = new ArrayList<>(List.of(CheckSection.values()));
        all.remove(CheckSection.MACHINE);
        if (only != null) {
            all.retainAll(only);
        }
        return all;
    }

    private CheckSettings settings() {
        if (!DEVICE.matcher(device).matches()) {
            throw new UsageException("device " + device
                    + ": gpu-check takes cuda, cuda:1 and so on, or cpu; it never chooses by itself");
        }
        try {
            Pattern.compile(amount.tests);
        } catch (PatternSyntaxException e) {
            throw new UsageException(
                    "--tests " + amount.tests + ": it is no regular expression: " + e.getDescription());
        }
        List<String> networks = amount.networks == null
                ? List.copyOf(ThroughputCheck.networks())
                : amount.networks.stream().map(ModelEntry::name).collect(Collectors.toList());
        return new CheckSettings(
                device,
                amount.threads,
                amount.tests,
                DataSource.absolute(amount.data),
                amount.compareSteps,
                amount.epochs.intValue(),
                amount.batch,
                amount.flatSteps,
                networks,
                amount.timedSteps);
    }
}
