package dev.tandem.cli;

/** What scripts can tell from how a command ended. */
final class ExitCodes {
    static final int OK = 0;
    /** Something went wrong that the command line could not know. */
    static final int FAILURE = 1;
    /** The command line itself: an unknown flag, a bad value, a file that is not there. */
    static final int USAGE = 2;
    /** Stopped by Ctrl-C, as shells say it: 128 + SIGINT. */
    static final int INTERRUPTED = 130;

    private ExitCodes() {}
}
