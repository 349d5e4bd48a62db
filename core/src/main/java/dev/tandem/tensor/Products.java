package dev.tandem.tensor;

import dev.tandem.backend.Activation;
import dev.tandem.backend.OperationKind;
import dev.tandem.backend.Storage;
import java.util.Set;

/** Matrix products, with their derivatives. */
final class Products {
    private Products() {}

    /** {@code a × b}, batched over leading axes, which broadcast. */
    static Tensor matmul(Tensor a, Tensor b, boolean transposeB, Tensor bias, Activation activation) {
        a.checkSameDevice("matmul", b);
        check(a, b, transposeB, bias);
        Storage biasStorage = bias == null ? null : bias.storage();
        Storage y =
                a.device().math().matmul(a.storage(), b.storage(), false, transposeB, biasStorage, activation, null);
        Storage[] saved = {a.storage(), b.storage(), activation == null ? null : y};
        Tensor[] inputs = {a, b, bias};
        boolean matrices = a.rank() == 2 && b.rank() == 2;
        return Autograd.record("matmul", a.device(), y, inputs, saved, backward -> {
            Tensor gradient = beforeActivation(backward, activation, 2);
            if (backward.needs(0)) {
                backward.give(0, product(backward, gradient, backward.saved(1), false, !transposeB, null));
            }
            if (backward.needs(1)) {
                giveWeight(backward, gradient, transposeB, matrices);
            }
            if (backward.needs(2)) {
                backward.give(2, gradient);
            }
        });
    }

    /** The gradient in front of a fused activation, from the saved output. */
    static Tensor beforeActivation(Backward backward, Activation activation, int savedOutput) {
        Tensor gradient = backward.gradient();
        if (activation == null) {
            return gradient;
        }
        Storage storage = gradient.storage();
        return Tensor.wrap(
                backward.device(),
                backward.device()
                        .math()
                        .unaryBackward(
                                activation.op(),
                                storage,
                                null,
                                backward.saved(savedOutput).storage(),
                                activation.a(),
                                activation.b(),
                                storage.isExclusive()));
    }

    private static void giveWeight(Backward backward, Tensor gradient, boolean transposeB, boolean matrices) {
        Tensor a = backward.saved(0);
        Storage into = matrices ? backward.target(1) : null;
        Tensor result = transposeB
                ? product(backward, gradient, a, true, false, into)
                : product(backward, a, gradient, true, false, into);
        if (into != null) {
            into.release();
        }
        backward.give(1, result);
    }

    private static Tensor product(
            Backward backward, Tensor a, Tensor b, boolean transposeA, boolean transposeB, Storage into) {
        Device device = backward.device();
        return Tensor.wrap(
                device, device.math().matmul(a.storage(), b.storage(), transposeA, transposeB, null, null, into));
    }

    private static void check(Tensor a, Tensor b, boolean transposeB, Tensor bias) {
        String shapes = a.shape() + " × " + b.shape() + (transposeB ? " transposed" : "");
        if (a.rank() < 2 || b.rank() < 2) {
            throw new ShapeException("matmul: " + shapes + "; both need at least 2 axes");
        }
        checkTypes(a, b, bias);
        long inner = b.size(transposeB ? -1 : -2);
        if (a.size(-1) != inner) {
            throw new ShapeException(
                    "matmul: " + shapes + "; the inner sizes " + a.size(-1) + " and " + inner + " must be equal");
        }
        long columns = b.size(transposeB ? -2 : -1);
        if (bias != null && !bias.shape().equals(Shape.of(columns))) {
            throw new ShapeException("matmul: bias " + bias.shape() + " must be [" + columns + "] for " + shapes);
        }
        Shape.broadcast("matmul", leading(a), leading(b));
    }

    private static void checkTypes(Tensor a, Tensor b, Tensor bias) {
        if (a.dtype() != b.dtype() || !a.dtype().isFloating()) {
            throw new IllegalArgumentException("matmul: " + a.dtype() + " × " + b.dtype() + "; give one floating type");
        }
        if (bias != null && bias.dtype() != a.dtype()) {
            throw new IllegalArgumentException("matmul: the bias is " + bias.dtype() + ", the operands are " + a.dtype()
                    + "; give one floating type, converting with cast");
        }
        Set<DType> types = a.device().types(OperationKind.MATMUL);
        if (!types.contains(a.dtype())) {
            throw new IllegalArgumentException("matmul: " + a.device() + " does not multiply matrices of " + a.dtype()
                    + "; it takes " + types + ", so convert with cast");
        }
    }

    private static Shape leading(Tensor tensor) {
        return Shape.of(java.util.Arrays.copyOf(tensor.shape().toArray(), tensor.rank() - 2));
    }
}
