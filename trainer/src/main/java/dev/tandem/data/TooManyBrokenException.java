package dev.tandem.data;

/** More images of a data set cannot be read than may be; the message names some of them. */
public class TooManyBrokenException extends IllegalArgumentException {
    public TooManyBrokenException(String message) {
        super(message);
    }

    /** None of a data set's images can be read, which no limit allows. */
    public static TooManyBrokenException all(ImageDataset dataset) {
        return new TooManyBrokenException("data set " + dataset.name() + ": none of its " + dataset.size()
                + " images can be read; get them again");
    }
}
