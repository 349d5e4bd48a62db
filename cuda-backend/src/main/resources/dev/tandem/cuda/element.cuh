// Element types and how to compute with them. Halves are stored as their bits and computed in float32: conversions in integer
// arithmetic need no header and no instruction of a certain architecture, and memory, not arithmetic, is what kernels wait for.

typedef unsigned char uint8;
typedef unsigned int uint32;
typedef long long int64;
typedef unsigned long long uint64;

struct bfloat16 {
    unsigned short bits;
};

struct float16 {
    unsigned short bits;
};

__device__ inline float number(float x) {
    return x;
}

__device__ inline float number(bfloat16 x) {
    return __uint_as_float((uint32)x.bits << 16);
}

__device__ inline float number(float16 x) {
    uint32 sign = (uint32)(x.bits & 0x8000) << 16;
    uint32 magnitude = x.bits & 0x7fff;
    if (magnitude >= 0x7c00) { // infinity or NaN
        return __uint_as_float(sign | 0x7f800000 | (magnitude & 0x3ff) << 13);
    }
    // The bits as a float are 2^-112 of the value, for subnormals too.
    float value = __uint_as_float(magnitude << 13) * 5.192296858534828e33f;
    return __uint_as_float(sign | __float_as_uint(value));
}

__device__ inline int64 number(int x) {
    return x;
}

__device__ inline int64 number(int64 x) {
    return x;
}

__device__ inline int64 number(uint8 x) {
    return x;
}

// To the element type: to nearest, halves to even; integers wrap around.
template <typename T>
struct To {
    __device__ static T element(int64 x) {
        return (T)x;
    }
};

template <>
struct To<float> {
    __device__ static float element(float x) {
        return x;
    }
};

template <>
struct To<bfloat16> {
    __device__ static bfloat16 element(float x) {
        uint32 bits = __float_as_uint(x);
        bfloat16 result;
        result.bits = x != x ? 0x7fc0 : (unsigned short)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
        return result;
    }
};

template <>
struct To<float16> {
    __device__ static float16 element(float x) {
        uint32 bits = __float_as_uint(x);
        uint32 magnitude = bits & 0x7fffffff;
        uint32 half;
        if (magnitude > 0x7f800000) {
            half = 0x7e00; // NaN
        } else if (magnitude >= 0x477ff000) {
            half = 0x7c00; // from 65520 on: infinity
        } else if (magnitude < 0x38800000) {
            // Subnormal: adding 0.5 puts the half's last bit at the float's last bit, so that the addition rounds.
            half = __float_as_uint(__uint_as_float(magnitude) + 0.5f) - 0x3f000000;
        } else {
            half = (magnitude - 0x38000000 + 0xfff + (magnitude >> 13 & 1)) >> 13;
        }
        float16 result;
        result.bits = (unsigned short)((bits >> 16 & 0x8000) | half);
        return result;
    }
};

typedef ELEMENT element;
typedef OTHER other;

// What arithmetic with an element type is done in.
template <typename T>
struct Arithmetic {
    typedef int64 type;
};

template <>
struct Arithmetic<float> {
    typedef float type;
};

template <>
struct Arithmetic<bfloat16> {
    typedef float type;
};

template <>
struct Arithmetic<float16> {
    typedef float type;
};

// A thread's elements: from its own number on, in steps of all threads.
#define FOR_EACH(i, count)                                                      \
    for (int64 i = (int64)blockIdx.x * blockDim.x + threadIdx.x; i < (count); \
            i += (int64)gridDim.x * blockDim.x)
