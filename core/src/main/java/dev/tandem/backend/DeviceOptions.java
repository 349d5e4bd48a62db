package dev.tandem.backend;

/**
 * How to open a device.
 *
 * @param threads CPU threads to compute with; 0 takes as many as the environment variable {@code OMP_NUM_THREADS} says or, where
 *     it is not set, every core that the process may use
 * @param memoryLimitBytes the most memory to hold; 0 takes what the device has
 * @param deterministic whether results must repeat bit for bit from run to run with the same number of threads
 * @param traceAllocations whether each storage remembers the code line that asked for it, for leak reports
 */
public record DeviceOptions(int threads, long memoryLimitBytes, boolean deterministic, boolean traceAllocations) {
    public static final DeviceOptions DEFAULT = new DeviceOptions(0, 0, false, false);

    public DeviceOptions {
        if (threads < 0) {
            throw new IllegalArgumentException("threads: " + threads + " given; use 1 or more, or 0 for every core");
        }
        if (memoryLimitBytes < 0) {
            throw new IllegalArgumentException(
                    "memory limit: " + memoryLimitBytes + " bytes given; use 0 for no limit");
        }
    }

    /** CPU threads to compute with, 1 or more. */
    public int threadsOrCores() {
        return threads > 0 ? threads : DefaultThreads.count();
    }

    public DeviceOptions withThreads(int threads) {
        return new DeviceOptions(threads, memoryLimitBytes, deterministic, traceAllocations);
    }

    public DeviceOptions withMemoryLimit(long bytes) {
        return new DeviceOptions(threads, bytes, deterministic, traceAllocations);
    }

    public DeviceOptions withDeterministic(boolean deterministic) {
        return new DeviceOptions(threads, memoryLimitBytes, deterministic, traceAllocations);
    }

    public DeviceOptions withTraceAllocations(boolean traceAllocations) {
        return new DeviceOptions(threads, memoryLimitBytes, deterministic, traceAllocations);
    }
}
