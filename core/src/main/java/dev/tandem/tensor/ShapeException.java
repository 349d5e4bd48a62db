package dev.tandem.tensor;

/** Shapes that do not fit an operation. The message names the operation, the shapes and the rule. */
public class ShapeException extends IllegalArgumentException {
    public ShapeException(String message) {
        super(message);
    }
}
