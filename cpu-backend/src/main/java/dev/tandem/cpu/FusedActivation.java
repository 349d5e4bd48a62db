package dev.tandem.cpu;

import dev.tandem.backend.Activation;
import dev.tandem.backend.UnaryOp;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;

/** The passes over float32 elements that bring an activation behind an operation that cannot fuse it, and back. */
final class FusedActivation {

    private enum Pass {
        APPLY,
        BACKWARD
    }

    private record Key(Pass pass, long elements, Activation activation) {}

    private final CpuRuntime runtime;

    FusedActivation(CpuRuntime runtime) {
        this.runtime = runtime;
    }

    /** {@code y = activation(y)} in place. */
    void apply(CpuStorage y, Activation activation) {
        if (activation.op() == UnaryOp.RELU) {
            throw new AssertionError("oneDNN's ReLU loses NaN");
        }
        primitive(Pass.APPLY, y, activation)
                .with(OneDnn.ARG_SRC, y.address)
                .with(OneDnn.ARG_DST, y.address)
                .run(runtime);
    }

    /** The gradient in front of the activation, from the gradient behind it and the activation's output; all of one order. */
    CpuStorage backward(CpuStorage gradient, CpuStorage output, Activation activation) {
        CpuStorage result = runtime.allocateLike(gradient);
        primitive(Pass.BACKWARD, gradient, activation)
                .with(OneDnn.ARG_DIFF_DST, gradient.address)
                .with(OneDnn.ARG_DST, output.address)
                .with(OneDnn.ARG_DIFF_SRC, result.address)
                .run(runtime);
        return result;
    }

    /** The order does not matter, so elements are one long row. */
    private Primitive primitive(Pass pass, CpuStorage like, Activation activation) {
        long elements = like.shape().elements();
        return runtime.primitive(
                new Key(pass, elements, activation),
                () -> create(
                        pass,
                        MemoryDescriptor.plain(Shape.of(elements), DType.FLOAT32)
                                .handle(),
                        activation));
    }

    private static Primitive create(Pass pass, long row, Activation activation) {
        int algorithm = pass == Pass.APPLY ? Attributes.algorithm(activation) : derivative(activation);
        Primitive forward = new Primitive(OneDnn.create(
                "dnnl_eltwise_forward_primitive_desc_create",
                OneDnn.ENGINE,
                OneDnn.FORWARD_TRAINING,
                algorithm,
                row,
                row,
                activation.a(),
                activation.b(),
                Attributes.none()));
        if (pass == Pass.APPLY) {
            return forward;
        }
        Primitive backward = new Primitive(OneDnn.create(
                "dnnl_eltwise_backward_primitive_desc_create",
                OneDnn.ENGINE,
                algorithm,
                row,
                row,
                row,
                activation.a(),
                activation.b(),
                forward.descriptor(),
                Attributes.none()));
        forward.close(); // it was a hint
        return backward;
    }

    /** oneDNN's algorithms whose derivative is computed from the output. */
    private static int derivative(Activation activation) {
        return switch (activation.op()) {
            case RELU -> 0x100;
            case TANH -> 0x101;
            case SQRT -> 0x103;
            case SIGMOID -> 0x104;
            case EXP -> 0x105;
            default -> throw new UnsupportedOperationException("cpu: fusing " + activation.op() + " is not supported");
        };
    }
}
