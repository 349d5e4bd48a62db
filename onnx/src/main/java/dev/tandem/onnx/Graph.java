package dev.tandem.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.tandem.backend.Activation;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Nodes as they are asked for, and which value each storage stands for. The batch is traced with a size that nothing else
 * has: an axis that is a multiple of it grows with the batch, and no shape in the file may fix it.
 */
final class Graph {
    static final String INPUT = "input";
    static final String OUTPUT = "output";
    private static final String BATCH = "batch";

    private final long batch;
    private final Map<Storage, String> values = new IdentityHashMap<>();
    private final Map<String, TensorProto> constants = new LinkedHashMap<>();
    private final Set<String> taken = new HashSet<>(Set.of(INPUT, OUTPUT));
    private final Deque<String> parts = new ArrayDeque<>();
    private final List<NodeProto> nodes = new ArrayList<>();
    private String batchSize;

    /** @param batch the traced number of images */
    Graph(long batch) {
        this.batch = batch;
    }

    // Values
    // ----------------------------------------------------------------------------------------------------------

    /** Says what a storage holds from now on. */
    void bind(Storage storage, String value) {
        taken.add(value);
        values.put(storage, value);
    }

    String value(Storage storage) {
        String value = values.get(storage);
        if (value == null) {
            throw refused("a tensor " + storage.shape() + " that was made outside the network's forward, and is no"
                    + " parameter; register it as one");
        }
        return value;
    }

    /** A value that the file holds; equal ones are written once. */
    String constant(TensorProto contents) {
        for (Map.Entry<String, TensorProto> earlier : constants.entrySet()) {
            if (earlier.getValue().equals(contents)) {
                return earlier.getKey();
            }
        }
        String name = unique("constant");
        constants.put(name, contents);
        return name;
    }

    String integers(long... values) {
        return constant(Constants.integers(values));
    }

    String scalar(float value) {
        return constant(Constants.scalar(DType.FLOAT32, value));
    }

    // The batch
    // -------------------------------------------------------------------------------------------------------

    boolean growsWithBatch(long size) {
        return size > 0 && size % batch == 0;
    }

    /** Sizes for Reshape: the axis that grows with the batch is left to be found. */
    String reshapeSizes(Shape shape) {
        long[] sizes = shape.toArray();
        int growing = 0;
        for (int axis = 0; axis < sizes.length; axis++) {
            if (growsWithBatch(sizes[axis])) {
                sizes[axis] = -1;
                growing++;
            }
        }
        if (growing > 1) {
            throw refused("a shape with the batch in two axes");
        }
        return integers(sizes);
    }

    /** Sizes for Expand. */
    String expandSizes(long[] sizes) {
        List<String> pieces = new ArrayList<>();
        boolean grows = false;
        for (long size : sizes) {
            if (size == batch) {
                pieces.add(batchSize());
                grows = true;
            } else if (growsWithBatch(size)) {
                throw refused("a repetition to a multiple of the batch");
            } else {
                pieces.add(integers(size));
            }
        }
        return grows ? addTo(pieces, "Concat", Attributes.integer("axis", 0)) : integers(sizes);
    }

    /** The number of images as a tensor {@code [1]}. */
    private String batchSize() {
        if (batchSize == null) {
            batchSize = addTo(List.of(INPUT), "Shape", Attributes.integer("start", 0), Attributes.integer("end", 1));
        }
        return batchSize;
    }

    // Nodes
    // -----------------------------------------------------------------------------------------------------------

    /** What is added from now on belongs to a part of the network. */
    void enter(String part) {
        parts.push(part);
    }

    void leave() {
        parts.pop();
    }

    /** Adds a node with one output. Returns the output's name. */
    String add(String operator, String input, AttributeProto... attributes) {
        return addTo(List.of(input), operator, attributes);
    }

    String add(String operator, String input, String second, AttributeProto... attributes) {
        return addTo(List.of(input, second), operator, attributes);
    }

    String addTo(List<String> inputs, String operator, AttributeProto... attributes) {
        String part = parts.isEmpty() ? "" : parts.peek();
        String name = unique(part.isEmpty() ? operator : part + "/" + operator);
        nodes.add(NodeProto.newBuilder()
                .setName(name)
                .setOpType(operator)
                .addAllInput(inputs)
                .addOutput(name)
                .addAllAttribute(Arrays.asList(attributes))
                .build());
        return name;
    }

    String transpose(String value, int[] order) {
        return add(
                "Transpose",
                value,
                Attributes.integers("perm", Arrays.stream(order).asLongStream().toArray()));
    }

    /** Swaps the last two axes. */
    String transposeLast(String value, int rank) {
        int[] order = IntStream.range(0, rank).toArray();
        order[rank - 2] = rank - 1;
        order[rank - 1] = rank - 2;
        return transpose(value, order);
    }

    /** @param activation or null */
    String activate(String value, Activation activation) {
        return activation == null ? value : Unary.write(this, activation.op(), value, activation.a(), activation.b());
    }

    private String unique(String wanted) {
        String name = wanted;
        for (int i = 2; !taken.add(name); i++) {
            name = wanted + "_" + i;
        }
        return name;
    }

    // Whole
    // -----------------------------------------------------------------------------------------------------------

    /** Everything that an output needs; parameters are named as inputs of nodes but not given. */
    GraphProto toProto(String name, Storage input, Storage output) {
        String result = value(output);
        List<NodeProto> needed = needed(result);
        boolean computed =
                !needed.isEmpty() && needed.get(needed.size() - 1).getOutput(0).equals(result);
        if (computed) {
            NodeProto last = needed.remove(needed.size() - 1);
            needed.add(last.toBuilder().setOutput(0, OUTPUT).build());
        } else {
            needed.add(NodeProto.newBuilder()
                    .setOpType("Identity")
                    .addInput(result)
                    .addOutput(OUTPUT)
                    .build());
        }
        GraphProto.Builder graph = GraphProto.newBuilder()
                .setName(name)
                .addInput(info(INPUT, input))
                .addOutput(info(OUTPUT, output));
        graph.addAllNode(needed);
        Set<String> used = new HashSet<>();
        needed.forEach(node -> used.addAll(node.getInputList()));
        constants.forEach((constant, contents) -> {
            if (used.contains(constant)) {
                graph.addInitializer(contents.toBuilder().setName(constant));
            }
        });
        return graph.build();
    }

    /** The nodes that a value comes from, in order. */
    private List<NodeProto> needed(String result) {
        Set<String> wanted = new HashSet<>(Set.of(result));
        List<NodeProto> needed = new ArrayList<>();
        for (NodeProto node : nodes.reversed()) {
            if (wanted.contains(node.getOutput(0))) {
                wanted.addAll(node.getInputList());
                needed.add(0, node);
            }
        }
        return needed;
    }

    private ValueInfoProto info(String name, Storage storage) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        for (long size : storage.shape().toArray()) {
            TensorShapeProto.Dimension.Builder dimension = shape.addDimBuilder();
            if (size == batch) {
                dimension.setDimParam(BATCH);
            } else if (!growsWithBatch(size)) {
                dimension.setDimValue(size);
            }
        }
        TypeProto.Tensor.Builder tensor = TypeProto.Tensor.newBuilder()
                .setElemType(Constants.type(storage.dtype()))
                .setShape(shape);
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder().setTensorType(tensor))
                .build();
    }

    /** @param what has no counterpart */
    UnsupportedOperationException refused(String what) {
        String part = parts.isEmpty() || parts.peek().isEmpty() ? "the network" : parts.peek();
        return new UnsupportedOperationException(
                "ONNX export: " + part + " uses " + what + "; ONNX has no counterpart that Tandem could write");
    }
}
