package dev.tandem.cuda;

/** A call of CUDA that failed. The message names the device, the operation, its operands and the library's own words. */
final class CudaException extends RuntimeException {
    CudaException(String message) {
        super(message);
    }
}
