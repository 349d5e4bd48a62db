package dev.tandem.conformance;

import dev.tandem.backend.BinaryOp;
import dev.tandem.backend.UnaryOp;

/** The element-wise functions of the seam in double precision, and their derivatives. */
final class Functions {
    private static final double GELU_TANH_FACTOR = Math.sqrt(2 / Math.PI);

    private Functions() {}

    static double unary(UnaryOp op, double x, double a, double b) {
        return switch (op) {
            case NEGATE -> -x;
            case ABS -> Math.abs(x);
            case SIGN -> Math.signum(x);
            case EXP -> Math.exp(x);
            case LOG -> Math.log(x);
            case SQRT -> Math.sqrt(x);
            case SQUARE -> x * x;
            case RECIPROCAL -> 1 / x;
            case SIN -> Math.sin(x);
            case COS -> Math.cos(x);
            case FLOOR -> Math.floor(x);
            case CEIL -> Math.ceil(x);
            case ROUND -> Math.rint(x);
            case LINEAR -> a * x + b;
            case POWER -> Math.pow(x, a);
            case CLAMP, HARD_TANH -> Math.min(Math.max(x, a), b);
            case RELU -> Math.max(x, 0);
            case LEAKY_RELU -> x > 0 ? x : a * x;
            case ELU -> x > 0 ? x : a * Math.expm1(x);
            case SIGMOID -> sigmoid(x);
            case TANH -> Math.tanh(x);
            case GELU -> x * normalCumulative(x);
            case GELU_TANH -> 0.5 * x * (1 + Math.tanh(GELU_TANH_FACTOR * (x + 0.044715 * x * x * x)));
            case SILU -> x * sigmoid(x);
            case HARD_SIGMOID -> hardSigmoid(x);
            case HARD_SWISH -> x * hardSigmoid(x);
        };
    }

    /** The derivative at an input x with output y; where a function has a corner, as PyTorch. */
    static double derivative(UnaryOp op, double x, double y, double a, double b) {
        return switch (op) {
            case NEGATE -> -1;
            case ABS -> Math.signum(x);
            case SIGN, FLOOR, CEIL, ROUND -> 0;
            case EXP -> y;
            case LOG -> 1 / x;
            case SQRT -> 0.5 / y;
            case SQUARE -> 2 * x;
            case RECIPROCAL -> -y * y;
            case SIN -> Math.cos(x);
            case COS -> -Math.sin(x);
            case LINEAR -> a;
            case POWER -> a == 0 ? 0 : a * Math.pow(x, a - 1);
            case CLAMP -> x >= a && x <= b ? 1 : 0;
            case HARD_TANH -> x <= a || x >= b ? 0 : 1;
            case RELU -> y <= 0 ? 0 : 1;
            case LEAKY_RELU -> x > 0 ? 1 : a;
            case ELU -> x > 0 ? 1 : a * Math.exp(x);
            case SIGMOID -> y * (1 - y);
            case TANH -> 1 - y * y;
            case GELU -> normalCumulative(x) + x * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
            case GELU_TANH -> {
                double tanh = Math.tanh(GELU_TANH_FACTOR * (x + 0.044715 * x * x * x));
                double inner = GELU_TANH_FACTOR * (1 + 3 * 0.044715 * x * x);
                yield 0.5 * (1 + tanh) + 0.5 * x * (1 - tanh * tanh) * inner;
            }
            case SILU -> sigmoid(x) * (1 + x * (1 - sigmoid(x)));
            case HARD_SIGMOID -> x > -3 && x < 3 ? 1.0 / 6 : 0;
            case HARD_SWISH -> x <= -3 ? 0 : x < 3 ? x / 3 + 0.5 : 1;
        };
    }

    static double binary(BinaryOp op, double a, double b) {
        return switch (op) {
            case ADD -> a + b;
            case SUBTRACT -> a - b;
            case MULTIPLY -> a * b;
            case DIVIDE -> a / b;
            case MAXIMUM -> Math.max(a, b); // NaN if either is
            case MINIMUM -> Math.min(a, b);
            // As IEEE 754 has it: Java makes NaN of these.
            case POWER -> a == 1 || a == -1 && Double.isInfinite(b) ? 1 : Math.pow(a, b);
            case EQUAL -> a == b ? 1 : 0;
            case NOT_EQUAL -> a != b ? 1 : 0;
            case LESS -> a < b ? 1 : 0;
            case LESS_EQUAL -> a <= b ? 1 : 0;
            case GREATER -> a > b ? 1 : 0;
            case GREATER_EQUAL -> a >= b ? 1 : 0;
        };
    }

    static long integerBinary(BinaryOp op, long a, long b) {
        return switch (op) {
            case ADD -> a + b;
            case SUBTRACT -> a - b;
            case MULTIPLY -> a * b;
            case MAXIMUM -> Math.max(a, b);
            case MINIMUM -> Math.min(a, b);
            case EQUAL -> a == b ? 1 : 0;
            case NOT_EQUAL -> a != b ? 1 : 0;
            case LESS -> a < b ? 1 : 0;
            case LESS_EQUAL -> a <= b ? 1 : 0;
            case GREATER -> a > b ? 1 : 0;
            case GREATER_EQUAL -> a >= b ? 1 : 0;
            case DIVIDE, POWER -> throw new UnsupportedOperationException("reference: " + op + " of integers");
        };
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    private static double hardSigmoid(double x) {
        return Math.min(Math.max(x / 6 + 0.5, 0), 1);
    }

    /** Φ(x), the normal distribution's cumulative function. */
    static double normalCumulative(double x) {
        return 0.5 * (1 + erf(x / Math.sqrt(2)));
    }

    /** {@code 2/√π · exp(−x²) · Σ 2ⁿ x²ⁿ⁺¹ / (1·3·…·(2n+1))}: all terms of one sign, so that nothing cancels. */
    static double erf(double x) {
        if (Math.abs(x) > 6) {
            return Math.signum(x);
        }
        double term = x;
        double sum = x;
        for (int n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
            term *= 2 * x * x / (2 * n + 1);
            sum += term;
        }
        return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
    }
}
