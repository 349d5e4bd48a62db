// Borders that repeat or mirror. Each element of the padded array finds where it comes from, so one pass does all axes with
// their corners. Backward takes one axis after the other, and each element gathers: no two threads add to one place.
#include "element.cuh"
#include "walk.cuh"

// Where position `at` of a padded axis comes from.
__device__ inline int64 origin(int64 at, int64 before, int64 size, int mode) {
    int64 inside = at - before;
    if (inside >= 0 && inside < size) {
        return inside;
    }
    if (mode == PAD_REPLICATE) {
        return inside < 0 ? 0 : size - 1;
    }
    return inside < 0 ? -inside : 2 * (size - 1) - inside;
}

// The walk has the padded sizes, the source's strides, what comes before each axis and the source's sizes.
extern "C" __global__ void forward(const element *from, element *to, Walk walk, int mode, int64 count) {
    FOR_EACH(i, count) {
        int64 rest = i;
        int64 at = 0;
        for (int axis = (int)walk.rank - 1; axis >= 0; axis--) {
            int64 next = rest / walk.sizes[axis];
            int64 index = rest - next * walk.sizes[axis];
            at += origin(index, walk.strides[1][axis], walk.strides[2][axis], mode) * walk.strides[0][axis];
            rest = next;
        }
        to[i] = from[at];
    }
}

// One axis: [outer, before + size + after, inner] to [outer, size, inner].
extern "C" __global__ void backward(
        const element *gradient, element *to, int64 before, int64 after, int64 size, int64 inner, int mode, int64 count) {
    int64 padded = before + size + after;
    FOR_EACH(i, count) {
        int64 at = i / inner % size;
        const element *line = gradient + i / inner / size * padded * inner + i % inner;
        float sum = (float)number(line[(before + at) * inner]);
        for (int64 j = 0; j < before; j++) {
            if (origin(j, before, size, mode) == at) {
                sum += (float)number(line[j * inner]);
            }
        }
        for (int64 j = before + size; j < padded; j++) {
            if (origin(j, before, size, mode) == at) {
                sum += (float)number(line[j * inner]);
            }
        }
        to[i] = To<element>::element(sum);
    }
}
