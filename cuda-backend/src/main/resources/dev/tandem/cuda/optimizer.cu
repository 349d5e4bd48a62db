// Optimizers over flat buffers: one launch updates every parameter, as NVIDIA's apex does it, whether a bias of ten or a weight of
// millions. Each block takes one chunk of a segment. What changes from step to step is read from `scalars` on the device.
#include "element.cuh"

struct Chunk {
    int64 offset;
    int count;
    int segment;
};

struct Setting {
    float rateFactor;
    float weightDecay;
    float l1;
    int firstChunk; // of the segment; the next segment's is behind its last
    int stepsBefore;
};

struct Step {
    Chunk chunk;
    bool skip; // a gradient was not finite
    float rate;
    float scale;
    float weightDecay;
    float l1;
    double number; // of steps that the elements have taken, with this one
};

__device__ inline Step stepOf(const Chunk *chunks, const Setting *settings, const float *scalars) {
    Step step;
    step.chunk = chunks[blockIdx.x];
    Setting setting = settings[step.chunk.segment];
    step.skip = scalars[SCALAR_FOUND_NOT_FINITE] != 0;
    step.rate = scalars[SCALAR_LEARNING_RATE] * setting.rateFactor;
    step.scale = scalars[SCALAR_GRADIENT_SCALE];
    step.weightDecay = setting.weightDecay;
    step.l1 = setting.l1;
    step.number = (double)scalars[SCALAR_STEP] - scalars[SCALAR_SKIPPED] - setting.stepsBefore;
    return step;
}

// A thread's elements of the block's chunk.
#define FOR_CHUNK(i, chunk) \
    for (int64 i = (chunk).offset + threadIdx.x; i < (chunk).offset + (chunk).count; i += blockDim.x)

__device__ inline float sign(float x) {
    return x > 0 ? 1 : x < 0 ? -1 : 0;
}

__device__ inline float penalized(const Step &step, float parameter, float gradient) {
    return step.scale * gradient + step.weightDecay * parameter + step.l1 * sign(parameter);
}

extern "C" __global__ void sgd(
        float *parameters, const float *gradients, const Chunk *chunks, const Setting *settings, const float *scalars,
        float *velocity, float momentum, int nesterov) {
    Step step = stepOf(chunks, settings, scalars);
    if (step.skip) {
        return;
    }
    FOR_CHUNK(i, step.chunk) {
        float g = penalized(step, parameters[i], gradients[i]);
        float v = g;
        if (velocity != 0) {
            v = momentum * velocity[i] + g;
            velocity[i] = v;
        }
        parameters[i] -= step.rate * (nesterov ? g + momentum * v : v);
    }
}

extern "C" __global__ void ada_grad(
        float *parameters, const float *gradients, const Chunk *chunks, const Setting *settings, const float *scalars,
        float *squares, float epsilon) {
    Step step = stepOf(chunks, settings, scalars);
    if (step.skip) {
        return;
    }
    FOR_CHUNK(i, step.chunk) {
        float g = penalized(step, parameters[i], gradients[i]);
        float s = squares[i] + g * g;
        squares[i] = s;
        parameters[i] -= step.rate * g / (sqrtf(s) + epsilon);
    }
}

extern "C" __global__ void ada_delta(
        float *parameters, const float *gradients, const Chunk *chunks, const Setting *settings, const float *scalars,
        float *squares, float *updates, float rho, float epsilon) {
    Step step = stepOf(chunks, settings, scalars);
    if (step.skip) {
        return;
    }
    FOR_CHUNK(i, step.chunk) {
        float g = penalized(step, parameters[i], gradients[i]);
        float s = rho * squares[i] + (1 - rho) * g * g;
        float d = sqrtf(updates[i] + epsilon) / sqrtf(s + epsilon) * g;
        squares[i] = s;
        updates[i] = rho * updates[i] + (1 - rho) * d * d;
        parameters[i] -= step.rate * d;
    }
}

extern "C" __global__ void rms_prop(
        float *parameters, const float *gradients, const Chunk *chunks, const Setting *settings, const float *scalars,
        float *squares, float *velocity, float alpha, float epsilon, float momentum) {
    Step step = stepOf(chunks, settings, scalars);
    if (step.skip) {
        return;
    }
    FOR_CHUNK(i, step.chunk) {
        float g = penalized(step, parameters[i], gradients[i]);
        float s = alpha * squares[i] + (1 - alpha) * g * g;
        squares[i] = s;
        float v = g / (sqrtf(s) + epsilon);
        if (velocity != 0) {
            v += momentum * velocity[i];
            velocity[i] = v;
        }
        parameters[i] -= step.rate * v;
    }
}

extern "C" __global__ void adam(
        float *parameters, const float *gradients, const Chunk *chunks, const Setting *settings, const float *scalars,
        float *means, float *squares, float beta1, float beta2, float epsilon, int decoupled) {
    // In doubles once a block: 1 − 0.999^step has few digits in floats at the first steps.
    __shared__ float corrections[2];
    Step step = stepOf(chunks, settings, scalars);
    if (threadIdx.x == 0) {
        corrections[0] = (float)(1 - pow((double)beta1, step.number));
        corrections[1] = (float)sqrt(1 - pow((double)beta2, step.number));
    }
    __syncthreads();
    if (step.skip) {
        return;
    }
    float decay = decoupled ? step.rate * step.weightDecay : 0;
    if (decoupled) {
        step.weightDecay = 0;
    }
    FOR_CHUNK(i, step.chunk) {
        float p = parameters[i];
        float g = penalized(step, p, gradients[i]);
        float m = beta1 * means[i] + (1 - beta1) * g;
        float s = beta2 * squares[i] + (1 - beta2) * g * g;
        means[i] = m;
        squares[i] = s;
        parameters[i] = p - decay * p - step.rate * (m / corrections[0]) / (sqrtf(s) / corrections[1] + epsilon);
    }
}

// `factors` has each segment's, by larsFactors.
extern "C" __global__ void lars(
        float *parameters, const float *gradients, const Chunk *chunks, const Setting *settings, const float *scalars,
        float *velocity, const float *factors, float momentum) {
    Step step = stepOf(chunks, settings, scalars);
    if (step.skip) {
        return;
    }
    float rate = step.rate * factors[step.chunk.segment];
    FOR_CHUNK(i, step.chunk) {
        float v = momentum * velocity[i] + rate * penalized(step, parameters[i], gradients[i]);
        velocity[i] = v;
        parameters[i] -= v;
    }
}

// Adds doubles of 256 threads in a fixed order; thread 0 gets the sum.
static __device__ double blockSumOfDoubles(double value) {
    __shared__ double values[256];
    __syncthreads();
    values[threadIdx.x] = value;
    for (int half = 128; half > 0; half /= 2) {
        __syncthreads();
        if (threadIdx.x < half) {
            values[threadIdx.x] += values[threadIdx.x + half];
        }
    }
    return values[threadIdx.x];
}

// The sum of squares of each chunk of a buffer, in doubles: a float has too few digits for millions of them.
extern "C" __global__ void chunk_squares(const float *values, const Chunk *chunks, double *sums) {
    Chunk chunk = chunks[blockIdx.x];
    double sum = 0;
    FOR_CHUNK(i, chunk) {
        sum += (double)values[i] * values[i];
    }
    sum = blockSumOfDoubles(sum);
    if (threadIdx.x == 0) {
        sums[blockIdx.x] = sum;
    }
}

// A block joins all chunks' squares to the norm, and turns the scale down where the norm is too large.
extern "C" __global__ void global_norm(const double *sums, int64 count, float *scalars, float maxNorm) {
    double sum = 0;
    for (int64 i = threadIdx.x; i < count; i += blockDim.x) {
        sum += sums[i];
    }
    sum = blockSumOfDoubles(sum);
    if (threadIdx.x == 0) {
        double scale = scalars[SCALAR_GRADIENT_SCALE];
        double norm = scale * sqrt(sum);
        scalars[SCALAR_GRADIENT_NORM] = (float)norm;
        if (maxNorm > 0) {
            double factor = maxNorm / (norm + 1e-6);
            scalars[SCALAR_GRADIENT_SCALE] = (float)(factor >= 1 ? scale : scale * factor); // NaN if the norm is
        }
    }
}

// A thread for each segment: what LARS multiplies its learning rate with.
extern "C" __global__ void lars_factors(
        const double *parameterSquares, const double *gradientSquares, const Setting *settings, const float *scalars,
        float *factors, float trust, float epsilon, int64 segments) {
    FOR_EACH(segment, segments) {
        double parameters = 0;
        double gradients = 0;
        for (int chunk = settings[segment].firstChunk; chunk < settings[segment + 1].firstChunk; chunk++) {
            parameters += parameterSquares[chunk];
            gradients += gradientSquares[chunk];
        }
        parameters = sqrt(parameters);
        gradients = fabs((double)scalars[SCALAR_GRADIENT_SCALE]) * sqrt(gradients);
        float decay = settings[segment].weightDecay;
        bool plain = parameters == 0 || gradients == 0 || decay == 0;
        factors[segment] = plain ? 1 : (float)(trust * parameters / (gradients + decay * parameters + epsilon));
    }
}

extern "C" __global__ void lerp(float *target, const float *source, float weight, int64 count) {
    FOR_EACH(i, count) {
        target[i] += weight * (source[i] - target[i]);
    }
}

extern "C" __global__ void clip(float *gradients, const Chunk *chunks, const float *scalars, float limit) {
    Chunk chunk = chunks[blockIdx.x];
    float scale = scalars[SCALAR_GRADIENT_SCALE];
    FOR_CHUNK(i, chunk) {
        float g = scale * gradients[i];
        gradients[i] = g < -limit ? -limit : g > limit ? limit : g;
    }
}

extern "C" __global__ void set_scalar(float *scalars, int slot, float value) {
    scalars[slot] = value;
}

// Threads only ever write 1, so it does not matter which of them comes last.
extern "C" __global__ void check_finite(const float *gradients, const Chunk *chunks, float *scalars) {
    Chunk chunk = chunks[blockIdx.x];
    FOR_CHUNK(i, chunk) {
        if (!(fabsf(gradients[i]) <= 3.402823466e38f)) {
            scalars[SCALAR_FOUND_NOT_FINITE] = 1;
        }
    }
}

// Once, behind check_finite.
extern "C" __global__ void count_skipped(float *scalars) {
    scalars[SCALAR_SKIPPED] += scalars[SCALAR_FOUND_NOT_FINITE];
}
