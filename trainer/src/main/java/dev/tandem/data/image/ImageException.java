package dev.tandem.data.image;

/** An image file that cannot be used. The message names it and says why. */
public class ImageException extends RuntimeException {
    public ImageException(String message) {
        super(message);
    }
}
