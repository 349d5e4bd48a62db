package dev.tandem.backend;

import java.util.EnumSet;
import java.util.Set;

/**
 * Element-wise functions of one operand. Some have parameters {@code a} and {@code b}. The last column of the table says
 * what the derivative is computed from.
 *
 * <p>Activations: ReLU (Nair and Hinton 2010), ELU (Clevert et al. 2015, https://arxiv.org/abs/1511.07289), GELU (Hendrycks
 * and Gimpel 2016, https://arxiv.org/abs/1606.08415, exact and tanh form), SiLU/swish (Ramachandran et al. 2017,
 * https://arxiv.org/abs/1710.05941), hard-swish and hard-sigmoid (Howard et al. 2019, https://arxiv.org/abs/1905.02244).
 */
public enum UnaryOp {
    NEGATE(Needs.NOTHING),
    ABS(Needs.INPUT),
    SIGN(Needs.NO_DERIVATIVE),
    EXP(Needs.OUTPUT),
    LOG(Needs.INPUT),
    SQRT(Needs.OUTPUT),
    SQUARE(Needs.INPUT),
    RECIPROCAL(Needs.OUTPUT),
    SIN(Needs.INPUT),
    COS(Needs.INPUT),
    FLOOR(Needs.NO_DERIVATIVE),
    CEIL(Needs.NO_DERIVATIVE),
    /** To the nearest integer, halves to even. */
    ROUND(Needs.NO_DERIVATIVE),
    /** {@code a·x + b}. */
    LINEAR(Needs.NOTHING),
    /** {@code x^a}. */
    POWER(Needs.INPUT),
    /** {@code min(max(x, a), b)}; derivative 1 from a to b, both included, 0 outside. */
    CLAMP(Needs.INPUT),
    /** {@code min(max(x, a), b)} as an activation, such as ReLU6 with a = 0, b = 6; derivative 1 between, 0 at a and b too. */
    HARD_TANH(Needs.INPUT),
    /** {@code max(x, 0)}; NaN stays NaN, fused behind another operation too, and passes its gradient on. */
    RELU(Needs.OUTPUT),
    /** {@code x} for x > 0, else {@code a·x}. */
    LEAKY_RELU(Needs.INPUT),
    /** {@code x} for x > 0, else {@code a·(exp(x) − 1)}. */
    ELU(Needs.INPUT),
    SIGMOID(Needs.OUTPUT),
    TANH(Needs.OUTPUT),
    /** {@code x·Φ(x)}. */
    GELU(Needs.INPUT),
    /** {@code 0.5·x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))}. */
    GELU_TANH(Needs.INPUT),
    /** {@code x·sigmoid(x)}. */
    SILU(Needs.INPUT),
    /** {@code min(max(x/6 + 1/2, 0), 1)}. */
    HARD_SIGMOID(Needs.INPUT),
    /** {@code x·min(max(x/6 + 1/2, 0), 1)}. */
    HARD_SWISH(Needs.INPUT);

    /** What a derivative is computed from. */
    public enum Needs {
        NOTHING,
        INPUT,
        OUTPUT,
        /** Piecewise constant: the gradient is zero everywhere. */
        NO_DERIVATIVE
    }

    /** Functions of integers whose values are integers too; a backend need not compute the others of integers. */
    private static final Set<UnaryOp> OF_INTEGERS =
            EnumSet.of(NEGATE, ABS, SIGN, SQUARE, FLOOR, CEIL, ROUND, LINEAR, CLAMP, RELU);

    private final Needs needs;

    UnaryOp(Needs needs) {
        this.needs = needs;
    }

    /** Whether integers stay integers. */
    public boolean takesIntegers() {
        return OF_INTEGERS.contains(this);
    }

    public Needs derivativeNeeds() {
        return needs;
    }
}
