// Arrays of the same sizes that lie differently in memory. Java has merged the axes that can be walked as one, so contiguous
// arrays have a single axis and cost no division.

#define MOST_AXES 8

struct Walk {
    int64 rank; // at least 1
    int64 sizes[MOST_AXES];
    int64 strides[3][MOST_AXES];
};

struct Place {
    int64 at[3];
};

// Where element i lies in each of the arrays.
__device__ inline Place place(const Walk &walk, int64 i) {
    Place result = {{0, 0, 0}};
    for (int axis = (int)walk.rank - 1; axis >= 0; axis--) {
        int64 index = i;
        if (axis > 0) {
            int64 next = i / walk.sizes[axis];
            index = i - next * walk.sizes[axis];
            i = next;
        }
        for (int array = 0; array < 3; array++) {
            result.at[array] += index * walk.strides[array][axis];
        }
    }
    return result;
}
