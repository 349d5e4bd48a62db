package dev.tandem.cuda;

import dev.tandem.backend.Storage;
import java.util.Locale;
import java.util.Set;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.JCublas2;

/**
 * Looks at what every call returns. Kernels run late, so a fault shows at some later call, and after one of the sticky kind
 * everything fails: from then on the device says so in one line, whatever is asked of it.
 */
final class Status {
    /**
     * Memory and hardware errors, illegal accesses and instructions, failed launches and assertions, an MPS server that ends its
     * client: after them the driver answers nothing else in this process.
     */
    private static final Set<Integer> STICKY =
            Set.of(214, 220, 226, 700, 702, 709, 710, 714, 715, 716, 717, 718, 719, 721, 810, 911, 999);

    private final String device;
    private final Driver driver;
    private int step = 1;
    private String broken;

    Status(String device, Driver driver) {
        this.device = device;
        this.driver = driver;
    }

    /** An optimizer has been asked to update, so that what follows belongs to the next step. */
    void nextStep() {
        step++;
    }

    /** Whether nothing can be computed, copied or freed any more. */
    boolean isBroken() {
        return broken != null;
    }

    /** Checks a call of the driver. */
    void driver(int status, String operation, Storage... operands) {
        if (status != 0) {
            throw failure(operation, operands, "the driver", driver.describe(status), status);
        }
    }

    /** Checks a call of cuBLAS. */
    void cublas(int status, String operation, Storage... operands) {
        if (status != 0) {
            String words = JCublas2.cublasGetStatusName(status) + " (" + JCublas2.cublasGetStatusString(status) + ")";
            throw failure(operation, operands, "cuBLAS", words, JCudaDriver.cuCtxSynchronize());
        }
    }

    /** Checks a call of cuDNN. */
    void cudnn(int status, String operation, Storage... operands) {
        if (status != 0) {
            throw failure(operation, operands, "cuDNN", CudnnWords.of(status), JCudaDriver.cuCtxSynchronize());
        }
    }

    /** @param driverStatus what the driver says, which tells whether the device is lost */
    private CudaException failure(
            String operation, Storage[] operands, String library, String words, int driverStatus) {
        if (broken != null) {
            return new CudaException(broken);
        }
        String message = device + ": " + operation + describe(operands) + " failed in step " + step + ": " + library
                + " says " + words;
        if (isSticky(driverStatus)) {
            String cause = library.equals("the driver") ? "" : " after " + driver.describe(driverStatus);
            broken = message + cause + "; kernels run late, so an operation before this one may be at fault"
                    + " (CUDA_LAUNCH_BLOCKING=1 tells which); the device is lost: start again from a checkpoint";
            return new CudaException(broken);
        }
        return new CudaException(message);
    }

    /** Whether the driver answers everything with this from now on. */
    private static boolean isSticky(int status) {
        return STICKY.contains(status);
    }

    private static String describe(Storage... operands) {
        StringBuilder text = new StringBuilder();
        for (Storage operand : operands) {
            if (operand != null) {
                text.append(text.isEmpty() ? " of " : ", ").append(describe(operand));
            }
        }
        return text.toString();
    }

    static String describe(Storage storage) {
        return storage.dtype().name().toLowerCase(Locale.ROOT) + " " + storage.shape();
    }
}
