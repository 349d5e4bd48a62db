package dev.tandem.nn;

import dev.tandem.io.HostTensor;
import dev.tandem.io.SafeTensors;
import dev.tandem.io.WeightsFile;
import dev.tandem.tensor.Scope;
import dev.tandem.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A network's parameters and buffers in files, under torchvision's names. */
public final class Weights {
    private static final Logger LOG = LoggerFactory.getLogger(Weights.class);

    /** PyTorch counts batches in batch norms; nothing here needs the number. */
    static final String UNUSED = "num_batches_tracked";

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
     * What of a file's tensors is a network's.
     *
     * @param tensors by the network's names, and those that keep the file from fitting by their own
     * @param remarks a line each for people: what else is in the file, and what was put aside
     */
    public record Fit(Map<String, HostTensor> tensors, List<String> remarks) {}

    /**
     * Finds a network's weights in a file, wherever they lie in it: in a dictionary inside of others, behind prefixes such as {@code
     * module.}, under names that the network's parts had {@linkplain Module#formerly formerly}. Of several that fit, one that is no
     * moving average is taken. Tensors that are no layer's, such as the mean of pixels, are left out.
     *
     * @param network initialised
     * @throws dev.tandem.io.BrokenFileException if one of its tensors cannot be read
     */
    public static Fit fit(WeightsFile file, Module network) {
        return new WeightsFit(file, network).find();
    }

    /** How many of a network's parameters a file has, by name and shape. */
    public static int fitting(WeightsFile file, Module network) {
        return new WeightsFit(file, network).fitting();
    }

    /**
     * Overwrites the network's parameters with those in a file of any kind (see {@link WeightsFile} and {@link #fit}).
     *
     * @param strict whether every parameter must be in the file, and nothing else of its dictionary be a layer's
     * @return the file's metadata
     * @throws WeightsMismatchException if they do not fit, with everything that is missing, unexpected or of another shape; the
     *     network is then as it was
     */
    public static Map<String, String> load(Module network, Path file, boolean strict) {
        WeightsFile contents = WeightsFile.read(file);
        Fit fit = fit(contents, network);
        fit.remarks().forEach(remark -> LOG.info("{}: {}", file, remark));
        load(file.toString(), fit.tensors(), network, strict);
        return contents.metadata();
    }

    /** As above, from tensors in memory, under exactly the network's names. */
    public static void load(String source, Map<String, HostTensor> tensors, Module network, boolean strict) {
        Map<String, Parameter> parameters = network.parameters();
        Differences differences = new Differences(parameters, tensors);
        if (!strict) {
            differences.missing.clear();
            differences.unexpected.clear();
            if (tensors.keySet().stream().noneMatch(parameters::containsKey)) {
                throw new IllegalArgumentException(
                        source + ": these weights do not fit the network: none of its names is"
                                + " the network's; it has " + some(tensors) + ", the network " + some(parameters));
            }
        }
        differences.refuse(source);
        overwrite(parameters, tensors);
    }

    /**
     * As strict {@link #load}, but for some parameters, such as a head for other classes: where the file's do not fit, they
     * keep the values that they have.
     *
     * @param replaceable by full name
     * @return what the file has for them and was left out, with shapes; empty if they fitted
     */
    public static List<String> loadAllBut(
            Predicate<String> replaceable, String source, Map<String, HostTensor> tensors, Module network) {
        Map<String, Parameter> parameters = network.parameters();
        Map<String, HostTensor> wanted = new LinkedHashMap<>(tensors);
        boolean fits = parameters.entrySet().stream()
                .filter(entry -> replaceable.test(entry.getKey()))
                .allMatch(entry -> tensors.containsKey(entry.getKey())
                        && tensors.get(entry.getKey())
                                .shape()
                                .equals(entry.getValue().shape()));
        if (fits) {
            load(source, tensors, network, true);
            return List.of();
        }
        wanted.keySet().removeIf(replaceable);
        Differences differences = new Differences(parameters, wanted);
        differences.missing.removeIf(replaceable);
        differences.refuse(source);
        overwrite(parameters, wanted);
        return tensors.entrySet().stream()
                .filter(entry -> replaceable.test(entry.getKey()))
                .map(entry -> entry.getKey() + " " + entry.getValue().shape())
                .toList();
    }

    /** What keeps tensors from being a network's, by name. */
    private static final class Differences {
        final List<String> missing = new ArrayList<>();
        final List<String> unexpected = new ArrayList<>();
        final List<String> misshaped = new ArrayList<>();
        private final Map<String, Parameter> parameters;
        private final Map<String, HostTensor> tensors;

        Differences(Map<String, Parameter> parameters, Map<String, HostTensor> tensors) {
            this.parameters = parameters;
            this.tensors = tensors;
            parameters.forEach((name, parameter) -> {
                HostTensor tensor = tensors.get(name);
                if (tensor == null) {
                    missing.add(name);
                } else if (!tensor.shape().equals(parameter.shape())
                        || !tensor.dtype().isFloating()) {
                    misshaped.add(name);
                }
            });
            tensors.keySet().stream()
                    .filter(name -> !parameters.containsKey(name) && !name.endsWith(UNUSED))
                    .forEach(unexpected::add);
        }

        void refuse(String source) {
            if (missing.isEmpty() && unexpected.isEmpty() && misshaped.isEmpty()) {
                return;
            }
            int fitting = parameters.size() - missing.size() - misshaped.size();
            throw new WeightsMismatchException(
                    source + ": these weights do not fit the network: " + fitting + " of its " + parameters.size()
                            + " parameters fit",
                    missing.stream()
                            .map(name -> name + " " + parameters.get(name).shape())
                            .toList(),
                    unexpected.stream()
                            .map(name -> name + " " + tensors.get(name).shape())
                            .toList(),
                    misshaped.stream().map(this::describe).toList(),
                    fitting == 0
                            ? "they are another network's; choose the model that they belong to"
                            : "check that the model, its classes and its image size are the same");
        }

        private String describe(String name) {
            HostTensor tensor = tensors.get(name);
            return tensor.dtype().isFloating()
                    ? name + " is " + tensor.shape() + ", the network has "
                            + parameters.get(name).shape()
                    : name + " is " + tensor.dtype() + ", the network has real numbers";
        }
    }

    private static String some(Map<String, ?> named) {
        return named.keySet().stream().limit(3).collect(Collectors.joining(", ", "", ", …"));
    }

    private static void overwrite(Map<String, Parameter> parameters, Map<String, HostTensor> tensors) {
        parameters.forEach((name, parameter) -> {
            HostTensor tensor = tensors.get(name);
            if (tensor != null) {
                overwrite(parameter.value(), tensor);
            }
        });
    }

    private static void overwrite(Tensor target, HostTensor source) {
        try (Scope scope = Scope.open()) {
            target.copyFrom(Tensor.upload(target.device(), source.data(), source.dtype(), source.shape()));
        }
        target.storage().changed("loading weights");
    }
}
