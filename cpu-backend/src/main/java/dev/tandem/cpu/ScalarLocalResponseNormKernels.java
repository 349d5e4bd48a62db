package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.tandem.cpu.LocalResponseNorm.Neighbours;

/** Plain loops, for Java runtimes without the Vector API. */
final class ScalarLocalResponseNormKernels implements LocalResponseNormKernels {
    @Override
    public void forward(Neighbours neighbours, long x, long y, long pixels) {
        int channels = neighbours.channels();
        for (long pixel = 0; pixel < pixels; pixel++) {
            long start = pixel * channels;
            for (int channel = 0; channel < channels; channel++) {
                double scale = Math.pow(sum(neighbours, x, start, channel), -neighbours.beta());
                set(y, start + channel, (float) (get(x, start + channel) * scale));
            }
        }
    }

    @Override
    public void backward(Neighbours neighbours, long gradient, long x, long target, long pixels) {
        int channels = neighbours.channels();
        double[] powers = new double[channels];
        double[] parts = new double[channels];
        for (long pixel = 0; pixel < pixels; pixel++) {
            long start = pixel * channels;
            for (int channel = 0; channel < channels; channel++) {
                double sum = sum(neighbours, x, start, channel);
                powers[channel] = Math.pow(sum, -neighbours.beta());
                parts[channel] =
                        (double) get(gradient, start + channel) * get(x, start + channel) * powers[channel] / sum;
            }
            for (int channel = 0; channel < channels; channel++) {
                double seen = 0;
                int from = Math.max(0, channel - neighbours.ahead());
                int to = Math.min(channels - 1, channel + neighbours.back());
                for (int i = from; i <= to; i++) {
                    seen += parts[i];
                }
                double result = get(gradient, start + channel) * powers[channel]
                        - 2.0 * neighbours.alpha() * neighbours.beta() * get(x, start + channel) * seen;
                set(target, start + channel, (float) result);
            }
        }
    }

    private static double sum(Neighbours neighbours, long x, long start, int channel) {
        double squares = 0;
        int from = Math.max(0, channel - neighbours.back());
        int to = Math.min(neighbours.channels() - 1, channel + neighbours.ahead());
        for (int i = from; i <= to; i++) {
            double value = get(x, start + i);
            squares += value * value;
        }
        return neighbours.k() + neighbours.alpha() * squares;
    }

    private static float get(long address, long i) {
        return NativeMemory.ALL.get(JAVA_FLOAT, address + Float.BYTES * i);
    }

    private static void set(long address, long i, float value) {
        NativeMemory.ALL.set(JAVA_FLOAT, address + Float.BYTES * i, value);
    }
}
