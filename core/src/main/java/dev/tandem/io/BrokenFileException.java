package dev.tandem.io;

import java.nio.file.Path;

/**
 * A file that is truncated, altered, or not of the format it should be. The message names the file, then the place (a byte
 * offset or an entry's name) and the fault, then what to do where that is known.
 */
public class BrokenFileException extends RuntimeException {
    private final String file;

    /** @param file a path, or the name of a resource */
    public BrokenFileException(String file, String fault) {
        super(file + ": " + fault);
        this.file = file;
    }

    public BrokenFileException(Path file, String fault) {
        this(file.toString(), fault);
    }

    public BrokenFileException(String file, String fault, Throwable cause) {
        this(file, fault);
        initCause(cause);
    }

    /** The file, as its reader was given it. */
    public String file() {
        return file;
    }
}
