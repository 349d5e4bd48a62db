package dev.tandem.trainer;

/** Somebody else trains in a run folder. The message names the folder and the process. */
public class RunInUseException extends IllegalArgumentException {
    public RunInUseException(String message) {
        super(message);
    }
}
