// Moves elements as they are, so types are told apart by their size only: Java gives an integer type of that size.
#include "element.cuh"
#include "walk.cuh"

// Strided copy: permute, slice, expand, concat and pad are this with other strides. Reads may be scattered; writes lie together
// where the target is contiguous, since neighbouring threads write neighbouring elements.
extern "C" __global__ void copy(const element *from, element *to, Walk walk, int64 count) {
    FOR_EACH(i, count) {
        Place p = place(walk, i);
        to[p.at[1]] = from[p.at[0]];
    }
}

template <typename T>
__device__ inline void setBits(T *to, int64 bits) {
    *to = (T)bits;
}

__device__ inline void setBits(bfloat16 *to, int64 bits) {
    to->bits = (unsigned short)bits;
}

extern "C" __global__ void fill(element *to, int64 bits, int64 count) {
    FOR_EACH(i, count) {
        setBits(to + i, bits);
    }
}
