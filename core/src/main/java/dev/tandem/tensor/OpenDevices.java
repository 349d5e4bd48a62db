package dev.tandem.tensor;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Which devices are open, on which threads. */
final class OpenDevices {
    private static final Logger LOG = LoggerFactory.getLogger(Device.class);
    private static final Set<Device> ALL = Collections.synchronizedSet(new LinkedHashSet<>());
    /** In the order of opening; other threads may have closed some. */
    private static final ThreadLocal<List<Device>> OF_THREAD = ThreadLocal.withInitial(ArrayList::new);

    private OpenDevices() {}

    static void add(Device device) {
        OF_THREAD.get().removeIf(Device::isClosed);
        OF_THREAD.get().add(device);
        ALL.add(device);
    }

    static void remove(Device device) {
        OF_THREAD.get().remove(device);
        ALL.remove(device);
    }

    static Device current() {
        List<Device> opened = OF_THREAD.get();
        while (!opened.isEmpty()) {
            Device last = opened.getLast();
            if (!last.isClosed()) {
                return last;
            }
            opened.removeLast();
        }
        throw new IllegalStateException("no device is open on thread '"
                + Thread.currentThread().getName() + "'; " + elsewhere()
                + "open one with Device.open(\"auto\"), or pass a device");
    }

    private static String elsewhere() {
        String others = Set.copyOf(ALL).stream()
                .filter(device -> device.owner().isAlive())
                .map(device -> device + " belongs to thread '" + device.owner().getName() + "'")
                .sorted()
                .collect(Collectors.joining(", "));
        return others.isEmpty() ? "" : others + " and can be used only there; ";
    }

    /** Closes the devices of threads that have ended, which nobody can use any more. */
    static void closeAbandoned() {
        for (Device device : Set.copyOf(ALL)) {
            if (!device.owner().isAlive()) {
                LOG.info(
                        "{} is closed, since thread '{}' has ended that had opened it",
                        device,
                        device.owner().getName());
                try {
                    device.close();
                } catch (RuntimeException e) { // a GPU that is lost, say: no reason not to open another device
                    LOG.warn("{} could not be closed: {}", device, e.getMessage());
                }
            }
        }
    }
}
