package dev.tandem.cli;

import dev.tandem.backend.OutOfDeviceMemoryException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns every mistake and failure into one line on standard error, with {@code --json} an object too, and an exit code. */
final class Failures implements IParameterExceptionHandler, IExecutionExceptionHandler {
    private final Console console;

    Failures(Console console) {
        this.console = console;
    }

    @Override
    public int handleParseException(ParameterException mistake, String[] arguments) {
        if (Arrays.asList(arguments).contains("--json")) { // it may stand behind the mistake, where parsing ended
            console.setJson(true);
        }
        String what = mistake instanceof UnmatchedArgumentException
                ? unmatched((UnmatchedArgumentException) mistake)
                : mistake.getMessage();
        String command = mistake.getCommandLine().getCommandSpec().qualifiedName();
        return say(what + " (" + command + " --help tells more)", mistake, ExitCodes.USAGE);
    }

    private static String unmatched(UnmatchedArgumentException mistake) {
        String what = mistake.getMessage();
        if (!mistake.isUnknownOption() && mistake.getCommandLine().getParent() == null) {
            what = "there is no command " + mistake.getUnmatched().get(0);
        }
        List<String> near = mistake.getSuggestions();
        return near.isEmpty()
                ? what
                : what + "; did you mean " + String.join(" or ", near.subList(0, Math.min(2, near.size()))) + "?";
    }

    @Override
    public int handleExecutionException(Exception failure, CommandLine command, ParseResult parsed) {
        return handle(failure);
    }

    /** Also for errors, which picocli lets through. */
    int handle(Throwable failure) {
        return say(describe(failure), failure, failure instanceof UsageException ? ExitCodes.USAGE : ExitCodes.FAILURE);
    }

    private String describe(Throwable failure) {
        if (failure instanceof OutOfMemoryError) {
            return "Java's own memory is used up (" + failure.getMessage()
                    + "); give it more with TANDEM_JAVA_OPTIONS=-Xmx4g";
        }
        if (failure instanceof FileSystemException) {
            return failure.getMessage() + " (" + failure.getClass().getSimpleName() + ")";
        }
        boolean ours = failure instanceof UsageException
                || failure instanceof IllegalArgumentException
                || failure instanceof UncheckedIOException
                || failure instanceof OutOfDeviceMemoryException
                || failure instanceof UnsupportedOperationException
                || failure.getClass().getName().startsWith("dev.tandem.");
        if (ours && failure.getMessage() != null) {
            return failure.getMessage();
        }
        return "unexpected " + failure
                + (console.isDebug() ? "" : "; this is a fault of Tandem's: --debug shows where");
    }

    private int say(String message, Throwable cause, int exitCode) {
        console.failure(message.strip().replaceAll("\\s*\\R\\s*", "; "), exitCode);
        if (console.isDebug()) {
            cause.printStackTrace(console.err());
        }
        return exitCode;
    }
}
