package dev.tandem.data;

/** A folder has no data set of the wanted part, of any kind; the message says what was looked for. */
public class NoDataException extends IllegalArgumentException {
    public NoDataException(String message) {
        super(message);
    }
}
