// Layer normalisation: a block for each row, which the cache holds between the passes for mean, variance and result.
#include "element.cuh"
#include "block.cuh"

extern "C" __global__ void forward(
        const element *x, const float *scale, const float *shift, element *y, float *means, float *variances,
        float epsilon, int64 size) {
    int64 row = blockIdx.x;
    const element *from = x + row * size;
    float sum = 0;
    for (int64 i = threadIdx.x; i < size; i += blockDim.x) {
        sum += number(from[i]);
    }
    float mean = blockSum(sum) / size;
    float square = 0;
    for (int64 i = threadIdx.x; i < size; i += blockDim.x) {
        float distance = number(from[i]) - mean;
        square += distance * distance;
    }
    float variance = blockSum(square) / size;
    float inverse = 1 / sqrtf(variance + epsilon);
    for (int64 i = threadIdx.x; i < size; i += blockDim.x) {
        y[row * size + i] = To<element>::element((number(from[i]) - mean) * inverse * scale[i] + shift[i]);
    }
    if (threadIdx.x == 0) {
        means[row] = mean;
        variances[row] = variance;
    }
}

extern "C" __global__ void input_gradient(
        const element *gradient, const element *x, const float *scale, const float *means, const float *variances,
        element *result, float epsilon, int64 size) {
    int64 row = blockIdx.x;
    float mean = means[row];
    float inverse = 1 / sqrtf(variances[row] + epsilon);
    float sum = 0;
    float product = 0;
    for (int64 i = threadIdx.x; i < size; i += blockDim.x) {
        float g = number(gradient[row * size + i]) * scale[i];
        sum += g;
        product += g * (number(x[row * size + i]) - mean) * inverse;
    }
    sum = blockSum(sum) / size;
    product = blockSum(product) / size;
    for (int64 i = threadIdx.x; i < size; i += blockDim.x) {
        float g = number(gradient[row * size + i]) * scale[i];
        float normal = (number(x[row * size + i]) - mean) * inverse;
        result[row * size + i] = To<element>::element(inverse * (g - sum - normal * product));
    }
}

// A thread for each column and part of the rows: neighbouring threads read neighbouring elements.
extern "C" __global__ void parameter_sums(
        const element *gradient, const element *x, const float *means, const float *variances, float *scales,
        float *shifts, float epsilon, int64 size, int64 rows) {
    int64 each = (rows + gridDim.y - 1) / gridDim.y;
    int64 from = blockIdx.y * each;
    int64 to = from + each < rows ? from + each : rows;
    FOR_EACH(i, size) {
        float scale = 0;
        float shift = 0;
        for (int64 row = from; row < to; row++) {
            float g = number(gradient[row * size + i]);
            float inverse = 1 / sqrtf(variances[row] + epsilon);
            shift += g;
            scale += g * (number(x[row * size + i]) - means[row]) * inverse;
        }
        scales[blockIdx.y * size + i] = scale;
        shifts[blockIdx.y * size + i] = shift;
    }
}

extern "C" __global__ void join_parameters(
        const float *scales, const float *shifts, float *scaleGradient, float *shiftGradient, int parts, int64 size) {
    FOR_EACH(i, size) {
        float scale = 0;
        float shift = 0;
        for (int p = 0; p < parts; p++) {
            scale += scales[p * size + i];
            shift += shifts[p * size + i];
        }
        scaleGradient[i] = scale;
        shiftGradient[i] = shift;
    }
}
