package dev.tandem.tensor;

import dev.tandem.backend.BinaryOp;
import dev.tandem.backend.Storage;
import dev.tandem.backend.UnaryOp;
import java.util.Locale;

/** Functions of each element by itself, with their derivatives. */
final class Elementwise {
    private Elementwise() {}

    static Tensor unary(UnaryOp op, Tensor given, float a, float b) {
        // Functions whose values are no integers give float32, as in PyTorch.
        boolean integers = op.takesIntegers() && a == Math.rint(a) && b == Math.rint(b);
        Tensor x = given.dtype().isFloating() || integers ? given : given.cast(DType.FLOAT32);
        Storage y = x.device().math().unary(op, x.storage(), a, b);
        UnaryOp.Needs needs = op.derivativeNeeds();
        if (needs == UnaryOp.Needs.NO_DERIVATIVE) {
            return Tensor.wrap(x.device(), y);
        }
        boolean input = needs == UnaryOp.Needs.INPUT;
        Storage[] saved = {input ? x.storage() : needs == UnaryOp.Needs.OUTPUT ? y : null};
        return Autograd.record(op.name(), x.device(), y, new Tensor[] {x}, saved, backward -> {
            Storage gradient = backward.gradient().storage();
            Storage kept = saved(backward);
            backward.give(
                    0,
                    backward.device()
                            .math()
                            .unaryBackward(
                                    op,
                                    gradient,
                                    input ? kept : null,
                                    input ? null : kept,
                                    a,
                                    b,
                                    gradient.isExclusive()));
        });
    }

    private static Storage saved(Backward backward) {
        Tensor tensor = backward.saved(0);
        return tensor == null ? null : tensor.storage();
    }

    static Tensor binary(BinaryOp op, Tensor left, Tensor right) {
        left.checkSameDevice(op.name(), right);
        DType dtype = DType.promote(left.dtype(), right.dtype());
        Tensor a = left.cast(dtype);
        Tensor b = right.cast(dtype);
        Shape.broadcast(op.name().toLowerCase(Locale.ROOT), a.shape(), b.shape());
        Storage y = a.device().math().binary(op, a.storage(), b.storage());
        if (op.isComparison()) {
            return Tensor.wrap(a.device(), y);
        }
        Storage[] saved = {
            needsLeft(op, b) ? a.storage() : null, needsRight(op, a) ? b.storage() : null,
        };
        return Autograd.record(
                op.name(), a.device(), y, new Tensor[] {a, b}, saved, backward -> binaryBackward(op, backward));
    }

    /** Whether backward reads the left operand: of a product and a quotient, only for the gradient of the right one. */
    private static boolean needsLeft(BinaryOp op, Tensor right) {
        return switch (op) {
            case ADD, SUBTRACT -> false;
            case MULTIPLY, DIVIDE -> right.requiresGradient();
            default -> true;
        };
    }

    private static boolean needsRight(BinaryOp op, Tensor left) {
        return switch (op) {
            case ADD, SUBTRACT -> false;
            case MULTIPLY -> left.requiresGradient();
            default -> true;
        };
    }

    private static void binaryBackward(BinaryOp op, Backward backward) {
        Tensor gradient = backward.gradient();
        if (op == BinaryOp.ADD) {
            backward.give(0, gradient);
            backward.give(1, gradient);
            return;
        }
        if (op == BinaryOp.SUBTRACT) {
            backward.give(0, gradient);
            if (backward.needs(1)) {
                backward.give(1, gradient.negate());
            }
            return;
        }
        // An operand that does not matter for its own derivative may have changed since.
        boolean product = op == BinaryOp.MULTIPLY;
        if (backward.needs(0)) {
            Tensor a = product || op == BinaryOp.DIVIDE ? null : backward.saved(0);
            backward.give(0, left(op, gradient, a, backward.saved(1)));
        }
        if (backward.needs(1)) {
            backward.give(1, right(op, gradient, backward.saved(0), product ? null : backward.saved(1)));
        }
    }

    private static Tensor left(BinaryOp op, Tensor gradient, Tensor a, Tensor b) {
        return switch (op) {
            case MULTIPLY -> gradient.multiply(b);
            case DIVIDE -> gradient.divide(b);
            case POWER ->
                // a^0 does not move with a, not even at 0, where 0·0^−1 would be NaN.
                Tensor.where(b.equalTo(0), zero(a), gradient.multiply(b.multiply(a.power(b.subtract(1)))));
            case MAXIMUM -> share(gradient, a.less(b), a.equalTo(b));
            case MINIMUM -> share(gradient, a.greater(b), a.equalTo(b));
            default -> throw new AssertionError(op);
        };
    }

    private static Tensor right(BinaryOp op, Tensor gradient, Tensor a, Tensor b) {
        return switch (op) {
            case MULTIPLY -> gradient.multiply(a);
            // The square of b would leave the range long before the result does.
            case DIVIDE -> gradient.multiply(a.divide(b).divide(b)).negate();
            case POWER ->
                // 0^b does not move with b from 0 on: its logarithm is kept out.
                Tensor.where(
                        a.equalTo(0).multiply(b.greaterOrEqual(zero(b))),
                        zero(a),
                        gradient.multiply(a.power(b).multiply(a.log())));
            case MAXIMUM -> share(gradient, b.less(a), a.equalTo(b));
            case MINIMUM -> share(gradient, b.greater(a), a.equalTo(b));
            default -> throw new AssertionError(op);
        };
    }

    /** The gradient where this operand does not lose; at a tie both operands get half, as in PyTorch. */
    private static Tensor share(Tensor gradient, Tensor loses, Tensor ties) {
        return where(loses, zero(gradient), where(ties, gradient.multiply(0.5), gradient));
    }

    private static Tensor zero(Tensor like) {
        return Tensor.full(like.device(), 0, like.dtype());
    }

    static Tensor where(Tensor condition, Tensor left, Tensor right) {
        condition.checkSameDevice("where", left);
        condition.checkSameDevice("where", right);
        if (condition.dtype() != DType.UINT8) {
            throw new IllegalArgumentException(
                    "where: the condition is " + condition.dtype() + "; give the UINT8 result of a comparison");
        }
        DType dtype = DType.promote(left.dtype(), right.dtype());
        Tensor a = left.cast(dtype);
        Tensor b = right.cast(dtype);
        Shape.broadcast("where", condition.shape(), Shape.broadcast("where", a.shape(), b.shape()));
        Device device = condition.device();
        Storage y = device.math().where(condition.storage(), a.storage(), b.storage());
        Storage[] saved = {condition.storage()};
        return Autograd.record("where", device, y, new Tensor[] {a, b}, saved, backward -> {
            Tensor gradient = backward.gradient();
            Tensor zero = zero(gradient);
            if (backward.needs(0)) {
                backward.give(0, where(backward.saved(0), gradient, zero));
            }
            if (backward.needs(1)) {
                backward.give(1, where(backward.saved(0), zero, gradient));
            }
        });
    }

    static Tensor cast(Tensor x, DType dtype) {
        if (x.dtype() == dtype) {
            return x;
        }
        Storage y = x.device().memory().cast(x.storage(), dtype);
        if (!dtype.isFloating() || !x.dtype().isFloating()) {
            return Tensor.wrap(x.device(), y);
        }
        DType from = x.dtype();
        return Autograd.record("cast", x.device(), y, new Tensor[] {x}, new Storage[0], backward -> {
            backward.give(0, backward.gradient().cast(from));
        });
    }
}
