package dev.tandem.cpu;

import dev.tandem.tensor.DType;

/** Loops from one type to another, at absolute addresses. The two implementations agree bit for bit but in NaN's payload. */
interface ConversionKernels {
    /** Between two different types; bfloat16 and float16 are rounded to nearest, halves to even. */
    void convert(DType from, long x, DType to, long y, long count);

    /** {@code y = (x − mean) · scale}: bytes to float32, with a mean and a scale for each element. */
    void normalize(long x, long mean, long scale, long y, long count);
}
