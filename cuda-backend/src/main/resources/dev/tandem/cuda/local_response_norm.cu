// Local response normalisation: y = x · d^-beta with d = k + alpha · Σ x² over neighbouring channels. cuDNN's windows of even size
// lie the other way round, and it wants k ≥ 1e-5, so this is our own; neighbouring threads read neighbouring pixels.
#include "element.cuh"

struct Neighbours {
    int channels;
    int back;
    int ahead;
};

// The divisor's base for element i of [N, C, plane].
__device__ inline float base(
        const element *x, int64 i, int64 plane, Neighbours n, float alpha, float k) {
    int channel = (int)(i / plane % n.channels);
    float squares = 0;
    for (int offset = -n.back; offset <= n.ahead; offset++) {
        if (channel + offset >= 0 && channel + offset < n.channels) {
            float neighbour = number(x[i + offset * plane]);
            squares += neighbour * neighbour;
        }
    }
    return k + alpha * squares;
}

extern "C" __global__ void forward(
        const element *x, element *y, Neighbours n, float alpha, float beta, float k, int64 plane, int64 count) {
    FOR_EACH(i, count) {
        y[i] = To<element>::element(number(x[i]) * powf(base(x, i, plane, n, alpha, k), -beta));
    }
}

// What an element gives to each neighbour that it divides: gradient · x · d^(-beta - 1).
extern "C" __global__ void shares(
        const element *gradient, const element *x, float *result, Neighbours n, float alpha, float beta, float k,
        int64 plane, int64 count) {
    FOR_EACH(i, count) {
        result[i] = number(gradient[i]) * number(x[i]) * powf(base(x, i, plane, n, alpha, k), -beta - 1);
    }
}

// The windows that see an element reach as far ahead as its own reaches back.
extern "C" __global__ void backward(
        const element *gradient, const element *x, const float *shares, element *result, Neighbours n, float alpha,
        float beta, float k, int64 plane, int64 count) {
    FOR_EACH(i, count) {
        int channel = (int)(i / plane % n.channels);
        float sum = 0;
        for (int offset = -n.ahead; offset <= n.back; offset++) {
            if (channel + offset >= 0 && channel + offset < n.channels) {
                sum += shares[i + offset * plane];
            }
        }
        float direct = number(gradient[i]) * powf(base(x, i, plane, n, alpha, k), -beta);
        result[i] = To<element>::element(direct - 2 * alpha * beta * number(x[i]) * sum);
    }
}
