// Functions of two operands that broadcast: an axis that is repeated has stride 0. The result is contiguous.
#include "element.cuh"
#include "walk.cuh"

__device__ inline float power(float a, float b) {
    return powf(a, b);
}

__device__ inline int64 power(int64 base, int64 exponent) {
    int64 result = 1;
    for (int64 square = base; exponent > 0; exponent >>= 1, square *= square) {
        if (exponent & 1) {
            result *= square;
        }
    }
    return result;
}

__device__ inline float quotient(float a, float b) {
    return a / b;
}

// The host cannot be told of a division by zero without waiting: it gives 0.
__device__ inline int64 quotient(int64 a, int64 b) {
    return b == 0 ? 0 : a / b;
}

template <typename T>
__device__ inline T calculate(int op, T a, T b) {
    switch (op) {
        case BINARY_ADD: return a + b;
        case BINARY_SUBTRACT: return a - b;
        case BINARY_MULTIPLY: return a * b;
        case BINARY_DIVIDE: return quotient(a, b);
        case BINARY_MAXIMUM: return a != a || a > b ? a : b; // NaN if either is
        case BINARY_MINIMUM: return a != a || a < b ? a : b;
        default: return power(a, b);
    }
}

template <typename T>
__device__ inline uint8 compare(int op, T a, T b) {
    switch (op) {
        case BINARY_EQUAL: return a == b;
        case BINARY_NOT_EQUAL: return a != b;
        case BINARY_LESS: return a < b;
        case BINARY_LESS_EQUAL: return a <= b;
        case BINARY_GREATER: return a > b;
        default: return a >= b;
    }
}

extern "C" __global__ void arithmetic(
        const element *a, const element *b, element *result, int op, Walk walk, int64 count) {
    FOR_EACH(i, count) {
        Place p = place(walk, i);
        result[i] = To<element>::element(calculate(op, number(a[p.at[0]]), number(b[p.at[1]])));
    }
}

extern "C" __global__ void comparison(
        const element *a, const element *b, uint8 *result, int op, Walk walk, int64 count) {
    FOR_EACH(i, count) {
        Place p = place(walk, i);
        result[i] = compare(op, number(a[p.at[0]]), number(b[p.at[1]]));
    }
}

extern "C" __global__ void where(
        const uint8 *condition, const element *a, const element *b, element *result, Walk walk, int64 count) {
    FOR_EACH(i, count) {
        Place p = place(walk, i);
        result[i] = condition[p.at[0]] != 0 ? a[p.at[1]] : b[p.at[2]];
    }
}
