package dev.tandem.backend;

import java.util.List;
import java.util.Optional;

/** Where {@code ServiceLoader} finds a backend. Asking it anything must not load what may be missing. */
public interface BackendProvider {
    /** The kind of device in device names: {@code cpu}, {@code cuda}. */
    String kind();

    /** Higher is tried first by {@code auto}. The CPU has 0. */
    int priority();

    /** The devices that could be opened now; empty where there are none. */
    List<DeviceInfo> devices();

    /** Why {@link #devices} is empty, in one line that says how to mend it; empty where there are devices. */
    Optional<String> whyUnavailable();

    /** What it needs on this machine and whether that is there. May load libraries; never throws. */
    default List<Finding> examine() {
        return List.of();
    }

    /** Opens a device for the calling thread, its owner from now on. */
    Backend open(int index, DeviceOptions options);
}
