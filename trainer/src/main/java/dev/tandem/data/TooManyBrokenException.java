package dev.tandem.data;

/** More images of a data set cannot be read than may be; the message names some of them. */
public class TooManyBrokenException extends IllegalArgumentException {
    public TooManyBrokenException(String message) {
        super(message);
    }
}
