package dev.tandem.nn;

import dev.tandem.io.HostTensor;
import dev.tandem.io.SafeTensors;
import dev.tandem.tensor.Scope;
import dev.tandem.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** A network's parameters and buffers in safetensors files, under torchvision's names. */
public final class Weights {
    /** PyTorch counts batches in batch norms; nothing here needs the number. */
    private static final String UNUSED = "num_batches_tracked";

    private Weights() {}

    /** Copies every parameter and buffer to the host, by full name. */
    public static Map<String, HostTensor> toHost(Module network) {
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        network.parameters().forEach((name, parameter) -> tensors.put(name, toHost(parameter.value())));
        return tensors;
    }

    public static HostTensor toHost(Tensor tensor) {
        HostTensor host = HostTensor.allocate(tensor.dtype(), tensor.shape());
        tensor.read(host.data());
        return host;
    }

    /** Writes a file in one step: whatever fails, one that had the name stays. */
    public static void save(Module network, Path file, Map<String, String> metadata) {
        SafeTensors.write(file, toHost(network), metadata);
    }

    /**
     * Overwrites the network's parameters with a file's.
     *
     * @param strict whether every parameter must be in the file and nothing else
     * @return the file's metadata
     * @throws IllegalArgumentException if they do not fit, listing everything that is missing, unexpected or of another shape;
     *     the network is then as it was
     */
    public static Map<String, String> load(Module network, Path file, boolean strict) {
        SafeTensors contents = SafeTensors.read(file);
        load(file.toString(), contents.tensors(), network, strict);
        return contents.metadata();
    }

    /** As above, from tensors in memory. */
    public static void load(String source, Map<String, HostTensor> tensors, Module network, boolean strict) {
        Map<String, Parameter> parameters = network.parameters();
        List<String> problems = new ArrayList<>();
        parameters.forEach((name, parameter) -> {
            HostTensor tensor = tensors.get(name);
            if (tensor == null && strict) {
                problems.add(name + " " + parameter.shape() + " is missing");
            } else if (tensor != null && !tensor.shape().equals(parameter.shape())) {
                problems.add(name + " is " + tensor.shape() + ", the network has " + parameter.shape());
            } else if (tensor != null && !tensor.dtype().isFloating()) {
                problems.add(name + " is " + tensor.dtype() + ", the network has real numbers");
            }
        });
        tensors.keySet().stream()
                .filter(name -> strict && !parameters.containsKey(name) && !name.endsWith(UNUSED))
                .forEach(name -> problems.add(name + " is not expected"));
        if (!strict && tensors.keySet().stream().noneMatch(parameters::containsKey)) {
            problems.add("none of its names is the network's; it has " + some(tensors) + ", the network "
                    + some(parameters));
        }
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException(
                    source + ": these weights do not fit the network (" + problems.size() + " differences): "
                            + String.join("; ", problems) + "; check that the model and its classes are the same");
        }
        parameters.forEach((name, parameter) -> {
            HostTensor tensor = tensors.get(name);
            if (tensor != null) {
                overwrite(parameter.value(), tensor);
            }
        });
    }

    private static String some(Map<String, ?> named) {
        return named.keySet().stream().limit(3).collect(Collectors.joining(", ", "", ", …"));
    }

    private static void overwrite(Tensor target, HostTensor source) {
        try (Scope scope = Scope.open()) {
            target.copyFrom(Tensor.upload(target.device(), source.data(), source.dtype(), source.shape()));
        }
    }
}
