package dev.tandem.nn;

import dev.tandem.backend.Backend;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Scope;
import dev.tandem.tensor.Tensor;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Where a network's values lie, put aside while it runs elsewhere. */
public final class Placement {
    private record Value(Parameter parameter, String path, Tensor tensor) {}

    private final Map<Module, Module.Status> modules = new IdentityHashMap<>();
    private final List<Value> values = new ArrayList<>();

    private Placement() {}

    /**
     * Initialises a network on a device of another backend, for a while; then puts it back as it was, initialised or not, with
     * its mode and observer. The device is the thread's current one meanwhile.
     */
    public static void elsewhere(Module network, Backend backend, Consumer<Device> use) {
        Placement before = takeOut(network);
        try (Device device = Device.of(backend);
                Scope scope = Scope.open()) {
            network.initialize(device, 0);
            use.accept(device);
        } finally {
            before.putBack();
        }
    }

    /** Afterwards the network is as if it had never been initialised. */
    private static Placement takeOut(Module network) {
        Placement placement = new Placement();
        network.visit((name, module) -> {
            Module.Status status = module.status();
            placement.modules.put(module, status);
            module.setStatus(new Module.Status("", status.training(), null, null, null));
        });
        network.parameters().values().stream().distinct().forEach(parameter -> {
            Tensor value = parameter.isInitialized() ? parameter.value() : null;
            placement.values.add(new Value(parameter, parameter.path(), value));
            parameter.replace(parameter.path(), null);
        });
        return placement;
    }

    private void putBack() {
        modules.forEach(Module::setStatus);
        values.forEach(value -> value.parameter().replace(value.path(), value.tensor()));
    }
}
