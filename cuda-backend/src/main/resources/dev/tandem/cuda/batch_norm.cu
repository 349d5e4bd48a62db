// Batch normalisation with the addition and the activation behind it in the same pass: cuDNN fuses them only for halves with
// channels last. Statistics take two passes over a part of a channel, which the cache still holds at the second, and parts
// are joined by Chan et al.'s formula: the mean of squares less the square of the mean would lose the variance's digits.
#include "element.cuh"
#include "functions.cuh"
#include "block.cuh"

struct Part {
    int64 from;
    int64 to;
};

// The elements of a channel that part p of several takes.
__device__ inline Part part(int p, int parts, int64 perChannel) {
    int64 each = (perChannel + parts - 1) / parts;
    int64 from = p * each < perChannel ? p * each : perChannel;
    Part result = {from, from + each < perChannel ? from + each : perChannel};
    return result;
}

// Element i of a channel, over images and pixels, in [N, C, plane].
__device__ inline int64 elementOf(int64 i, int channel, int64 channels, int64 plane) {
    return (i / plane * channels + channel) * plane + i % plane;
}

// A block for each channel and part: its mean, and the sum of squared distances from that.
extern "C" __global__ void statistics(
        const element *x, float *means, float *squares, int64 channels, int64 plane, int64 perChannel) {
    int channel = blockIdx.x;
    Part mine = part(blockIdx.y, gridDim.y, perChannel);
    float sum = 0;
    for (int64 i = mine.from + threadIdx.x; i < mine.to; i += blockDim.x) {
        sum += number(x[elementOf(i, channel, channels, plane)]);
    }
    int64 count = mine.to - mine.from;
    float mean = count == 0 ? 0 : blockSum(sum) / count;
    float square = 0;
    for (int64 i = mine.from + threadIdx.x; i < mine.to; i += blockDim.x) {
        float distance = number(x[elementOf(i, channel, channels, plane)]) - mean;
        square += distance * distance;
    }
    square = blockSum(square);
    if (threadIdx.x == 0) {
        means[(int64)channel * gridDim.y + blockIdx.y] = mean;
        squares[(int64)channel * gridDim.y + blockIdx.y] = square;
    }
}

// A thread for each channel joins its parts and moves the running statistics, if there are any.
extern "C" __global__ void join_statistics(
        const float *means, const float *squares, float *mean, float *variance, float *runningMean,
        float *runningVariance, float momentum, int parts, int64 channels, int64 perChannel) {
    FOR_EACH(channel, channels) {
        float count = 0;
        float center = 0;
        float square = 0;
        for (int p = 0; p < parts; p++) {
            Part mine = part(p, parts, perChannel);
            float more = (float)(mine.to - mine.from);
            if (more > 0) {
                float distance = means[channel * parts + p] - center;
                float total = count + more;
                center += distance * (more / total);
                square += squares[channel * parts + p] + distance * distance * (count * (more / total));
                count = total;
            }
        }
        mean[channel] = center;
        variance[channel] = square / count;
        if (runningMean != 0) {
            runningMean[channel] = (1 - momentum) * runningMean[channel] + momentum * center;
        }
        if (runningVariance != 0) {
            float unbiased = square / (count - 1);
            runningVariance[channel] = (1 - momentum) * runningVariance[channel] + momentum * unbiased;
        }
    }
}

extern "C" __global__ void normalize(
        const element *x, const element *residual, const float *scale, const float *shift, const float *mean,
        const float *variance, element *y, float epsilon, int op, float a, float b, int64 channels, int64 plane,
        int64 count) {
    FOR_EACH(i, count) {
        int64 channel = i / plane % channels;
        float factor = scale[channel] / sqrtf(variance[channel] + epsilon);
        float value = (number(x[i]) - mean[channel]) * factor + shift[channel];
        if (residual != 0) {
            value += number(residual[i]);
        }
        y[i] = To<element>::element(unary(op, value, a, b));
    }
}

// The gradient before the activation; `y` is null where there is none.
__device__ inline float slope(const element *gradient, const element *y, int op, float a, float b, int64 at) {
    float value = number(gradient[at]);
    return y == 0 ? value : value * derivative(op, 0, number(y[at]), a, b);
}

// A block for each channel and part: sums of the gradient, and of the gradient times the normalised input.
extern "C" __global__ void gradient_sums(
        const element *gradient, const element *x, const element *y, const float *mean, const float *variance,
        float *shifts, float *scales, float epsilon, int op, float a, float b, int64 channels, int64 plane,
        int64 perChannel) {
    int channel = blockIdx.x;
    Part mine = part(blockIdx.y, gridDim.y, perChannel);
    float inverse = 1 / sqrtf(variance[channel] + epsilon);
    float shiftSum = 0;
    float scaleSum = 0;
    for (int64 i = mine.from + threadIdx.x; i < mine.to; i += blockDim.x) {
        int64 at = elementOf(i, channel, channels, plane);
        float g = slope(gradient, y, op, a, b, at);
        shiftSum += g;
        scaleSum += g * (number(x[at]) - mean[channel]) * inverse;
    }
    shiftSum = blockSum(shiftSum);
    scaleSum = blockSum(scaleSum);
    if (threadIdx.x == 0) {
        shifts[(int64)channel * gridDim.y + blockIdx.y] = shiftSum;
        scales[(int64)channel * gridDim.y + blockIdx.y] = scaleSum;
    }
}

extern "C" __global__ void join_gradients(
        const float *shifts, const float *scales, float *shiftGradient, float *scaleGradient, int parts,
        int64 channels) {
    FOR_EACH(channel, channels) {
        float shift = 0;
        float scale = 0;
        for (int p = 0; p < parts; p++) {
            shift += shifts[channel * parts + p];
            scale += scales[channel * parts + p];
        }
        shiftGradient[channel] = shift;
        scaleGradient[channel] = scale;
    }
}

// `residualGradient` is null where there was no residual.
extern "C" __global__ void input_gradient(
        const element *gradient, const element *x, const element *y, const float *scale, const float *mean,
        const float *variance, const float *shiftGradient, const float *scaleGradient, element *result,
        element *residualGradient, float epsilon, int op, float a, float b, int64 channels, int64 plane,
        int64 perChannel, int64 count) {
    FOR_EACH(i, count) {
        int64 channel = i / plane % channels;
        float inverse = 1 / sqrtf(variance[channel] + epsilon);
        float normal = (number(x[i]) - mean[channel]) * inverse;
        float g = slope(gradient, y, op, a, b, i);
        float common = (shiftGradient[channel] + normal * scaleGradient[channel]) / perChannel;
        result[i] = To<element>::element(scale[channel] * inverse * (g - common));
        if (residualGradient != 0) {
            residualGradient[i] = To<element>::element(g);
        }
    }
}
