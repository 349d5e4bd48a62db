// Random numbers and dropout. A thread draws for the four elements of one counter.
#include "element.cuh"
#include "philox.cuh"

extern "C" __global__ void draw_uniform(const int64 *state, float *result, int64 count) {
    FOR_EACH(block, (count + 3) / 4) {
        Words words = philox(state, block);
        for (int k = 0; k < 4 && 4 * block + k < count; k++) {
            result[4 * block + k] = uniform(words.word[k]);
        }
    }
}

// Box and Muller's transform of two pairs.
extern "C" __global__ void draw_normal(const int64 *state, float *result, int64 count) {
    FOR_EACH(block, (count + 3) / 4) {
        Words words = philox(state, block);
        for (int k = 0; k < 4 && 4 * block + k < count; k++) {
            float radius = sqrtf(-2 * logf(1 - uniform(words.word[k & 2])));
            float angle = 6.2831853071795865f * uniform(words.word[k | 1]);
            result[4 * block + k] = radius * ((k & 1) == 0 ? cosf(angle) : sinf(angle));
        }
    }
}

// Keeps the elements whose number is at least the probability; a byte an element says which.
extern "C" __global__ void dropout(
        const int64 *state, const element *x, element *y, uint8 *kept, float probability, float scale, int64 count) {
    FOR_EACH(block, (count + 3) / 4) {
        Words words = philox(state, block);
        for (int k = 0; k < 4 && 4 * block + k < count; k++) {
            int64 i = 4 * block + k;
            bool keep = uniform(words.word[k]) >= probability;
            kept[i] = keep;
            y[i] = To<element>::element(keep ? number(x[i]) * scale : 0.0f);
        }
    }
}

extern "C" __global__ void dropout_backward(
        const element *gradient, const uint8 *kept, element *result, float scale, int64 count) {
    FOR_EACH(i, count) {
        result[i] = To<element>::element(kept[i] ? number(gradient[i]) * scale : 0.0f);
    }
}

// A launch of its own: all threads of a draw must have read the offset before it moves.
extern "C" __global__ void advance(int64 *state, int64 blocks) {
    state[1] += blocks;
}
