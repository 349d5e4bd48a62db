package dev.tandem.tensor;

/** A device that is not there or cannot be used. The message says why and what to do. */
public class DeviceException extends IllegalArgumentException {
    public DeviceException(String message) {
        super(message);
    }

    public DeviceException(String message, Throwable cause) {
        super(message, cause);
    }
}
