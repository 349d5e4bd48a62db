// Softmax cross-entropy, a block for each row. The largest logit is taken out first, so no exponential overflows, and the loss is
// a difference of logarithms, never the logarithm of a rounded probability.
#include "element.cuh"
#include "block.cuh"

// NaN if either is.
__device__ inline float larger(float a, float b) {
    return a != a || a > b ? a : b;
}

// As blockSum, the largest.
static __device__ float blockMax(float value) {
    __shared__ float warps[MOST_WARPS];
    for (int offset = 16; offset > 0; offset /= 2) {
        value = larger(value, __shfl_xor_sync(0xffffffff, value, offset));
    }
    __syncthreads();
    if (threadIdx.x % 32 == 0) {
        warps[threadIdx.x / 32] = value;
    }
    __syncthreads();
    value = warps[0];
    for (int warp = 1; warp < blockDim.x / 32; warp++) {
        value = larger(value, warps[warp]);
    }
    return value;
}

// The target's share of class c: `other` is the type of class indices, or float for probabilities.
__device__ inline float share(const float *target, int64 row, int64 classes, int64 c) {
    return target[row * classes + c];
}

template <typename T>
__device__ inline float share(const T *target, int64 row, int64 classes, int64 c) {
    return (int64)target[row] == c ? 1 : 0;
}

__device__ inline bool isValid(const float *, int64, int64) {
    return true;
}

template <typename T>
__device__ inline bool isValid(const T *target, int64 row, int64 classes) {
    return (int64)target[row] >= 0 && (int64)target[row] < classes;
}

extern "C" __global__ void forward(
        const float *logits, const other *target, float *probabilities, float *losses, float smoothing, int64 classes) {
    int64 row = blockIdx.x;
    const float *x = logits + row * classes;
    float most = __int_as_float(0xff800000); // minus infinity
    for (int64 c = threadIdx.x; c < classes; c += blockDim.x) {
        most = larger(most, x[c]);
    }
    most = blockMax(most);
    float sum = 0;
    for (int64 c = threadIdx.x; c < classes; c += blockDim.x) {
        sum += expf(x[c] - most);
    }
    sum = blockSum(sum);
    float logSum = logf(sum);
    float loss = 0;
    for (int64 c = threadIdx.x; c < classes; c += blockDim.x) {
        float shifted = x[c] - most;
        float wanted = (1 - smoothing) * share(target, row, classes, c) + smoothing / classes;
        if (wanted != 0) { // 0 · infinity would be NaN
            loss += wanted * (logSum - shifted);
        }
        probabilities[row * classes + c] = expf(shifted) / sum;
    }
    loss = blockSum(loss);
    if (threadIdx.x == 0) {
        // A NaN among the logits must show although its class is not wanted; sum has it.
        losses[row] = isValid(target, row, classes) && sum == sum ? loss : __int_as_float(0x7fc00000);
    }
}

// gradient · (probability · Σ target − target)
extern "C" __global__ void backward(
        const float *gradient, const float *probabilities, const other *target, float *result, float smoothing,
        int64 classes) {
    int64 row = blockIdx.x;
    float total = 0;
    for (int64 c = threadIdx.x; c < classes; c += blockDim.x) {
        total += share(target, row, classes, c);
    }
    total = (1 - smoothing) * blockSum(total) + smoothing;
    for (int64 c = threadIdx.x; c < classes; c += blockDim.x) {
        float wanted = (1 - smoothing) * share(target, row, classes, c) + smoothing / classes;
        result[row * classes + c] = gradient[row] * (probabilities[row * classes + c] * total - wanted);
    }
}
