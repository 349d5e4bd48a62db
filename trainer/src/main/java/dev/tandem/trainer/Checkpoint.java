package dev.tandem.trainer;

import dev.tandem.io.BrokenFileException;
import dev.tandem.io.HostTensor;
import dev.tandem.io.SafeTensors;
import dev.tandem.nn.Module;
import dev.tandem.nn.Weights;
import dev.tandem.optim.Optimizer;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Scope;
import dev.tandem.tensor.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Everything that a training needs to go on as if it had never stopped: parameters and buffers, optimizer state, random
 * numbers, schedule, the position in the data, the running metrics. A safetensors file; the network's tensors are prefixed
 * {@code model.}, the optimizer's {@code optimizer.}.
 *
 * @param values what is no tensor, by name
 */
record Checkpoint(String file, Map<String, String> values, Map<String, HostTensor> tensors) {
    /** Among the values: the run's {@code config.yaml}, in case that is lost. */
    static final String CONFIG = "config";

    private static final String KIND = "tandem.checkpoint";
    private static final String VERSION = "1";
    private static final String MODEL = "model.";
    private static final String OPTIMIZER = "optimizer.";

    static void write(Path file, Module model, Optimizer optimizer, Map<String, String> values) {
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        Weights.toHost(model).forEach((name, tensor) -> tensors.put(MODEL + name, tensor));
        optimizer.state().forEach((name, tensor) -> tensors.put(OPTIMIZER + name, Weights.toHost(tensor)));
        Map<String, String> metadata = new LinkedHashMap<>(values);
        metadata.put(KIND, VERSION);
        SafeTensors.write(file, tensors, metadata);
    }

    /** @throws BrokenFileException if the file is damaged or no checkpoint */
    static Checkpoint read(Path file) {
        SafeTensors contents = SafeTensors.read(file);
        String version = contents.metadata().get(KIND);
        if (version == null) {
            throw new BrokenFileException(
                    file.toString(), "it holds weights but no checkpoint; start from it with --weights instead");
        }
        if (!version.equals(VERSION)) {
            throw new BrokenFileException(
                    file.toString(), "it is a checkpoint of version " + version + ", this Tandem reads " + VERSION);
        }
        return new Checkpoint(file.toString(), contents.metadata(), contents.tensors());
    }

    /** Puts the state back; refuses a checkpoint of another network or optimizer, saying how it differs. */
    void restore(Module model, Optimizer optimizer, long optimizerSteps) {
        Weights.load(file, withPrefix(tensors, MODEL), model, true);
        Device device = model.flatParameters().device();
        try (Scope scope = Scope.open()) {
            Map<String, Tensor> state = new LinkedHashMap<>();
            withPrefix(tensors, OPTIMIZER)
                    .forEach((name, host) ->
                            state.put(name, Tensor.upload(device, host.data(), host.dtype(), host.shape())));
            optimizer.restore(state, optimizerSteps);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(file + ": " + e.getMessage(), e);
        }
    }

    private static <V> Map<String, V> withPrefix(Map<String, V> all, String prefix) {
        Map<String, V> found = new LinkedHashMap<>();
        all.forEach((name, value) -> {
            if (name.startsWith(prefix)) {
                found.put(name.substring(prefix.length()), value);
            }
        });
        return found;
    }

    Map<String, String> valuesWithPrefix(String prefix) {
        return withPrefix(values, prefix);
    }

    String value(String name) {
        String value = values.get(name);
        if (value == null) {
            throw new BrokenFileException(file, "its metadata has no " + name);
        }
        return value;
    }

    long number(String name) {
        return Long.parseLong(value(name));
    }
}
