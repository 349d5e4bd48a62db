package dev.tandem.cuda;

import jcuda.driver.CUdeviceptr;

/** A place in a GPU's memory, as JCuda takes it. */
final class Address extends CUdeviceptr {
    private static final CUdeviceptr ZERO = new CUdeviceptr();

    /** To be filled in by JCuda. */
    Address() {}

    Address(long address) {
        super(ZERO, address);
    }

    long value() {
        return getNativePointer() + getByteOffset();
    }
}
