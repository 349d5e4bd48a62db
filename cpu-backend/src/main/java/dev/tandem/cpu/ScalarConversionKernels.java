package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.tandem.tensor.DType;

/** Plain loops, for Java runtimes without the Vector API and for the last elements of vector loops. */
final class ScalarConversionKernels implements ConversionKernels {
    @Override
    public void convert(DType from, long x, DType to, long y, long count) {
        Conversion.convert(from, x, to, y, 0, count);
    }

    @Override
    public void normalize(long x, long mean, long scale, long y, long count) {
        for (long i = 0; i < count; i++) {
            int pixel = NativeMemory.ALL.get(JAVA_BYTE, x + i) & 0xff;
            float distance = pixel - NativeMemory.ALL.get(JAVA_FLOAT, mean + 4 * i);
            NativeMemory.ALL.set(JAVA_FLOAT, y + 4 * i, distance * NativeMemory.ALL.get(JAVA_FLOAT, scale + 4 * i));
        }
    }
}
