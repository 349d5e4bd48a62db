package dev.tandem.data.image;

import java.nio.file.Path;

/** An image file that cannot be used. The message names it and says why. */
public class ImageException extends RuntimeException {
    private final String file;
    private final String reason;

    /** @param reason what is wrong with it, and what to do */
    public ImageException(Path file, String reason) {
        super("image " + FileNames.path(file) + ": " + reason);
        this.file = FileNames.path(file);
        this.reason = reason;
    }

    /** Its path, readable whatever bytes it is made of. */
    public String file() {
        return file;
    }

    /** What is wrong with it. */
    public String reason() {
        return reason;
    }
}
