package dev.tandem.cpu;

import dev.tandem.backend.UnaryOp;

/** Loops with the Vector API: as fast as memory. What fills no vector goes to the scalar twin. */
final class VectorElementwiseKernels implements ElementwiseKernels {
    private static final ElementwiseKernels REST = new ScalarElementwiseKernels();

    @Override
    public void unary(UnaryOp op, long x, long y, long count, float a, float b) {
        long end = Floats.whole(count);
        switch (op) {
            case NEGATE -> VectorUnary.negate(x, y, end);
            case ABS -> VectorUnary.abs(x, y, end);
            case SIGN -> VectorUnary.sign(x, y, end);
            case EXP -> VectorUnary.exp(x, y, end);
            case LOG -> VectorUnary.log(x, y, end);
            case SQRT -> VectorUnary.sqrt(x, y, end);
            case SQUARE -> VectorUnary.square(x, y, end);
            case RECIPROCAL -> VectorUnary.reciprocal(x, y, end);
            case FLOOR -> VectorUnary.floor(x, y, end);
            case CEIL -> VectorUnary.ceil(x, y, end);
            case ROUND -> VectorUnary.round(x, y, end);
            case LINEAR -> VectorUnary.linear(x, y, end, a, b);
            case CLAMP, HARD_TANH -> VectorUnary.clamp(x, y, end, a, b);
            case RELU -> VectorUnary.relu(x, y, end);
            case LEAKY_RELU -> VectorUnary.leakyRelu(x, y, end, a);
            case HARD_SIGMOID -> VectorUnary.hardSigmoid(x, y, end);
            case HARD_SWISH -> VectorUnary.hardSwish(x, y, end);
            default -> end = 0; // sine and cosine
        }
        REST.unary(op, x + end, y + end, count - end / Float.BYTES, a, b);
    }

    @Override
    public void unaryBackward(UnaryOp op, long gradient, long saved, long target, long count, float a, float b) {
        long end = Floats.whole(count);
        switch (op) {
            case NEGATE -> VectorUnary.negate(gradient, target, end);
            case LINEAR -> VectorUnary.linear(gradient, target, end, a, -0f);
            case ABS -> VectorUnaryBackward.abs(gradient, saved, target, end);
            case EXP -> VectorUnaryBackward.exp(gradient, saved, target, end);
            case LOG -> VectorUnaryBackward.log(gradient, saved, target, end);
            case SQRT -> VectorUnaryBackward.sqrt(gradient, saved, target, end);
            case SQUARE -> VectorUnaryBackward.square(gradient, saved, target, end);
            case RECIPROCAL -> VectorUnaryBackward.reciprocal(gradient, saved, target, end);
            case CLAMP -> VectorUnaryBackward.clamp(gradient, saved, target, end, a, b);
            case HARD_TANH -> VectorUnaryBackward.hardTanh(gradient, saved, target, end, a, b);
            case RELU -> VectorUnaryBackward.relu(gradient, saved, target, end);
            case LEAKY_RELU -> VectorUnaryBackward.leakyRelu(gradient, saved, target, end, a);
            case SIGMOID -> VectorUnaryBackward.sigmoid(gradient, saved, target, end);
            case TANH -> VectorUnaryBackward.tanh(gradient, saved, target, end);
            case HARD_SIGMOID -> VectorUnaryBackward.hardSigmoid(gradient, saved, target, end);
            case HARD_SWISH -> VectorUnaryBackward.hardSwish(gradient, saved, target, end);
            default -> end = 0;
        }
        long rest = count - end / Float.BYTES;
        REST.unaryBackward(op, gradient + end, saved == 0 ? 0 : saved + end, target + end, rest, a, b);
    }

    @Override
    public void axpby(float alpha, long x, float beta, long y, long count) {
        long end = Floats.whole(count);
        if (beta == 0) {
            scale(alpha, x, y, end);
        } else if (alpha == 1 && beta == 1) {
            add(x, y, end);
        } else {
            blend(alpha, x, beta, y, end);
        }
        REST.axpby(alpha, x + end, beta, y + end, count - end / Float.BYTES);
    }

    private static void scale(float alpha, long x, long y, long end) {
        for (long at = 0; at < end; at += Floats.BYTES) {
            Floats.store(Floats.load(x + at).mul(alpha), y + at);
        }
    }

    private static void add(long x, long y, long end) {
        for (long at = 0; at < end; at += Floats.BYTES) {
            Floats.store(Floats.load(x + at).add(Floats.load(y + at)), y + at);
        }
    }

    private static void blend(float alpha, long x, float beta, long y, long end) {
        for (long at = 0; at < end; at += Floats.BYTES) {
            Floats.store(Floats.load(x + at).mul(alpha).add(Floats.load(y + at).mul(beta)), y + at);
        }
    }
}
