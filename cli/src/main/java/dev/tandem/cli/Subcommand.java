package dev.tandem.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.ParentCommand;

/** What all commands share. */
abstract class Subcommand implements Callable<Integer> {
    @ParentCommand
    private TandemCommand tandem;

    final Console console() {
        return tandem.console();
    }

    /** Runs the command. Returns the exit code. */
    @Override
    public abstract Integer call();
}
