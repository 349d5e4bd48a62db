package dev.tandem.models.parity;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.tandem.io.BrokenFileException;
import dev.tandem.io.HostTensor;
import dev.tandem.io.SafeTensors;
import dev.tandem.models.ModelEntry;
import dev.tandem.models.ModelOptions;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * One training case as torchvision computed it: start values, a batch, and all that comes of it after one backward and after a few
 * steps of SGD. A safetensors file with the format {@code parity-1}, full or compact.
 */
public final class Trace {
    private static final String FORMAT = "parity-1";
    private static final String SAMPLE = "#sample";
    private static final String STATISTICS = "#stats";
    private static final String STATE = "state.";
    private static final String ROUNDING = ".max_rel";
    /** Ten times as much, a fifth of a tensor's largest magnitude, would let almost anything pass. */
    private static final double MOST_ROUNDING = 0.02;

    private static final String COUNTER = "num_batches_tracked"; // PyTorch's, not used here

    private final Path file;
    private final Map<String, String> metadata;
    private final Map<String, String> arguments;
    private final Map<String, String> rounding;
    private final Map<String, HostTensor> tensors;

    private Trace(Path file, SafeTensors contents) {
        this.file = file;
        this.metadata = contents.metadata();
        this.tensors = contents.tensors();
        this.arguments = flat("args");
        this.rounding = metadata.containsKey("ref64") ? flat("ref64") : Map.of();
    }

    /**
     * @throws BrokenFileException if the file is damaged or no trace
     * @throws IllegalArgumentException if PyTorch's float32 is so far from its float64 that the trace proves nothing
     */
    public static Trace read(Path file) {
        SafeTensors contents = SafeTensors.read(file);
        String format = contents.metadata().get("format");
        if (!FORMAT.equals(format)) {
            throw new BrokenFileException(
                    file,
                    "it is no trace of a training case: its metadata has the format " + format + ", not " + FORMAT);
        }
        Trace trace = new Trace(file, contents);
        trace.requireLittleRounding();
        return trace;
    }

    private void requireLittleRounding() {
        for (String name : rounding.keySet()) {
            if (name.endsWith(ROUNDING) && !(parse("ref64 " + name, rounding.get(name)) <= MOST_ROUNDING)) {
                throw new IllegalArgumentException(file + ": PyTorch's own float32 differs from its float64 by "
                        + rounding.get(name) + " in " + name.substring(0, name.length() - ROUNDING.length())
                        + " (ref64), of which " + MOST_ROUNDING + " is the most that still proves something; record a"
                        + " case with less rounding, such as a larger batch or fewer steps");
            }
        }
    }

    public Path file() {
        return file;
    }

    /** The network's name. */
    public String model() {
        return text(metadata, "model");
    }

    /** What the network was built for; {@code --vit patch=8,…} are settings of that name. */
    ModelOptions options(ModelEntry entry) {
        ModelOptions options = entry.defaults()
                .withClasses(argument("classes"))
                .withChannels(argument("channels"))
                .withImageSize(argument("size"));
        if (entry.defaults().settings().containsKey("aux")) {
            options = options.with("aux", arguments.getOrDefault("aux", "false"));
        }
        for (String setting : arguments.getOrDefault("vit", "").split(",")) {
            String[] parts = setting.split("=", 2);
            if (parts.length == 2 && entry.name().equals("vit_custom")) {
                options = options.with(parts[0], parts[1]);
            }
        }
        return options;
    }

    int steps() {
        return (int) number(metadata, "steps");
    }

    float learningRate() {
        return (float) number(metadata, "lr");
    }

    float momentum() {
        return (float) number(metadata, "momentum");
    }

    float weightDecay() {
        return (float) number(metadata, "weight_decay");
    }

    /** How far PyTorch's own float32 is from its float64 in a group, relative to a tensor's largest magnitude; NaN if untold. */
    double rounding(String group) {
        String value = rounding.get(group + ROUNDING);
        return value == null ? Double.NaN : parse("ref64 " + group, value);
    }

    /** The start values of all parameters and buffers. */
    Map<String, HostTensor> state(Map<String, Shape> shapes) {
        Map<String, HostTensor> state = new LinkedHashMap<>();
        if (isCompact()) {
            PortableValues values = new PortableValues(argument("seed"), shapes.keySet());
            shapes.forEach((name, shape) -> state.put(name, values.state(name, shape)));
        } else {
            names(STATE).forEach(name -> state.put(name, tensors.get(STATE + name)));
        }
        return state;
    }

    HostTensor input() {
        int size = argument("size");
        return isCompact()
                ? new PortableValues(argument("seed"), Set.of())
                        .input(Shape.of(argument("batch"), argument("channels"), size, size))
                : tensor("input");
    }

    HostTensor labels() {
        return tensor("labels");
    }

    private boolean isCompact() {
        return "compact".equals(arguments.get("store"));
    }

    /** Names behind a prefix, PyTorch's counters left out. */
    Set<String> names(String prefix) {
        Set<String> names = new LinkedHashSet<>();
        for (String name : tensors.keySet()) {
            if (name.startsWith(prefix) && !name.endsWith(COUNTER) && !name.endsWith(STATISTICS)) {
                String whole = name.endsWith(SAMPLE) ? name.substring(0, name.length() - SAMPLE.length()) : name;
                names.add(whole.substring(prefix.length()));
            }
        }
        return names;
    }

    boolean has(String name) {
        return tensors.containsKey(name) || tensors.containsKey(name + SAMPLE);
    }

    Expected expected(String name) {
        if (!tensors.containsKey(name + SAMPLE)) {
            return Expected.of(real(name));
        }
        HostTensor statistics = real(name + STATISTICS);
        if (statistics.shape().elements() != 4 || real(name + SAMPLE).shape().elements() == 0) {
            throw new BrokenFileException(file, "tensor '" + name + "': it has no four statistics or no sample");
        }
        return Expected.of(real(name + SAMPLE), statistics);
    }

    private HostTensor real(String name) {
        HostTensor tensor = tensor(name);
        if (tensor.dtype() != DType.FLOAT32) {
            throw new BrokenFileException(file, "tensor '" + name + "' is " + tensor.dtype() + ", not FLOAT32");
        }
        return tensor;
    }

    private HostTensor tensor(String name) {
        HostTensor tensor = tensors.get(name);
        if (tensor == null) {
            throw new BrokenFileException(file, "the trace has no tensor '" + name + "'");
        }
        return tensor;
    }

    // Metadata
    // ---------------------------------------------------------------------------------------------------------

    private int argument(String name) {
        return (int) number(arguments, name);
    }

    private double number(Map<String, String> from, String name) {
        return parse(name, text(from, name));
    }

    private double parse(String name, String value) {
        try {
            return Double.parseDouble(value);
        } catch (NumberFormatException e) {
            throw new BrokenFileException(file, "its metadata's " + name + " is " + value + ", not a number");
        }
    }

    private String text(Map<String, String> from, String name) {
        String value = from.get(name);
        if (value == null) {
            throw new BrokenFileException(file, "its metadata has no " + name);
        }
        return value;
    }

    /** The values of a JSON object in the metadata, those of objects in it as {@code outer.inner}. */
    private Map<String, String> flat(String key) {
        Map<String, String> values = new LinkedHashMap<>();
        try (JsonParser parser = new JsonFactory().createParser(text(metadata, key))) {
            String outer = "";
            int depth = 0;
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (token == JsonToken.START_OBJECT && depth++ == 1) {
                    outer = parser.currentName() + ".";
                } else if (token == JsonToken.END_OBJECT && --depth == 1) {
                    outer = "";
                } else if (token.isScalarValue() && parser.currentName() != null) {
                    values.put(outer + parser.currentName(), parser.getText());
                }
            }
        } catch (IOException e) {
            throw new BrokenFileException(
                    file.toString(), "its metadata's " + key + " is no JSON object: " + e.getMessage(), e);
        }
        return values;
    }
}
