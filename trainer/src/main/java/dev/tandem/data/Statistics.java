package dev.tandem.data;

import dev.tandem.data.image.ImageException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** Mean and standard deviation of a data set's pixels, a channel each, in pixel units (0 to 255). */
public record Statistics(double[] mean, double[] deviation) {
    private static final int VALUES = 256;

    /**
     * Over every pixel of every image; exact sums, so that the order does not matter.
     *
     * @param threads that share them out
     * @throws IllegalArgumentException if there are no images
     */
    public static Statistics of(ImageDataset dataset, int threads) {
        return of(dataset, threads, null);
    }

    /**
     * As above.
     *
     * @param broken keeps in mind images that cannot be read, which are then left out; null for none such
     */
    public static Statistics of(ImageDataset dataset, int threads, BrokenImages broken) {
        if (dataset.size() == 0) {
            throw new IllegalArgumentException("statistics of " + dataset.name() + ": it has no images");
        }
        int channels = dataset.channels();
        long[][] parts = new long[threads][];
        try (Decoders decoders = new Decoders(threads)) {
            decoders.forEach(threads, part -> parts[part] = histogram(dataset, part, threads, broken));
        }
        long[] counts = Arrays.stream(parts).reduce(new long[channels * VALUES], Statistics::add);
        double[] mean = new double[channels];
        double[] deviation = new double[channels];
        for (int c = 0; c < channels; c++) {
            long pixels = 0;
            long sum = 0;
            long squares = 0;
            for (int value = 0; value < VALUES; value++) {
                long count = counts[c * VALUES + value];
                pixels += count;
                sum += count * value;
                squares += count * value * value;
            }
            if (pixels == 0) {
                throw new IllegalArgumentException("statistics of " + dataset.name() + ": none of its " + dataset.size()
                        + " images can be read; get them again");
            }
            mean[c] = (double) sum / pixels;
            deviation[c] = Math.sqrt((double) squares / pixels - mean[c] * mean[c]);
        }
        return new Statistics(mean, deviation);
    }

    /** As above, with a thread a core. */
    public static Statistics of(ImageDataset dataset) {
        return of(dataset, Runtime.getRuntime().availableProcessors());
    }

    /** How often each value occurs in each channel, over every {@code parts}-th image. */
    private static long[] histogram(ImageDataset dataset, int part, int parts, BrokenImages broken) {
        byte[] image = new byte[dataset.imageBytes()];
        MemorySegment segment = MemorySegment.ofArray(image);
        int channels = dataset.channels();
        long[] counts = new long[channels * VALUES];
        for (int i = part; i < dataset.size(); i += parts) {
            try {
                dataset.copyPixels(i, segment, 0);
            } catch (ImageException e) {
                if (broken == null) {
                    throw e;
                }
                broken.add(i, e);
                continue;
            }
            for (int c = 0; c < channels; c++) {
                for (int p = c; p < image.length; p += channels) {
                    counts[c * VALUES + (image[p] & 0xff)]++;
                }
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

    /** To mean 0 and deviation 1. */
    public Normalization toNormalization() {
        return Normalization.standard(mean, deviation);
    }
}
