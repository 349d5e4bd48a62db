package dev.tandem.cuda;

import dev.tandem.backend.Activation;

/** An activation as kernels take it: {@code op} is −1 for none. */
record Fused(int op, float a, float b) {
    private static final Fused NONE = new Fused(-1, 0, 0);

    static Fused of(Activation activation) {
        return activation == null ? NONE : new Fused(activation.op().ordinal(), activation.a(), activation.b());
    }
}
