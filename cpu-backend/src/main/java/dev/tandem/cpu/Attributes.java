package dev.tandem.cpu;

import dev.tandem.backend.Activation;
import dev.tandem.backend.UnaryOp;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** oneDNN's primitive attributes: scratchpads are ours to allocate, and an activation may follow. */
final class Attributes {
    private static final Map<Optional<Activation>, Long> KNOWN = new ConcurrentHashMap<>();

    private static final Map<Float, Long> SCALED = new ConcurrentHashMap<>();

    private static final long ACCUMULATING = createAccumulating();

    private Attributes() {}

    static long none() {
        return with(null);
    }

    /** @param activation to apply to the result, or null */
    static long with(Activation activation) {
        return KNOWN.computeIfAbsent(Optional.ofNullable(activation), key -> create(activation));
    }

    /** The result is multiplied. */
    static long scaled(float factor) {
        return factor == 1 ? none() : SCALED.computeIfAbsent(factor, Attributes::create);
    }

    /** The result is added to what is there. */
    static long accumulating() {
        return ACCUMULATING;
    }

    private static long createAccumulating() {
        long attributes = OneDnn.create("dnnl_primitive_attr_create");
        OneDnn.call("dnnl_primitive_attr_set_scratchpad_mode", attributes, 1);
        long steps = OneDnn.create("dnnl_post_ops_create");
        OneDnn.call("dnnl_post_ops_append_sum", steps, 1f, 0, 0);
        OneDnn.call("dnnl_primitive_attr_set_post_ops", attributes, steps);
        return attributes;
    }

    private static long create(float factor) {
        long attributes = OneDnn.create("dnnl_primitive_attr_create");
        OneDnn.call("dnnl_primitive_attr_set_scratchpad_mode", attributes, 1);
        long steps = OneDnn.create("dnnl_post_ops_create");
        OneDnn.call("dnnl_post_ops_append_eltwise", steps, OneDnn.ELTWISE_LINEAR, factor, 0f);
        OneDnn.call("dnnl_primitive_attr_set_post_ops", attributes, steps);
        return attributes;
    }

    private static long create(Activation activation) {
        long attributes = OneDnn.create("dnnl_primitive_attr_create");
        OneDnn.call("dnnl_primitive_attr_set_scratchpad_mode", attributes, 1);
        if (activation != null) {
            long steps = OneDnn.create("dnnl_post_ops_create");
            // oneDNN's ReLU makes NaN 0, and hides that a network diverged. For an enormous a its hard swish,
            // x·min(max(a·x, 0), 1), is the same function and keeps NaN, but makes −∞ NaN too.
            boolean relu = activation.op() == UnaryOp.RELU;
            OneDnn.call(
                    "dnnl_post_ops_append_eltwise",
                    steps,
                    relu ? OneDnn.ELTWISE_HARDSWISH : algorithm(activation),
                    relu ? Float.MAX_VALUE : activation.a(),
                    activation.b());
            OneDnn.call("dnnl_primitive_attr_set_post_ops", attributes, steps);
        }
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
