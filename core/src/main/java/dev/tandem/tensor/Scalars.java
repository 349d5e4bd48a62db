package dev.tandem.tensor;

import dev.tandem.backend.BinaryOp;
import dev.tandem.backend.UnaryOp;

/**
 * A tensor and a number. Floating tensors take the number in their own type. An integer tensor keeps its type with a whole
 * number, exactly, and takes a wider integer type for one that its own does not hold; with any other number it becomes
 * float32, as in PyTorch. Comparisons compare the numbers, whatever the type can hold.
 */
final class Scalars {
    private Scalars() {}

    static Tensor add(Tensor x, double value) {
        return isInteger(x, value)
                ? binary(BinaryOp.ADD, x, value)
                : floating(x).linear(1, (float) value);
    }

    static Tensor subtract(Tensor x, double value) {
        return isInteger(x, value)
                ? binary(BinaryOp.SUBTRACT, x, value)
                : floating(x).linear(1, (float) -value);
    }

    static Tensor multiply(Tensor x, double value) {
        return isInteger(x, value)
                ? binary(BinaryOp.MULTIPLY, x, value)
                : floating(x).linear((float) value, -0f); // −0, which keeps the sign of a zero
    }

    /** Integers are divided exactly, toward zero. */
    static Tensor divide(Tensor x, double value) {
        if (isInteger(x, value)) {
            if (value == 0) {
                throw new IllegalArgumentException("divide: " + x.dtype() + x.shape()
                        + " by 0 has no integer result; cast to FLOAT32 first for infinities");
            }
            return binary(BinaryOp.DIVIDE, x, value);
        }
        // Not by the reciprocal, which rounds once more, and is out of range sooner than the quotient.
        Tensor real = floating(x);
        Tensor dividend = real.cast(DType.FLOAT32);
        return Elementwise.binary(BinaryOp.DIVIDE, dividend, like(dividend, value))
                .cast(real.dtype());
    }

    static Tensor power(Tensor x, double exponent) {
        return isInteger(x, exponent) && exponent >= 0
                ? binary(BinaryOp.POWER, x, exponent)
                : floating(x).unary(UnaryOp.POWER, (float) exponent, 0);
    }

    static Tensor clamp(Tensor x, double low, double high) {
        if (Double.isNaN(low) || Double.isNaN(high)) {
            return floating(x).linear(0, Float.NaN);
        }
        if (x.dtype().isFloating() || !isBound(low) || !isBound(high)) {
            return floating(x).unary(UnaryOp.CLAMP, (float) low, (float) high);
        }
        Tensor raised = low <= x.dtype().smallest() ? x : binary(BinaryOp.MAXIMUM, x, low);
        return high >= x.dtype().largest() ? raised : binary(BinaryOp.MINIMUM, raised, high);
    }

    private static boolean isBound(double value) {
        return Double.isInfinite(value) || value == Math.rint(value);
    }

    static Tensor equalTo(Tensor x, double value) {
        return x.dtype().isFloating() || x.dtype().holds(value)
                ? Elementwise.binary(BinaryOp.EQUAL, x, like(x, value))
                : constant(x, 0);
    }

    static Tensor less(Tensor x, double value) {
        if (x.dtype().isFloating()) {
            return Elementwise.binary(BinaryOp.LESS, x, like(x, value));
        }
        double bound = Math.ceil(value);
        if (x.dtype().holds(bound)) {
            return Elementwise.binary(BinaryOp.LESS, x, like(x, bound));
        }
        return constant(x, bound > 0 ? 1 : 0); // false for NaN
    }

    static Tensor greater(Tensor x, double value) {
        if (x.dtype().isFloating()) {
            return Elementwise.binary(BinaryOp.GREATER, x, like(x, value));
        }
        double bound = Math.floor(value);
        if (x.dtype().holds(bound)) {
            return Elementwise.binary(BinaryOp.GREATER, x, like(x, bound));
        }
        return constant(x, bound < 0 ? 1 : 0);
    }

    private static Tensor constant(Tensor x, int flag) {
        return Tensor.full(x.device(), flag, DType.UINT8, x.shape().toArray());
    }

    private static boolean isInteger(Tensor x, double value) {
        return !x.dtype().isFloating() && DType.INT64.holds(value);
    }

    private static Tensor floating(Tensor x) {
        return x.dtype().isFloating() ? x : x.cast(DType.FLOAT32);
    }

    /** In the tensor's type, or the narrowest wider one that holds the number. */
    private static Tensor binary(BinaryOp op, Tensor x, double value) {
        DType dtype = x.dtype().holds(value) ? x.dtype() : DType.INT32.holds(value) ? DType.INT32 : DType.INT64;
        Tensor wide = x.cast(DType.promote(x.dtype(), dtype));
        return Elementwise.binary(op, wide, like(wide, value));
    }

    private static Tensor like(Tensor x, double value) {
        return Tensor.full(x.device(), value, x.dtype());
    }
}
