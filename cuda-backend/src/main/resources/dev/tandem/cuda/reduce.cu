// Sums, means, maxima and minima over any axes. Long sums of few results are cut into parts, which a second launch joins: so
// many blocks work on them, and the order of adding, and with it every bit of the result, depends on the sizes alone.
#include "element.cuh"
#include "walk.cuh"

typedef Arithmetic<element>::type accumulator;

// What joins with any number to that number: for sums 0, for maxima the smallest there is, for minima the largest.
__device__ inline float neutral(int op, float) {
    float infinity = __int_as_float(0x7f800000);
    return op == REDUCE_MAX ? -infinity : op == REDUCE_MIN ? infinity : 0;
}

__device__ inline int64 neutral(int op, int64) {
    int64 largest = 0x7fffffffffffffffLL;
    return op == REDUCE_MAX ? -largest - 1 : op == REDUCE_MIN ? largest : 0;
}

__device__ inline accumulator start(int op) {
    return neutral(op, accumulator());
}

__device__ inline accumulator join(int op, accumulator a, accumulator b) {
    switch (op) {
        case REDUCE_MAX: return a != a || a > b ? a : b; // NaN if either is
        case REDUCE_MIN: return a != a || a < b ? a : b;
        default: return a + b;
    }
}

static __device__ accumulator blockJoin(int op, accumulator value) {
    __shared__ accumulator warps[32];
    for (int offset = 16; offset > 0; offset /= 2) {
        value = join(op, value, __shfl_xor_sync(0xffffffff, value, offset));
    }
    if (threadIdx.x % 32 == 0) {
        warps[threadIdx.x / 32] = value;
    }
    __syncthreads();
    value = warps[0];
    for (int warp = 1; warp < blockDim.x / 32; warp++) {
        value = join(op, value, warps[warp]);
    }
    return value;
}

__device__ inline element finished(accumulator value, float factor) {
    return To<element>::element(factor == 1 ? value : (accumulator)(value * factor));
}

// The elements that one of gridDim.y parts joins.
struct Part {
    int64 from;
    int64 to;
};

__device__ inline Part part(int64 length) {
    int64 each = (length + gridDim.y - 1) / gridDim.y;
    int64 from = blockIdx.y * each;
    Part result = {from, from + each < length ? from + each : length};
    return result;
}

// A block for each result and part: what is joined lies together in memory, or there is much of it.
extern "C" __global__ void rows(
        const element *x, element *result, accumulator *parts, int op, float factor, Walk kept, Walk joined, int64 length) {
    Part mine = part(length);
    const element *base = x + place(kept, blockIdx.x).at[0];
    accumulator value = start(op);
    for (int64 i = mine.from + threadIdx.x; i < mine.to; i += blockDim.x) {
        value = join(op, value, number(base[place(joined, i).at[0]]));
    }
    value = blockJoin(op, value);
    if (threadIdx.x == 0) {
        if (parts != 0) {
            parts[(int64)blockIdx.x * gridDim.y + blockIdx.y] = value;
        } else {
            result[blockIdx.x] = finished(value, factor);
        }
    }
}

// A thread for each result and part: neighbouring results lie together in memory, or little is joined.
extern "C" __global__ void columns(
        const element *x, element *result, accumulator *parts, int op, float factor, Walk kept, Walk joined,
        int64 length, int64 results) {
    Part mine = part(length);
    FOR_EACH(at, results) {
        const element *base = x + place(kept, at).at[0];
        accumulator value = start(op);
        for (int64 i = mine.from; i < mine.to; i++) {
            value = join(op, value, number(base[place(joined, i).at[0]]));
        }
        if (parts != 0) {
            parts[at * gridDim.y + blockIdx.y] = value;
        } else {
            result[at] = finished(value, factor);
        }
    }
}

extern "C" __global__ void join_parts(
        const accumulator *parts, element *result, int op, float factor, int64 each, int64 results) {
    FOR_EACH(at, results) {
        accumulator value = start(op);
        for (int64 i = 0; i < each; i++) {
            value = join(op, value, parts[at * each + i]);
        }
        result[at] = finished(value, factor);
    }
}

// The index of the first largest element along an axis, a block for each result. NaN is never the largest.
extern "C" __global__ void argmax(const element *x, int64 *result, int64 length, int64 inner) {
    __shared__ accumulator values[256];
    __shared__ int64 indices[256];
    const element *base = x + blockIdx.x / inner * length * inner + blockIdx.x % inner;
    accumulator best = start(REDUCE_MAX);
    int64 index = 0;
    for (int64 i = threadIdx.x; i < length; i += blockDim.x) {
        accumulator value = number(base[i * inner]);
        if (value > best) {
            best = value;
            index = i;
        }
    }
    values[threadIdx.x] = best;
    indices[threadIdx.x] = index;
    for (int half = blockDim.x / 2; half > 0; half /= 2) {
        __syncthreads();
        if (threadIdx.x < half) {
            accumulator value = values[threadIdx.x + half];
            int64 candidate = indices[threadIdx.x + half];
            bool earlier = value == values[threadIdx.x] && candidate < indices[threadIdx.x];
            if (value > values[threadIdx.x] || earlier) {
                values[threadIdx.x] = value;
                indices[threadIdx.x] = candidate;
            }
        }
    }
    if (threadIdx.x == 0) {
        result[blockIdx.x] = indices[0];
    }
}
