package dev.tandem.cpu;

import dev.tandem.backend.Activation;
import dev.tandem.backend.UnaryOp;

/** oneDNN's primitive attributes: scratchpads are ours to allocate, and an activation may follow. */
final class Attributes {
    private Attributes() {}

    static long none() {
        long attributes = Setup.create("dnnl_primitive_attr_create", "dnnl_primitive_attr_destroy");
        OneDnn.call("dnnl_primitive_attr_set_scratchpad_mode", attributes, 1);
        return attributes;
    }

    /** @param activation to apply to the result, or null */
    static long with(Activation activation) {
        if (activation == null) {
            return none();
        }
        // oneDNN's ReLU makes NaN 0, and hides that a network diverged. For an enormous a its hard swish,
        // x·min(max(a·x, 0), 1), is the same function and keeps NaN, but makes −∞ NaN too.
        boolean relu = activation.op() == UnaryOp.RELU;
        return followedBy(
                "dnnl_post_ops_append_eltwise",
                relu ? OneDnn.ELTWISE_HARDSWISH : algorithm(activation),
                relu ? Float.MAX_VALUE : activation.a(),
                activation.b());
    }

    /** The result is multiplied. */
    static long scaled(float factor) {
        return factor == 1 ? none() : followedBy("dnnl_post_ops_append_eltwise", OneDnn.ELTWISE_LINEAR, factor, 0f);
    }

    /** The result is added to what is there. */
    static long accumulating() {
        return followedBy("dnnl_post_ops_append_sum", 1f, 0, 0);
    }

    private static long followedBy(String function, Object... arguments) {
        long attributes = none();
        long steps = Setup.create("dnnl_post_ops_create", "dnnl_post_ops_destroy");
        Object[] all = new Object[arguments.length + 1];
        all[0] = steps;
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        OneDnn.call(function, all);
        OneDnn.call("dnnl_primitive_attr_set_post_ops", attributes, steps);
        return attributes;
    }

    static int algorithm(Activation activation) {
        return switch (activation.op()) {
            case TANH -> OneDnn.ELTWISE_TANH;
            case SIGMOID -> OneDnn.ELTWISE_LOGISTIC;
            case EXP -> OneDnn.ELTWISE_EXP;
            case SQRT -> OneDnn.ELTWISE_SQRT;
            default -> throw new UnsupportedOperationException("cpu: fusing " + activation.op() + " is not supported");
        };
    }
}
