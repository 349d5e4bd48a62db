// Functions of one operand: one read and one write an element, and memory is what they wait for.
#include "element.cuh"
#include "functions.cuh"

__device__ inline float apply(int op, float x, float a, float b) {
    return unary(op, x, a, b);
}

// Of integers; Java refuses the other functions.
__device__ inline int64 apply(int op, int64 x, float a, float b) {
    switch (op) {
        case UNARY_NEGATE: return -x;
        case UNARY_ABS: return x < 0 ? -x : x;
        case UNARY_SIGN: return x > 0 ? 1 : x < 0 ? -1 : 0;
        case UNARY_SQUARE: return x * x;
        case UNARY_RELU: return x < 0 ? 0 : x;
        case UNARY_LINEAR:
            return a == (int64)a && b == (int64)b ? x * (int64)a + (int64)b : (int64)((double)a * x + b);
        case UNARY_CLAMP: {
            int64 raised = x < (double)a ? (int64)a : x;
            return raised > (double)b ? (int64)b : raised;
        }
        default: return x; // FLOOR, CEIL, ROUND
    }
}

extern "C" __global__ void forward(const element *x, element *y, int op, float a, float b, int64 count) {
    FOR_EACH(i, count) {
        y[i] = To<element>::element(apply(op, number(x[i]), a, b));
    }
}

// `known` is the input or the output, whichever the derivative needs, or null. The result may be the gradient itself.
extern "C" __global__ void backward(
        const element *gradient, const element *known, element *result, int op, float a, float b, int64 count) {
    FOR_EACH(i, count) {
        float value = known == 0 ? 0 : (float)number(known[i]);
        result[i] = To<element>::element(through((float)number(gradient[i]), op, value, value, a, b));
    }
}

extern "C" __global__ void axpby(float alpha, const element *x, float beta, element *y, int64 count) {
    FOR_EACH(i, count) {
        float sum = alpha * (float)number(x[i]);
        if (beta != 0) { // else what is there may be garbage
            sum += beta * (float)number(y[i]);
        }
        y[i] = To<element>::element(sum);
    }
}

// Behind a product or a convolution, in place: adds a bias along an axis and applies an activation, in one pass for both.
extern "C" __global__ void epilogue(
        element *y, const element *bias, int64 inner, int64 channels, int op, float a, float b, int64 count) {
    FOR_EACH(i, count) {
        float value = (float)number(y[i]);
        if (bias != 0) {
            value += (float)number(bias[i / inner % channels]);
        }
        y[i] = To<element>::element(unary(op, value, a, b));
    }
}
