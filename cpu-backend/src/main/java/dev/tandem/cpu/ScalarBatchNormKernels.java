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
    public int lanes() {
        return 1;
    }

    @Override
    public void sums(long x, long elements, float[] pivot, float[] sums, float[] squares) {
        int place = (int) (from % pivot.length);
        for (long i = from; i < elements; i++) {
            float value = get(x, i) - pivot[place];
            sums[place] += value;
            squares[place] = Math.fma(value, value, squares[place]);
            place = next(place, pivot.length);
        }
    }

    @Override
    public void apply(long x, long residual, long y, long elements, Channels channels, boolean relu) {
        int place = (int) (from % channels.mean().length);
        for (long i = from; i < elements; i++) {
            float value = normalized(get(x, i) - channels.mean()[place], channels, place);
            if (residual != 0) {
                value += get(residual, i);
            }
            set(y, i, relu && value < 0 ? 0 : value);
            place = next(place, channels.mean().length);
        }
    }

    @Override
    public void gradientSums(
            long gradient, long x, long elements, Channels channels, boolean relu, float[] sums, float[] products) {
        int place = (int) (from % sums.length);
        for (long i = from; i < elements; i++) {
            float distance = get(x, i) - channels.mean()[place];
            if (!relu || !(normalized(distance, channels, place) <= 0)) {
                sums[place] += get(gradient, i);
                products[place] = Math.fma(get(gradient, i), distance, products[place]);
            }
            place = next(place, sums.length);
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
        int place = (int) (from % slope.length);
        for (long i = from; i < elements; i++) {
            float distance = get(x, i) - channels.mean()[place];
            boolean stopped = relu && normalized(distance, channels, place) <= 0;
            float rest = Math.fma(distance, slope[place], offset[place]);
            set(result, i, Math.fma(stopped ? 0 : get(gradient, i), channels.factor()[place], rest));
            place = next(place, slope.length);
        }
    }

    private static int next(int place, int length) {
        return place + 1 == length ? 0 : place + 1;
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
