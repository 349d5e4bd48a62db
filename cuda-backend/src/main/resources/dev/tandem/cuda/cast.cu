// Conversion between any two types: floats to integers toward zero, to halves to nearest even.
#include "element.cuh"

// To an integer type, from whatever the source computes in.
template <typename T>
struct Converted {
    template <typename S>
    __device__ static T of(S x) {
        return To<T>::element((int64)x);
    }
};

#define FLOATING(type)                           \
    template <>                                  \
    struct Converted<type> {                     \
        template <typename S>                    \
        __device__ static type of(S x) {         \
            return To<type>::element((float)x);  \
        }                                        \
    };

FLOATING(float)
FLOATING(bfloat16)
FLOATING(float16)

extern "C" __global__ void cast(const element *from, other *to, int64 count) {
    FOR_EACH(i, count) {
        to[i] = Converted<other>::of(number(from[i]));
    }
}
