package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

/** Plain loops, for Java runtimes without the Vector API. */
final class ScalarBatchNormKernels implements BatchNormKernels {
    @Override
    public void sums(long x, long pixels, float[] pivot, double[] sums, double[] squares) {
        long at = x;
        for (long pixel = 0; pixel < pixels; pixel++) {
            for (int channel = 0; channel < pivot.length; channel++) {
                double value = (double) NativeMemory.ALL.get(JAVA_FLOAT, at) - pivot[channel];
                sums[channel] += value;
                squares[channel] += value * value;
                at += Float.BYTES;
            }
        }
    }

    @Override
    public void apply(long x, long residual, long y, long pixels, Channels channels, boolean relu) {
        long at = 0;
        for (long pixel = 0; pixel < pixels; pixel++) {
            for (int channel = 0; channel < channels.mean().length; channel++) {
                float value = NativeMemory.ALL.get(JAVA_FLOAT, x + at) - channels.mean()[channel];
                value = Math.fma(value, channels.factor()[channel], channels.shift()[channel]);
                if (residual != 0) {
                    value += NativeMemory.ALL.get(JAVA_FLOAT, residual + at);
                }
                NativeMemory.ALL.set(JAVA_FLOAT, y + at, relu && value < 0 ? 0 : value);
                at += Float.BYTES;
            }
        }
    }
}
