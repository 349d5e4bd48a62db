package dev.tandem.backend;

import dev.tandem.tensor.Shape;

/**
 * Arithmetic. Float32 is computed as such; bfloat16 and float16 are computed in float32 and rounded. Operands of one operation
 * are of one type, and so is the result, except where it says otherwise: {@code core} converts or refuses before it asks.
 */
public interface MathOps {
    /** Of a floating type, or of an integer type where the function {@linkplain UnaryOp#takesIntegers takes integers}. */
    Storage unary(UnaryOp op, Storage x, float a, float b);

    /**
     * {@code gradient · f'(x)}, all of one floating type. Of {@code input} and {@code output} only the one that {@link UnaryOp#derivativeNeeds} names
     * is given, the other is null.
     *
     * @param overwriteGradient whether the result may take the gradient's memory; then the result is a further reference to
     *     {@code gradient} itself or a new storage, as the backend likes
     */
    Storage unaryBackward(
            UnaryOp op, Storage gradient, Storage input, Storage output, float a, float b, boolean overwriteGradient);

    /**
     * Of one type, which may be any, and of shapes that broadcast. Comparisons give UINT8. Integers wrap around; they are divided
     * toward zero, and dividing one by 0 has no defined result (the CPU throws).
     */
    Storage binary(BinaryOp op, Storage a, Storage b);

    /** {@code a} where the condition (UINT8) is not zero, else {@code b}, both of one type, which may be any; all three broadcast. */
    Storage where(Storage condition, Storage a, Storage b);

    /**
     * {@code y = alpha·x + beta·y} in place; same shape and floating type, any orders. With {@code beta = 0}, y's old contents do
     * not matter.
     */
    default void axpby(float alpha, Storage x, float beta, Storage y) {
        addInto(alpha, x, beta, y);
        y.changed("axpby()");
    }

    /** See {@link #axpby}, which is to be called: it {@linkplain Storage#changed says} that y has changed. */
    void addInto(float alpha, Storage x, float beta, Storage y);

    /**
     * Over the given axes (distinct, counted from the start), which stay with size 1. Of a floating type; of an integer type all
     * but MEAN, without widening: {@code core} asks for sums of int64.
     */
    Storage reduce(ReduceOp op, Storage x, int... axes);

    /** The index (INT64) of the first largest element along an axis, which is not empty and stays with size 1; any type. */
    Storage argmax(Storage x, int axis);

    /**
     * Matrix product {@code [.., m, k] × [.., k, n]}, plus bias, through an activation. Leading axes broadcast. All of one of the
     * types declared for {@link OperationKind#MATMUL}, {@code into} too.
     *
     * @param transposeA whether {@code a} is given as {@code [.., k, m]}
     * @param transposeB whether {@code b} is given as {@code [.., n, k]}
     * @param bias {@code [n]}, or null
     * @param activation or null
     * @param into where to write (plain order), or null for a new storage; what is returned is then a new reference to it
     */
    Storage matmul(
            Storage a,
            Storage b,
            boolean transposeA,
            boolean transposeB,
            Storage bias,
            Activation activation,
            Storage into);

    /**
     * Float32 random numbers by Philox 4×32-10 (Salmon et al. 2011). Element {@code i} comes from the counter {@code offset +
     * i/4} (64 bits in the two low counter words, the upper two zero), word {@code i mod 4}, under the 64-bit key {@code
     * seed}; NORMAL pairs words (0, 1) and (2, 3). Advances the offset by {@code ceil(elements / 4)}.
     *
     * @param state INT64 {@code [2]}: seed, offset; on the device, so that captured graphs draw anew each time
     */
    Storage random(Distribution distribution, Shape shape, Storage state);
}
