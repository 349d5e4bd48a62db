package dev.tandem.nn.functional;

import dev.tandem.backend.OperationKind;
import dev.tandem.backend.Window;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Shape;
import dev.tandem.tensor.Tensor;
import java.util.Set;
import java.util.stream.Collectors;

/** Checks of shapes and types that several functions share. */
final class Checks {
    private Checks() {}

    static void image(String function, Tensor x) {
        if (x.rank() != 4) {
            throw new InputShapeException(
                    function, "input " + x.shape() + " has " + x.rank() + " axes; give images [N, C, H, W]");
        }
        floating(function, x);
    }

    static void floating(String function, Tensor x) {
        if (!x.dtype().isFloating()) {
            throw new InputShapeException(
                    function, "input is " + x.dtype() + "; convert it with cast(DType.FLOAT32) first");
        }
    }

    /** Images of a type that the device computes this operation in. */
    static void image(String function, OperationKind kind, Tensor x) {
        image(function, x);
        computed(function, kind, x);
    }

    /** Whether the device computes this operation in the input's type. */
    static void computed(String function, OperationKind kind, Tensor x) {
        floating(function, x);
        Set<DType> types = x.device().types(kind);
        if (!types.contains(x.dtype())) {
            throw new InputShapeException(
                    function,
                    "input is " + x.dtype() + ", which " + x.device() + " does not compute here; it takes "
                            + types.stream().map(DType::name).collect(Collectors.joining(", "))
                            + ", so convert the input with cast");
        }
    }

    /** An operand other than the input, which must be of a given type; null for none. */
    static void type(String function, String operand, Tensor given, DType expected, Tensor x) {
        if (given != null && given.dtype() != expected) {
            throw new InputShapeException(
                    function,
                    operand + " is " + given.dtype() + " for an input of " + x.dtype() + "; it must be " + expected
                            + ", so convert one with cast");
        }
    }

    /** Nulls are allowed among the others. */
    static void sameDevice(String function, Tensor x, Tensor... others) {
        for (Tensor other : others) {
            if (other != null && other.device() != x.device()) {
                throw new InputShapeException(
                        function, Device.apart("the input", x.device(), "a weight or second input", other.device()));
            }
        }
    }

    static void shape(String function, String what, Tensor given, Shape expected) {
        if (given != null && !given.shape().equals(expected)) {
            throw new InputShapeException(function, what + " is " + given.shape() + "; it must be " + expected);
        }
    }

    static void windowFits(String function, Tensor x, Window window) {
        if (window.outputHeight(x.size(2)) < 1 || window.outputWidth(x.size(3)) < 1) {
            throw new InputShapeException(
                    function,
                    "input " + x.shape() + " with padding is "
                            + (x.size(2) + window.padTop() + window.padBottom()) + "×"
                            + (x.size(3) + window.padLeft() + window.padRight())
                            + " pixels, smaller than the window of "
                            + window.kernelExtentHeight() + "×" + window.kernelExtentWidth()
                            + "; use larger images or fewer strides before it");
        }
    }
}
