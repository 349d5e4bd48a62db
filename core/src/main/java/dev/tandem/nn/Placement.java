package dev.tandem.nn;

import dev.tandem.tensor.Tensor;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/** Where a network's values lie, put aside while it runs elsewhere: see {@link Summary}. */
final class Placement {
    private record Value(Parameter parameter, String path, Tensor tensor) {}

    private final Map<Module, Module.Status> modules = new IdentityHashMap<>();
    private final List<Value> values = new ArrayList<>();

    /** Afterwards the network is as if it had never been initialised. */
    static Placement takeOut(Module network) {
        Placement placement = new Placement();
        network.visit((name, module) -> {
            Module.Status status = module.status();
            placement.modules.put(module, status);
            module.setStatus(new Module.Status("", status.training(), null, null));
        });
        network.parameters().values().stream().distinct().forEach(parameter -> {
            Tensor value = parameter.isInitialized() ? parameter.value() : null;
            placement.values.add(new Value(parameter, parameter.path(), value));
            parameter.replace(parameter.path(), null);
        });
        return placement;
    }

    void putBack() {
        modules.forEach(Module::setStatus);
        values.forEach(value -> value.parameter().replace(value.path(), value.tensor()));
    }
}
