package dev.tandem.backend;

/**
 * An activation fused behind another operation. Only functions whose derivative follows from their output can be fused,
 * since the value between is never stored.
 */
public record Activation(UnaryOp op, float a, float b) {
    public static final Activation RELU = new Activation(UnaryOp.RELU, 0, 0);

    public Activation {
        if (op.derivativeNeeds() != UnaryOp.Needs.OUTPUT) {
            throw new IllegalArgumentException("activation " + op + " cannot be fused: its derivative needs its input");
        }
    }
}
