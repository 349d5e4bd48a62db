package dev.tandem.nn.functional;

import dev.tandem.backend.Window;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Shape;
import dev.tandem.tensor.Tensor;

/** Shape checks that several functions share. */
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
