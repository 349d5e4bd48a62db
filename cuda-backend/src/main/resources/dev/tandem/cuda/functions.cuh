// Functions of one number and their derivatives, for a kernel of their own and fused behind others. Which one is an argument:
// all threads take the same branch, and memory is what these kernels wait for.

__device__ inline float sigmoid(float x) {
    return 1 / (1 + expf(-x));
}

// The upper bound counts where it is below the lower one. NaN stays.
__device__ inline float clamp(float x, float low, float high) {
    float raised = x < low ? low : x;
    return raised > high ? high : raised;
}

__device__ inline float hardSigmoid(float x) {
    return clamp(x / 6 + 0.5f, 0, 1);
}

__device__ inline float normalCumulative(float x) {
    return 0.5f * erfcf(-0.70710678f * x);
}

__device__ inline float geluTanhInner(float x) {
    return 0.79788456f * (x + 0.044715f * x * x * x);
}

__device__ inline float unary(int op, float x, float a, float b) {
    switch (op) {
        case UNARY_NEGATE: return -x;
        case UNARY_ABS: return fabsf(x);
        case UNARY_SIGN: return x > 0 ? 1 : x < 0 ? -1 : x;
        case UNARY_EXP: return expf(x);
        case UNARY_LOG: return logf(x);
        case UNARY_SQRT: return sqrtf(x);
        case UNARY_SQUARE: return x * x;
        case UNARY_RECIPROCAL: return 1 / x;
        case UNARY_SIN: return sinf(x);
        case UNARY_COS: return cosf(x);
        case UNARY_FLOOR: return floorf(x);
        case UNARY_CEIL: return ceilf(x);
        case UNARY_ROUND: return rintf(x);
        case UNARY_LINEAR: return a * x + b;
        case UNARY_POWER: return powf(x, a);
        case UNARY_CLAMP:
        case UNARY_HARD_TANH: return clamp(x, a, b);
        case UNARY_RELU: return x < 0 ? 0 : x; // NaN stays NaN
        case UNARY_LEAKY_RELU: return x > 0 ? x : a * x;
        case UNARY_ELU: return x > 0 ? x : a * expm1f(x);
        case UNARY_SIGMOID: return sigmoid(x);
        case UNARY_TANH: return tanhf(x);
        case UNARY_GELU: return x * normalCumulative(x);
        case UNARY_GELU_TANH: return 0.5f * x * (1 + tanhf(geluTanhInner(x)));
        case UNARY_SILU: return x * sigmoid(x);
        case UNARY_HARD_SIGMOID: return hardSigmoid(x);
        case UNARY_HARD_SWISH: return x * hardSigmoid(x);
        default: return x; // none: fused kernels pass -1
    }
}

// The derivative at the input x or from the output y, whichever the function needs.
__device__ inline float derivative(int op, float x, float y, float a, float b) {
    switch (op) {
        case UNARY_NEGATE: return -1;
        case UNARY_ABS: return x > 0 ? 1 : x < 0 ? -1 : x;
        case UNARY_EXP: return y;
        case UNARY_LOG: return 1 / x;
        case UNARY_SQRT: return 0.5f / y;
        case UNARY_SQUARE: return 2 * x;
        case UNARY_RECIPROCAL: return -y * y;
        case UNARY_SIN: return cosf(x);
        case UNARY_COS: return -sinf(x);
        case UNARY_LINEAR: return a;
        case UNARY_POWER: return a == 0 ? 0 : a * powf(x, a - 1);
        case UNARY_CLAMP: return x >= a && x <= b ? 1 : 0;
        case UNARY_HARD_TANH: return x <= a || x >= b ? 0 : 1;
        case UNARY_RELU: return y <= 0 ? 0 : 1;
        case UNARY_LEAKY_RELU: return x > 0 ? 1 : a;
        case UNARY_ELU: return x > 0 ? 1 : a * expf(x);
        case UNARY_SIGMOID: return y * (1 - y);
        case UNARY_TANH: return 1 - y * y;
        case UNARY_GELU: return normalCumulative(x) + x * expf(-0.5f * x * x) * 0.39894228f;
        case UNARY_GELU_TANH: {
            float tanh = tanhf(geluTanhInner(x));
            float slope = 0.79788456f * (1 + 3 * 0.044715f * x * x);
            return 0.5f * (1 + tanh) + 0.5f * x * (1 - tanh * tanh) * slope;
        }
        case UNARY_SILU: return sigmoid(x) * (1 + x * (1 - sigmoid(x)));
        case UNARY_HARD_SIGMOID: return x > -3 && x < 3 ? 1.0f / 6 : 0;
        case UNARY_HARD_SWISH: return x <= -3 ? 0 : x < 3 ? x / 3 + 0.5f : 1;
        case UNARY_SIGN:
        case UNARY_FLOOR:
        case UNARY_CEIL:
        case UNARY_ROUND: return 0;
        default: return 1; // none
    }
}

// The gradient in front of a function. Where a function is cut off nothing comes through, not even an infinite gradient.
__device__ inline float through(float gradient, int op, float x, float y, float a, float b) {
    float slope = derivative(op, x, y, a, b);
    bool cuts = op == UNARY_RELU || op == UNARY_CLAMP || op == UNARY_HARD_TANH || op == UNARY_HARD_SIGMOID
            || op == UNARY_HARD_SWISH;
    return cuts && slope == 0 ? 0 : gradient * slope;
}
