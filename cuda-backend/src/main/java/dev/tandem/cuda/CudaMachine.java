package dev.tandem.cuda;

import dev.tandem.backend.DeviceInfo;
import dev.tandem.cuda.CudaLibraries.Library;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What of CUDA this machine has. It is looked at once, in order, and no further than the first thing that is missing. */
final class CudaMachine {
    /** cuDNN 9 and JCuda's natives are of CUDA 12. */
    private static final int OLDEST_DRIVER = 12_000;

    private static final Path KERNEL_MODULE = Path.of("/proc/driver/nvidia/version");
    private static CudaMachine instance;

    private final Driver driver;
    private final CudaLibraries libraries;
    private final List<DeviceInfo> devices;
    private final String problem;

    private CudaMachine(Driver driver, CudaLibraries libraries, List<DeviceInfo> devices, String problem) {
        this.driver = driver;
        this.libraries = libraries;
        this.devices = devices;
        this.problem = problem;
    }

    /** Never throws. */
    static synchronized CudaMachine get() {
        if (instance == null) {
            instance = look();
        }
        return instance;
    }

    /** Looks anew. */
    static CudaMachine look() {
        if (!System.getProperty("os.name").equals("Linux")
                || !System.getProperty("os.arch").equals("amd64")) {
            return without("JCuda's natives are for Linux on x86-64, this is " + System.getProperty("os.name") + " on "
                    + System.getProperty("os.arch") + "; use --device cpu");
        }
        try {
            Driver driver = Driver.find();
            if (driver == null) {
                return without("no NVIDIA driver was found (libcuda.so.1); install it on a machine with an NVIDIA GPU,"
                        + " or use --device cpu");
            }
            return withDriver(driver);
        } catch (RuntimeException | LinkageError e) {
            return without(nativeAccessHint().orElse("NVIDIA's driver cannot be used (" + e.getMessage() + ")"));
        }
    }

    private static Optional<String> nativeAccessHint() {
        return CudaMachine.class.getModule().isNativeAccessEnabled()
                ? Optional.empty()
                : Optional.of("this Java refuses native calls; start it with --enable-native-access=ALL-UNNAMED");
    }

    private static CudaMachine without(String problem) {
        return new CudaMachine(null, null, List.of(), problem);
    }

    private static CudaMachine withDriver(Driver driver) {
        int status = driver.initialize();
        if (status != 0) {
            return new CudaMachine(driver, null, List.of(), whyNotInitialized(driver, status));
        }
        if (driver.version() < OLDEST_DRIVER) {
            return new CudaMachine(
                    driver,
                    null,
                    List.of(),
                    "the NVIDIA driver" + moduleVersion() + " serves CUDA up to " + release(driver.version())
                            + ", Tandem needs 12.0; install driver 525 or newer");
        }
        int count = driver.deviceCount();
        if (count == 0) {
            return new CudaMachine(driver, null, List.of(), noGpu());
        }
        CudaLibraries libraries = CudaLibraries.load();
        if (!libraries.areUsable()) {
            return new CudaMachine(
                    driver, libraries, List.of(), libraries.problem().orElseThrow());
        }
        if (driver.version() < 1000 * libraries.release()) {
            return new CudaMachine(
                    driver,
                    libraries,
                    List.of(),
                    "the NVIDIA driver" + moduleVersion() + " serves CUDA up to " + release(driver.version())
                            + ", the libraries that were found are of CUDA " + libraries.release() + " ("
                            + libraries.get(Library.CUBLAS).orElseThrow().path()
                            + "); install a newer driver, or an older CUDA");
        }
        List<DeviceInfo> devices = new ArrayList<>();
        for (int index = 0; index < count; index++) {
            devices.add(describe(driver, index));
        }
        return new CudaMachine(driver, libraries, List.copyOf(devices), null);
    }

    private static String noGpu() {
        return "the NVIDIA driver" + moduleVersion()
                + " sees no GPU; check nvidia-smi, CUDA_VISIBLE_DEVICES, and in a container --gpus all";
    }

    private static String whyNotInitialized(Driver driver, int status) {
        String words = driver.describe(status);
        return switch (status) {
            case 34 ->
                "the libcuda.so.1 that was found is CUDA's stub for linking programs, not NVIDIA's driver; take its folder"
                        + " out of LD_LIBRARY_PATH, or install the driver";
            case 100 -> noGpu();
            case 802 ->
                "the GPUs are not ready: " + words + "; machines whose GPUs are joined by NVSwitch need NVIDIA's fabric"
                        + " manager (systemctl start nvidia-fabricmanager)";
            case 803, 804 ->
                "the NVIDIA driver's library and kernel module do not fit together: " + words
                        + "; restart the machine after a driver update, or remove the compat library";
            case 805, 806, 807, 808, 809 ->
                "the NVIDIA driver is shared through MPS, which does not answer: " + words
                        + "; start nvidia-cuda-mps-control anew, or stop it and unset CUDA_MPS_PIPE_DIRECTORY";
            default -> "the NVIDIA driver does not start: " + words + "; check nvidia-smi, and restart the machine";
        };
    }

    private static DeviceInfo describe(Driver driver, int index) {
        Map<String, String> details = new LinkedHashMap<>();
        details.put("architecture", "sm_" + driver.architecture(index));
        details.put("multiprocessors", Integer.toString(driver.multiprocessors(index)));
        details.put("driver", "CUDA " + release(driver.version()) + moduleVersion());
        return new DeviceInfo("cuda:" + index, driver.deviceName(index), driver.deviceMemory(index), details);
    }

    /** The version that nvidia-smi shows, with a space before it; empty where the kernel does not tell. */
    static String moduleVersion() {
        try {
            for (String word : Files.readString(KERNEL_MODULE).split("\\s+")) {
                if (word.matches("\\d+\\.\\d+(\\.\\d+)?")) {
                    return " " + word;
                }
            }
        } catch (IOException e) {
            // Only a detail of messages.
        }
        return "";
    }

    /** {@code 12.6} for 12060. */
    static String release(int version) {
        return version / 1000 + "." + version % 1000 / 10;
    }

    List<DeviceInfo> devices() {
        return devices;
    }

    /** Why there are no devices, with how to mend it. */
    Optional<String> problem() {
        return Optional.ofNullable(problem);
    }

    /** Null if there is none. */
    Driver driver() {
        return driver;
    }

    /** Null if nobody looked for them, since there is no GPU. */
    CudaLibraries libraries() {
        return libraries;
    }
}
