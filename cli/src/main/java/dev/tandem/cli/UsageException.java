package dev.tandem.cli;

/** A mistake in the command line that shows only when the command runs, such as a file that is not there. */
final class UsageException extends RuntimeException {
    UsageException(String message) {
        super(message);
    }

    UsageException(String message, Throwable cause) {
        super(message, cause);
    }
}
