package dev.tandem.nn.functional;

import dev.tandem.tensor.ShapeException;

/**
 * An input that a function cannot take. The message starts with the function; the innermost layer that runs it puts its own
 * name there instead, such as {@code Conv2d features.3}.
 */
public final class InputShapeException extends ShapeException {
    private final String problem;
    private String where;
    private boolean inLayer;

    /** @param problem the values, the rule, and what to do, in one line */
    public InputShapeException(String function, String problem) {
        super(problem);
        this.problem = problem;
        this.where = function;
    }

    /** This exception with a layer's name in front; only the first, innermost layer counts. */
    public InputShapeException in(String layer) {
        if (!inLayer) {
            where = layer;
            inLayer = true;
        }
        return this;
    }

    @Override
    public String getMessage() {
        return where + ": " + problem;
    }
}
