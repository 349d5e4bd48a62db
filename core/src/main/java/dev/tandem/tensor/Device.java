package dev.tandem.tensor;

import dev.tandem.backend.Backend;
import dev.tandem.backend.BackendProvider;
import dev.tandem.backend.DeviceInfo;
import dev.tandem.backend.DeviceOptions;
import dev.tandem.backend.InputOps;
import dev.tandem.backend.MathOps;
import dev.tandem.backend.MemoryOps;
import dev.tandem.backend.MemoryStats;
import dev.tandem.backend.NeuralOps;
import dev.tandem.backend.OperationKind;
import dev.tandem.backend.OptimizerOps;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A CPU or GPU that tensors live on. It belongs to the thread that opened it; every use from another thread is an error, but
 * for {@link #close}. To compute on several devices at once, give each its thread. A device whose thread has ended is closed
 * when the next one is opened, on whichever thread.
 *
 * <pre>{@code
 * try (Device device = Device.open("auto")) {
 *     Tensor x = Tensor.ones(2, 3);   // on the device that this thread opened last
 * }
 * }</pre>
 */
public final class Device implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Device.class);
    private static final AtomicLong LAST_NUMBER = new AtomicLong();

    private final Backend backend;
    private final int threads;
    private final Ownership ownership;
    private final long number = LAST_NUMBER.incrementAndGet();
    private final Scope scope = Scope.root();
    private Rng random;

    private Device(Backend backend, DeviceOptions options) {
        this.backend = backend;
        this.threads = options.threadsOrCores();
        this.ownership = new Ownership(this, backend);
        OpenDevices.add(this);
    }

    /** {@link #open(String, DeviceOptions)} with default options. */
    public static Device open(String name) {
        return open(name, DeviceOptions.DEFAULT);
    }

    /**
     * Opens a device for this thread and makes it the thread's current one.
     *
     * @param name {@code cpu}, {@code cuda}, {@code cuda:1}, or {@code auto}: the best there is, falling back to the CPU with
     *     a logged line that says why
     * @throws DeviceException if there is no such device, saying why and what to do
     */
    public static Device open(String name, DeviceOptions options) {
        OpenDevices.closeAbandoned();
        if (name.equals("auto")) {
            return openBest(options);
        }
        BackendProvider provider = provider(name);
        return new Device(provider.open(index(name, provider), options), options);
    }

    /**
     * Whether a device is there, without opening it.
     *
     * @param name as {@link #open(String)} takes it, but for {@code auto}
     * @throws DeviceException if there is no such device, saying why and what to do
     */
    public static void require(String name) {
        index(name, provider(name));
    }

    private static BackendProvider provider(String name) {
        String kind = name.split(":", 2)[0];
        return providers().stream()
                .filter(candidate -> candidate.kind().equals(kind))
                .findFirst()
                .orElseThrow(() -> new DeviceException("device " + name
                        + ": no backend for it is on the class path; there is "
                        + providers().stream().map(BackendProvider::kind).toList() + " and auto"));
    }

    /** Opens a backend that is no service: a test's own, say. */
    public static Device of(Backend backend) {
        OpenDevices.closeAbandoned();
        return new Device(backend, DeviceOptions.DEFAULT);
    }

    private static int index(String name, BackendProvider provider) {
        String[] parts = name.split(":", 2);
        int count = provider.devices().size();
        if (count == 0) {
            throw new DeviceException(
                    "device " + name + ": " + provider.whyUnavailable().orElse("there is none"));
        }
        try {
            int index = parts.length == 1 ? 0 : Integer.parseInt(parts[1]);
            if (index >= 0 && index < count) {
                return index;
            }
        } catch (NumberFormatException e) {
            // The message below says what is expected.
        }
        throw new DeviceException("device " + name + ": expected " + parts[0] + " or " + parts[0] + ":0 to " + parts[0]
                + ":" + (count - 1) + " (" + count + " found)");
    }

    private static Device openBest(DeviceOptions options) {
        List<String> reasons = new ArrayList<>();
        for (BackendProvider provider : providers()) {
            String reason;
            if (provider.devices().isEmpty()) {
                reason = provider.whyUnavailable().orElse("there is none");
            } else {
                try {
                    return new Device(provider.open(0, options), options);
                } catch (DeviceException e) {
                    reason = e.getMessage();
                }
            }
            LOG.info("{} is not used: {}", provider.kind(), reason);
            reasons.add(provider.kind() + ": " + reason);
        }
        throw new DeviceException(
                reasons.isEmpty()
                        ? "no backend is on the class path; add the cpu-backend dependency"
                        : "no device can be used: " + String.join("; ", reasons));
    }

    private static List<BackendProvider> providers() {
        List<BackendProvider> found = new ArrayList<>();
        ServiceLoader.load(BackendProvider.class).forEach(found::add);
        found.sort(Comparator.comparingInt(BackendProvider::priority).reversed());
        return found;
    }

    /** Every device that could be opened now. */
    public static List<DeviceInfo> available() {
        return providers().stream()
                .flatMap(provider -> provider.devices().stream())
                .toList();
    }

    /**
     * The device that this thread opened last, of those that are still open.
     *
     * @throws IllegalStateException if this thread has none, saying which other threads have
     */
    public static Device current() {
        return OpenDevices.current();
    }

    public DeviceInfo info() {
        return backend.info();
    }

    /** What {@code --device} takes, such as {@code cpu} or {@code cuda:0}. */
    public String name() {
        return backend.info().name();
    }

    /** CPU threads that may work for it, on the CPU or beside a GPU: those that it was opened with. */
    public int threads() {
        return threads;
    }

    public MemoryOps memory() {
        return checked().memory();
    }

    public MathOps math() {
        return checked().math();
    }

    public NeuralOps neural() {
        return checked().neural();
    }

    public OptimizerOps optimizer() {
        return checked().optimizer();
    }

    public InputOps input() {
        return checked().input();
    }

    public MemoryStats memoryStats() {
        return checked().memory().stats();
    }

    /** The element types that this device computes an operation in. */
    public Set<DType> types(OperationKind operation) {
        return backend.types(operation);
    }

    /** Waits until everything asked for so far has been done. */
    public void synchronize() {
        checked().synchronize();
    }

    /** This device's random numbers, which dropout and initialisers draw from; seeded with 0 until {@link #seed}. */
    public Rng random() {
        if (random == null) {
            random = new Rng(this, 0);
        }
        return random;
    }

    /** Starts this device's random numbers anew. */
    public void seed(long seed) {
        random().restore(seed, 0);
    }

    private Backend checked() {
        ownership.check();
        return backend;
    }

    void checkHolder() {
        ownership.checkHolder();
    }

    boolean isClosed() {
        return ownership.isClosed();
    }

    Thread owner() {
        return ownership.owner();
    }

    /** For messages: what is where, and what to do about it. */
    public static String apart(String one, Device a, String other, Device b) {
        String mend = a.isClosed() || b.isClosed()
                ? "what a closed device held is gone"
                : a.owner() == b.owner()
                        ? "move one with to(device)"
                        : "tensors of two threads cannot meet: carry their values over with toFloatArray() and Tensor.of";
        return one + " is on " + a.nameBeside(b) + ", " + other + " on " + b.nameBeside(a) + "; " + mend;
    }

    /** The name and, if the other device has the same, what tells the two apart. */
    private String nameBeside(Device other) {
        if (isClosed()) {
            return name() + " (closed)";
        }
        if (!name().equals(other.name())) {
            return name();
        }
        String order = number < other.number ? "opened first" : "opened later";
        if (owner() == other.owner()) {
            return name() + " (" + order + ")";
        }
        boolean oneName = owner().getName().equals(other.owner().getName());
        return name() + " (of thread '" + owner().getName() + "'" + (oneName ? ", " + order : "") + ")";
    }

    /** Where tensors live that must outlast every scope, such as parameters. */
    Scope scope() {
        return scope;
    }

    /**
     * Releases every tensor that outlived its scope, and the device. Also from another thread, as in a shutdown hook: if the
     * owner is computing, after the operation that is under way; what it asks for next finds the device closed.
     *
     * @throws IllegalStateException from another thread, if the owner's operation does not end within some seconds; the device
     *     then stays open
     */
    @Override
    public void close() {
        ownership.close(() -> {
            OpenDevices.remove(this);
            try {
                scope.releaseAll();
            } finally {
                backend.close();
            }
        });
    }

    @Override
    public String toString() {
        return name();
    }
}
