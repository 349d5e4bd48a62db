// Pooling of every kind, window and dilation. As in PyTorch these are own kernels: cuDNN's backward of the maximum needs input and
// output again, these keep one index an output; and cuDNN has no dilation, no padding on one side, and no median. Backward gathers
// from the windows that see a pixel, so nothing is added by atomics and results repeat bit for bit.
#include "element.cuh"

struct Window {
    int height, width; // of the image
    int outputHeight, outputWidth;
    int kernelHeight, kernelWidth;
    int strideHeight, strideWidth;
    int padTop, padLeft;
    int dilationHeight, dilationWidth;
};

// Where in the image tap i of output o lies along an axis; may be outside.
__device__ inline int rowOf(const Window &w, int o, int i) {
    return o * w.strideHeight - w.padTop + i * w.dilationHeight;
}

__device__ inline int columnOf(const Window &w, int o, int j) {
    return o * w.strideWidth - w.padLeft + j * w.dilationWidth;
}

__device__ inline bool inside(const Window &w, int row, int column) {
    return row >= 0 && row < w.height && column >= 0 && column < w.width;
}

// Taps of an output that lie inside the image.
__device__ inline int tapsInside(const Window &w, int outputRow, int outputColumn) {
    int rows = 0;
    int columns = 0;
    for (int i = 0; i < w.kernelHeight; i++) {
        int row = rowOf(w, outputRow, i);
        rows += row >= 0 && row < w.height;
    }
    for (int j = 0; j < w.kernelWidth; j++) {
        int column = columnOf(w, outputColumn, j);
        columns += column >= 0 && column < w.width;
    }
    return rows * columns;
}

__device__ inline int divisor(int kind, const Window &w, int outputRow, int outputColumn) {
    return kind == POOL_AVERAGE ? tapsInside(w, outputRow, outputColumn) : w.kernelHeight * w.kernelWidth;
}

extern "C" __global__ void average(const element *x, element *y, int kind, Window w, int64 count) {
    FOR_EACH(at, count) {
        int outputColumn = (int)(at % w.outputWidth);
        int outputRow = (int)(at / w.outputWidth % w.outputHeight);
        const element *plane = x + at / w.outputWidth / w.outputHeight * w.height * w.width;
        float sum = 0;
        for (int i = 0; i < w.kernelHeight; i++) {
            for (int j = 0; j < w.kernelWidth; j++) {
                int row = rowOf(w, outputRow, i);
                int column = columnOf(w, outputColumn, j);
                if (inside(w, row, column)) {
                    sum += number(plane[(int64)row * w.width + column]);
                }
            }
        }
        y[at] = To<element>::element(sum / divisor(kind, w, outputRow, outputColumn));
    }
}

// `chosen`, if not null, gets the tap that won; -1 where rectified and none is positive. The first NaN wins over everything.
extern "C" __global__ void maximum(const element *x, element *y, int *chosen, int kind, Window w, int64 count) {
    bool rectified = kind == POOL_RECTIFIED_MAX;
    FOR_EACH(at, count) {
        int outputColumn = (int)(at % w.outputWidth);
        int outputRow = (int)(at / w.outputWidth % w.outputHeight);
        const element *plane = x + at / w.outputWidth / w.outputHeight * w.height * w.width;
        float best = rectified ? 0 : __int_as_float(0xff800000); // minus infinity
        int tap = -1;
        for (int i = 0; i < w.kernelHeight; i++) {
            for (int j = 0; j < w.kernelWidth; j++) {
                int row = rowOf(w, outputRow, i);
                int column = columnOf(w, outputColumn, j);
                if (inside(w, row, column)) {
                    float value = number(plane[(int64)row * w.width + column]);
                    if ((tap < 0 && !rectified) || value > best || (value != value && best == best)) {
                        best = value;
                        tap = i * w.kernelWidth + j;
                    }
                }
            }
        }
        y[at] = To<element>::element(best);
        if (chosen != 0) {
            chosen[at] = tap;
        }
    }
}

// Whether the value of tap a comes before that of tap b when sorted: NaN last, equals by position.
__device__ inline bool before(float a, int tapA, float b, int tapB) {
    if (a == b || (a != a && b != b)) {
        return tapA < tapB;
    }
    return a < b || b != b;
}

// The lower middle. Each tap's rank is counted anew: windows are small, and nothing has to be kept or sorted.
extern "C" __global__ void median(const element *x, element *y, int *chosen, int kind, Window w, int64 count) {
    int taps = w.kernelHeight * w.kernelWidth;
    FOR_EACH(at, count) {
        int outputColumn = (int)(at % w.outputWidth);
        int outputRow = (int)(at / w.outputWidth % w.outputHeight);
        const element *plane = x + at / w.outputWidth / w.outputHeight * w.height * w.width;
        int middle = (tapsInside(w, outputRow, outputColumn) - 1) / 2;
        for (int tap = 0; tap < taps; tap++) {
            int row = rowOf(w, outputRow, tap / w.kernelWidth);
            int column = columnOf(w, outputColumn, tap % w.kernelWidth);
            if (!inside(w, row, column)) {
                continue;
            }
            float value = number(plane[(int64)row * w.width + column]);
            int rank = 0;
            for (int rival = 0; rival < taps; rival++) {
                int rivalRow = rowOf(w, outputRow, rival / w.kernelWidth);
                int rivalColumn = columnOf(w, outputColumn, rival % w.kernelWidth);
                rank += inside(w, rivalRow, rivalColumn)
                        && before(number(plane[(int64)rivalRow * w.width + rivalColumn]), rival, value, tap);
            }
            if (rank == middle) {
                y[at] = To<element>::element(value);
                if (chosen != 0) {
                    chosen[at] = tap;
                }
            }
        }
    }
}

// The output along an axis whose tap i lies on the pixel; -1 if there is none.
__device__ inline int outputOf(int pixel, int i, int pad, int stride, int dilation, int outputs) {
    int from = pixel + pad - i * dilation;
    if (from < 0 || from % stride != 0 || from / stride >= outputs) {
        return -1;
    }
    return from / stride;
}

// `chosen` is null for the averages.
extern "C" __global__ void backward(
        const element *gradient, const int *chosen, element *result, int kind, Window w, int64 count) {
    FOR_EACH(at, count) {
        int column = (int)(at % w.width);
        int row = (int)(at / w.width % w.height);
        int64 plane = at / w.width / w.height * w.outputHeight * w.outputWidth;
        float sum = 0;
        for (int i = 0; i < w.kernelHeight; i++) {
            int outputRow = outputOf(row, i, w.padTop, w.strideHeight, w.dilationHeight, w.outputHeight);
            for (int j = 0; outputRow >= 0 && j < w.kernelWidth; j++) {
                int outputColumn = outputOf(column, j, w.padLeft, w.strideWidth, w.dilationWidth, w.outputWidth);
                if (outputColumn < 0) {
                    continue;
                }
                int64 output = plane + (int64)outputRow * w.outputWidth + outputColumn;
                float value = number(gradient[output]);
                if (chosen == 0) {
                    sum += value / divisor(kind, w, outputRow, outputColumn);
                } else if (chosen[output] == i * w.kernelWidth + j) {
                    sum += value;
                }
            }
        }
        result[at] = To<element>::element(sum);
    }
}
