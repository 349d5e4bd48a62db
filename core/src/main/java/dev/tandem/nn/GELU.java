package dev.tandem.nn;

import dev.tandem.backend.UnaryOp;

/** {@code x · Φ(x)} (Hendrycks and Gimpel 2016, https://arxiv.org/abs/1606.08415). */
public final class GELU extends ActivationLayer {
    private final boolean tanhForm;

    /** The exact form, by the error function. */
    public GELU() {
        this(false);
    }

    /** @param tanhForm whether to approximate by tanh, as BERT and GPT-2 do */
    public GELU(boolean tanhForm) {
        super(tanhForm ? UnaryOp.GELU_TANH : UnaryOp.GELU);
        this.tanhForm = tanhForm;
    }

    @Override
    public String toString() {
        return tanhForm ? "GELU(tanh)" : "GELU";
    }
}
