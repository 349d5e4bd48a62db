package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

/** Plain loops, for Java runtimes without the Vector API, and for what fills no vector. */
final class ScalarBatchNormKernels implements BatchNormKernels {
    private final long from;

    ScalarBatchNormKernels() {
        this(0);
    }

    /** @param from the first element that loops do something with; all before are left */
    ScalarBatchNormKernels(long from) {
        this.from = from;
    }

    @Override
    public void sums(long x, long elements, float[] pivot, float[] sums, float[] squares) {
        for (long i = from; i < elements; i++) {
            int place = (int) (i % pivot.length);
            float value = get(x, i) - pivot[place];
            sums[place] += value;
            squares[place] = Math.fma(value, value, squares[place]);
        }
    }

    @Override
    public void apply(long x, long residual, long y, long elements, Channels channels, boolean relu) {
        for (long i = from; i < elements; i++) {
            int place = (int) (i % channels.mean().length);
            float value = normalized(get(x, i) - channels.mean()[place], channels, place);
            if (residual != 0) {
                value += get(residual, i);
            }
            set(y, i, relu && value < 0 ? 0 : value);
        }
    }

    @Override
    public void gradientSums(
            long gradient, long x, long elements, Channels channels, boolean relu, float[] sums, float[] products) {
        for (long i = from; i < elements; i++) {
            int place = (int) (i % sums.length);
            float distance = get(x, i) - channels.mean()[place];
            if (!relu || !(normalized(distance, channels, place) <= 0)) {
                sums[place] += get(gradient, i);
                products[place] = Math.fma(get(gradient, i), distance, products[place]);
            }
        }
    }

    @Override
    public void gradient(
            long gradient,
            long x,
            long result,
            long elements,
            Channels channels,
            boolean relu,
            float[] slope,
            float[] offset) {
        for (long i = from; i < elements; i++) {
            int place = (int) (i % slope.length);
            float distance = get(x, i) - channels.mean()[place];
            boolean stopped = relu && normalized(distance, channels, place) <= 0;
            float rest = Math.fma(distance, slope[place], offset[place]);
            set(result, i, Math.fma(stopped ? 0 : get(gradient, i), channels.factor()[place], rest));
        }
    }

    private static float normalized(float distance, Channels channels, int place) {
        return Math.fma(distance, channels.factor()[place], channels.shift()[place]);
    }

    private static float get(long address, long element) {
        return NativeMemory.ALL.get(JAVA_FLOAT, address + element * Float.BYTES);
    }

    private static void set(long address, long element, float value) {
        NativeMemory.ALL.set(JAVA_FLOAT, address + element * Float.BYTES, value);
    }
}
