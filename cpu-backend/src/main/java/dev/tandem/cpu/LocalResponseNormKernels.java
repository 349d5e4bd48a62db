package dev.tandem.cpu;

import dev.tandem.cpu.LocalResponseNorm.Neighbours;

/** The loops of local response normalisation over pixels whose channels lie side by side. */
interface LocalResponseNormKernels {
    void forward(Neighbours neighbours, long x, long y, long pixels);

    /** {@code g·p − 2·alpha·beta·x · Σ g·x·p/s} with {@code s = k + alpha·Σ x²} and {@code p = s^−beta}; the outer sum is over who sees x. */
    void backward(Neighbours neighbours, long gradient, long x, long target, long pixels);
}
