package dev.tandem.inspect;

import dev.tandem.nn.Module;
import dev.tandem.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/** Applies a network while somebody watches its parts. */
final class Watching {
    private Watching() {}

    /**
     * In evaluation mode and with all parameters frozen, so that a backward reaches activations and the input only. Afterwards the
     * network is as before, but for an observer that it had.
     */
    static Tensor apply(Module network, Tensor input, Module.Observer observer) {
        Map<Module, Boolean> training = new LinkedHashMap<>();
        network.visit((name, module) -> training.put(module, module.isTraining()));
        network.setTraining(false);
        network.parameters().values().forEach(parameter -> parameter.value().setRequiresGradient(false));
        network.observe(observer);
        try {
            return network.apply(input);
        } finally {
            network.observe(null);
            network.parameters().values().stream()
                    .filter(parameter -> parameter.isTrainable())
                    .forEach(parameter -> parameter.value().requireGradient());
            training.forEach(Module::setTraining); // a part after the one it is in
        }
    }
}
