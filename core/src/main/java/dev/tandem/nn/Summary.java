package dev.tandem.nn;

import dev.tandem.backend.meta.MetaBackend;
import dev.tandem.tensor.Autograd;
import dev.tandem.tensor.Shape;
import dev.tandem.tensor.Tensor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;

/**
 * What a network's parts give and cost, found by running it on a device without memory: milliseconds for any network, and no
 * weights are allocated. The network is left as it was, initialised or not.
 */
public final class Summary {
    /**
     * One part, as often as it was applied.
     *
     * @param path name in the network; empty for the network itself
     * @param kind its class, {@code Conv2d}
     * @param description its class with settings, {@code Conv2d(3, 64, 11×11, stride 4)}
     * @param output shape of the output
     * @param parameters trained values of its own, without its parts'; 0 when it is applied again
     * @param multiplyAdds of its own, without its parts'
     * @param outputBytes memory of the output; 0 where it is the input's
     * @param isLeaf whether no other part was applied within it
     */
    public record Row(
            String path,
            String kind,
            String description,
            Shape output,
            long parameters,
            long multiplyAdds,
            long outputBytes,
            boolean isLeaf) {}

    private final String network;
    private final Shape input;
    private final List<Row> rows;
    private final long parameters;

    private Summary(String network, Shape input, List<Row> rows, long parameters) {
        this.network = network;
        this.input = input;
        this.rows = List.copyOf(rows);
        this.parameters = parameters;
    }

    /** Of a network in evaluation mode on float32 input of a shape, such as {@code 1, 3, 224, 224}. */
    public static Summary of(Module network, long... inputShape) {
        Recorder recorder = new Recorder();
        onMeta(network, meta -> {
            recorder.meta = meta;
            network.setTraining(false);
            network.observe(recorder);
            try (Autograd.NoGrad off = Autograd.noGrad()) {
                network.apply(Tensor.zeros(inputShape));
            }
        });
        return new Summary(network.toString(), Shape.of(inputShape), recorder.rows, network.parameterCount());
    }

    /**
     * The most memory that a training step holds at once on input of a shape: parameters, gradients, what backward needs. An
     * estimate: devices round sizes up, and some operations want room to work in.
     */
    public static long trainingBytes(Module network, long... inputShape) {
        long[] peak = new long[1];
        onMeta(network, meta -> {
            network.setTraining(true);
            network.observe(null);
            network.flatParameters().gradients();
            List<Tensor> outputs = AuxiliaryHeads.outputs(network, Tensor.zeros(inputShape));
            AuxiliaryHeads.loss(network, outputs, Tensor::sum).backward();
            peak[0] = meta.memory().stats().peakBytes();
        });
        return peak[0];
    }

    private static void onMeta(Module network, Consumer<MetaBackend> use) {
        MetaBackend meta = new MetaBackend();
        Placement.elsewhere(network, meta, device -> use.accept(meta));
    }

    /** Parts in the order in which they are applied, a part before the parts in it. */
    public List<Row> rows() {
        return rows;
    }

    public Shape output() {
        return rows.get(0).output();
    }

    /** Trained values, also of parts that were not applied. */
    public long parameters() {
        return parameters;
    }

    /** Of convolutions, linear layers and attention. */
    public long multiplyAdds() {
        return rows.stream().mapToLong(Row::multiplyAdds).sum();
    }

    /** Memory of all layers' outputs. */
    public long outputBytes() {
        return rows.stream().filter(Row::isLeaf).mapToLong(Row::outputBytes).sum();
    }

    /** A table for people. Parts that only hold other parts are left out. */
    @Override
    public String toString() {
        List<String[]> table = new ArrayList<>();
        table.add(new String[] {"layer", "kind", "output", "parameters", "multiply-adds", "memory"});
        for (Row row : rows) {
            if (row.isLeaf() || row.parameters() > 0 || row.multiplyAdds() > 0) {
                table.add(new String[] {
                    row.path(),
                    row.description(),
                    row.output().toString(),
                    grouped(row.parameters()),
                    grouped(row.multiplyAdds()),
                    memory(row.outputBytes())
                });
            }
        }
        table.add(new String[] {
            "total", "", output().toString(), grouped(parameters), grouped(multiplyAdds()), memory(outputBytes())
        });
        return network + " on " + input + "\n" + aligned(table);
    }

    /** Columns as wide as their widest cell; numbers to the right. */
    private static String aligned(List<String[]> table) {
        StringBuilder text = new StringBuilder();
        for (String[] row : table) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < row.length; i++) {
                int column = i;
                int width = table.stream()
                        .mapToInt(each -> each[column].length())
                        .max()
                        .orElse(0);
                String padding = " ".repeat(width - row[i].length());
                line.append(i < 3 ? row[i] + padding : padding + row[i]).append("  ");
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        return text.toString();
    }

    private static String grouped(long number) {
        return number == 0 ? "" : String.format(Locale.ROOT, "%,d", number);
    }

    private static String memory(long bytes) {
        if (bytes == 0) {
            return "";
        }
        boolean large = bytes >= 1 << 20;
        return String.format(Locale.ROOT, large ? "%.1f MiB" : "%.1f KiB", bytes / (large ? 1048576.0 : 1024.0));
    }

    /** Makes a row of each application, in the order in which they began. */
    private static final class Recorder implements Module.Observer {
        /** A part that is being applied. */
        private static final class Open {
            final int row;
            final long before;
            long ofParts;
            boolean isLeaf = true;

            Open(int row, long before) {
                this.row = row;
                this.before = before;
            }
        }

        private final List<Row> rows = new ArrayList<>();
        private final Deque<Open> open = new ArrayDeque<>();
        private final Set<Parameter> counted = Collections.newSetFromMap(new IdentityHashMap<>());
        private MetaBackend meta;

        @Override
        public void applying(String path, Module module, Tensor input) {
            if (!open.isEmpty()) {
                open.peek().isLeaf = false;
            }
            open.push(new Open(rows.size(), meta.multiplyAdds()));
            rows.add(null);
        }

        @Override
        public void applied(String path, Module module, Tensor input, Tensor output) {
            Open own = open.pop();
            long all = meta.multiplyAdds() - own.before;
            if (!open.isEmpty()) {
                open.peek().ofParts += all;
            }
            rows.set(
                    own.row,
                    new Row(
                            path,
                            module.getClass().getSimpleName(),
                            module.toString(),
                            output.shape(),
                            parametersOf(module),
                            all - own.ofParts,
                            MetaBackend.shareMemory(input, output)
                                    ? 0
                                    : output.elements() * output.dtype().bytes(),
                            own.isLeaf));
        }

        private long parametersOf(Module module) {
            return module.ownParameters().stream()
                    .filter(parameter -> parameter.kind() != Parameter.Kind.BUFFER)
                    .filter(counted::add)
                    .mapToLong(parameter -> parameter.shape().elements())
                    .sum();
        }
    }
}
