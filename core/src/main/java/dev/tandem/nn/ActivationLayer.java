package dev.tandem.nn;

import dev.tandem.backend.Activation;
import dev.tandem.backend.UnaryOp;
import dev.tandem.tensor.Tensor;

/** An element-wise function as a layer; any shape. {@link UnaryOp} has the formulas and papers. */
public abstract class ActivationLayer extends Module {
    private final UnaryOp op;
    private final float a;
    private final float b;

    protected ActivationLayer(UnaryOp op, float a, float b) {
        this.op = op;
        this.a = a;
        this.b = b;
    }

    protected ActivationLayer(UnaryOp op) {
        this(op, 0, 0);
    }

    @Override
    protected Tensor forward(Tensor input) {
        return input.unary(op, a, b);
    }

    /** This function as the last part of the layer before it; null where its derivative does not follow from its output. */
    public final Activation fusible() {
        return op.derivativeNeeds() == UnaryOp.Needs.OUTPUT ? new Activation(op, a, b) : null;
    }
}
