package dev.tandem.data;

import java.lang.foreign.MemorySegment;
import java.util.stream.IntStream;

/**
 * Mean and standard deviation of a data set's pixels, a channel each, in pixel units (0 to 255).
 */
public record Statistics(double[] mean, double[] deviation) {
    /** Over every pixel of every image. */
    public static Statistics of(ImageDataset dataset) {
        int channels = dataset.channels();
        long[] counts = IntStream.range(0, Runtime.getRuntime().availableProcessors())
                .parallel()
                .mapToObj(part -> histogram(dataset, part, Runtime.getRuntime().availableProcessors()))
                .reduce(new long[channels * 256], Statistics::add);
        double[] mean = new double[channels];
        double[] deviation = new double[channels];
        for (int c = 0; c < channels; c++) {
            long pixels = 0;
            long sum = 0;
            long squares = 0;
            for (int value = 0; value < 256; value++) {
                long count = counts[c * 256 + value];
                pixels += count;
                sum += count * value;
                squares += count * value * value;
            }
            mean[c] = (double) sum / pixels;
            deviation[c] = Math.sqrt((double) squares / pixels - mean[c] * mean[c]);
        }
        return new Statistics(mean, deviation);
    }

    /** How often each value occurs in each channel, over every {@code parts}-th image: exact, whatever the order. */
    private static long[] histogram(ImageDataset dataset, int part, int parts) {
        byte[] image = new byte[dataset.imageBytes()];
        MemorySegment segment = MemorySegment.ofArray(image);
        int channels = dataset.channels();
        long[] counts = new long[channels * 256];
        for (int i = part; i < dataset.size(); i += parts) {
            dataset.copyPixels(i, segment, 0);
            for (int p = 0; p < image.length; p++) {
                counts[p % channels * 256 + (image[p] & 0xff)]++;
            }
        }
        return counts;
    }

    private static long[] add(long[] a, long[] b) {
        long[] sum = a.clone();
        for (int i = 0; i < sum.length; i++) {
            sum[i] += b[i];
        }
        return sum;
    }

    public Normalization toNormalization() {
        return Normalization.standard(mean, deviation);
    }
}
