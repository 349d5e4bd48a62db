package dev.tandem.cli;

import java.io.PrintStream;
import java.io.PrintWriter;
import picocli.AutoComplete.GenerateCompletion;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.RunLast;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The {@code tandem} command: only what holds for all subcommands. */
@Command(
        name = "tandem",
        description = "Trains image networks: on NVIDIA GPUs, and on any CPU.",
        synopsisSubcommandLabel = "COMMAND",
        commandListHeading = "%nCommands:%n",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            " 0:done",
            " 1:failed; one line on standard error says why",
            " 2:a mistake in the command line",
            "129:stopped since the terminal was lost",
            "130:stopped by Ctrl-C",
            "143:stopped by a request to terminate"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  tandem train              LeNet-5 learns handwritten digits, in a minute",
            "  tandem predict digit.jpg  what the newest network sees in a photo",
            "  tandem models             the networks there are",
            "  tandem doctor             whether all that is needed is there",
            "",
            "Each command has its own help, with examples: tandem train --help",
            "Completion in bash and zsh: source <(tandem generate-completion)"
        },
        subcommands = {
            TrainCommand.class,
            EvalCommand.class,
            PredictCommand.class,
            InspectCommand.class,
            BenchCommand.class,
            ModelsCommand.class,
            SummaryCommand.class,
            ParityCommand.class,
            ExportCommand.class,
            DevicesCommand.class,
            DoctorCommand.class,
            GpuCheckCommand.class,
            HelpCommand.class,
            GenerateCompletion.class
        })
public final class TandemCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    private final Console console;

    private TandemCommand(Console console) {
        this.console = console;
    }

    @Option(
            names = "--json",
            scope = ScopeType.INHERIT,
            description = "Write the result as JSON to standard output, all else to standard error; where there is no"
                    + " result, an object with error and exitCode.")
    private void setJson(boolean json) {
        console.setJson(json);
    }

    @Option(
            names = "--debug",
            scope = ScopeType.INHERIT,
            description = "Show where in the program a failure came from, and more of the log.")
    private void setDebug(boolean debug) {
        console.setDebug(debug);
    }

    public static void main(String[] arguments) {
        StandardError.restore();
        Logging.configure(arguments);
        System.setProperty("java.awt.headless", "true");
        System.exit(run(System.out, System.err, arguments));
    }

    /** Runs a command line. Returns its exit code. */
    static int run(PrintStream out, PrintStream err, String... arguments) {
        Console console = new Console(out, err);
        Failures failures = new Failures(console);
        CommandLine command = new CommandLine(new TandemCommand(console))
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpAutoWidth(true)
                .setAbbreviatedOptionsAllowed(false)
                .setExecutionStrategy(parsed -> {
                    RepeatedOptions.refuse(parsed);
                    return new RunLast().execute(parsed);
                })
                .setParameterExceptionHandler(failures)
                .setExecutionExceptionHandler(failures);
        addCommonOptions(command);
        command.getSubcommands().values().forEach(TandemCommand::addCommonOptions);
        Values.Choice.register(command);
        try {
            return command.execute(arguments);
        } catch (Throwable e) { // picocli lets errors through
            return failures.handle(e);
        }
    }

    private static void addCommonOptions(CommandLine command) {
        command.getCommandSpec().mixinStandardHelpOptions(true).versionProvider(new Version());
        command.getCommandSpec().usageMessage().optionListHeading("%nOptions:%n");
    }

    Console console() {
        return console;
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "no command given; tandem train is the one to start with");
    }
}
