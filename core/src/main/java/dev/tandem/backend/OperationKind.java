package dev.tandem.backend;

/**
 * The operations whose element types a backend chooses: it declares them by {@link Backend#types}, {@code core} refuses the
 * others before the seam, and the conformance kit tests what is declared. Operations that are not named here take every type
 * that their contract names.
 */
public enum OperationKind {
    MATMUL,
    CONVOLUTION,
    POOL,
    BATCH_NORM,
    LAYER_NORM,
    LOCAL_RESPONSE_NORM,
    DROPOUT,
    SOFTMAX,
    CROSS_ENTROPY,
    ATTENTION,
    /** Of {@link InputOps#images}: the types that it can make of pixels. */
    IMAGES
}
