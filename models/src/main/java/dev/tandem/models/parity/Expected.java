package dev.tandem.models.parity;

import dev.tandem.io.HostTensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** What a tensor should be: all of it, or of a large one 1,024 evenly spread elements and four statistics. */
abstract class Expected {
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** The largest magnitude. */
    abstract double magnitude();

    /**
     * The largest difference, relative to the tensor's largest magnitude, or to {@code floor} where that is more. NaN if
     * something is not a number, infinite if the sizes differ.
     */
    abstract double error(HostTensor actual, double floor);

    static Expected of(HostTensor all) {
        return new Whole(all);
    }

    static Expected of(HostTensor sample, HostTensor statistics) {
        return new Sampled(sample.toFloatArray(), statistics.toFloatArray());
    }

    private static double value(MemorySegment data, long index) {
        return data.get(FLOAT, 4 * index);
    }

    /** Keeps NaN once it has come, unlike Math.max with a comparison. */
    private static double larger(double a, double b) {
        return Double.isNaN(a) || Double.isNaN(b) ? Double.NaN : Math.max(a, b);
    }

    private static final class Whole extends Expected {
        private final HostTensor all;

        Whole(HostTensor all) {
            this.all = all;
        }

        @Override
        double magnitude() {
            double largest = 0;
            for (long i = 0; i < all.shape().elements(); i++) {
                largest = larger(largest, Math.abs(value(all.data(), i)));
            }
            return largest;
        }

        @Override
        double error(HostTensor actual, double floor) {
            if (actual.shape().elements() != all.shape().elements()) {
                return Double.POSITIVE_INFINITY;
            }
            double error = 0;
            for (long i = 0; i < all.shape().elements(); i++) {
                error = larger(error, Math.abs(value(actual.data(), i) - value(all.data(), i)));
            }
            return error == 0 ? 0 : error / Math.max(magnitude(), floor);
        }
    }

    private static final class Sampled extends Expected {
        private final float[] sample;
        private final double sum;
        private final double squares;
        private final double largest;
        private final double signedSum;

        Sampled(float[] sample, float[] statistics) {
            this.sample = sample;
            sum = statistics[0];
            squares = statistics[1];
            largest = statistics[2];
            signedSum = statistics[3];
        }

        @Override
        double magnitude() {
            return largest;
        }

        @Override
        double error(HostTensor actual, double floor) {
            long elements = actual.shape().elements();
            long step = elements / sample.length;
            if (step == 0) {
                return Double.POSITIVE_INFINITY;
            }
            double scale = Math.max(largest, floor);
            double error = 0;
            for (int i = 0; i < sample.length; i++) {
                error = larger(error, Math.abs(value(actual.data(), i * step) - sample[i]) / scale);
            }
            return larger(error, statisticsError(actual.data(), elements, scale, floor));
        }

        /**
         * Errors of size e·|x| add up to at most e·√n·‖x‖ in a sum, where rounding gives them one sign for a whole channel; under
         * signs that know nothing of channels, to about e·‖x‖; of squares they make twice that share.
         */
        private double statisticsError(MemorySegment data, long elements, double scale, double floor) {
            double actualSum = 0;
            double actualSquares = 0;
            double actualLargest = 0;
            double actualSigned = 0;
            for (long i = 0; i < elements; i++) {
                double x = value(data, i);
                actualSum += x;
                actualSquares += x * x;
                actualLargest = larger(actualLargest, Math.abs(x));
                actualSigned += (i * 2654435761L >>> 31 & 1) == 0 ? x : -x;
            }
            double norm = Math.sqrt(squares);
            double least = Math.max(norm, floor * Math.sqrt(elements));
            double error = Math.abs(actualLargest - largest) / scale;
            error = larger(error, Math.abs(actualSum - sum) / (least * Math.sqrt(elements)));
            error = larger(error, Math.abs(actualSigned - signedSum) / Math.max(least, Math.abs(signedSum)));
            return larger(error, Math.abs(actualSquares - squares) / (2 * least * least));
        }
    }
}
