package dev.tandem.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import com.google.protobuf.CodedOutputStream;
import dev.tandem.io.AtomicFile;
import dev.tandem.io.HostTensor;
import dev.tandem.nn.Module;
import dev.tandem.nn.Parameter;
import dev.tandem.nn.Placement;
import dev.tandem.nn.Weights;
import dev.tandem.tensor.Autograd;
import dev.tandem.tensor.Tensor;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A network in evaluation mode as ONNX (https://onnx.ai): input {@code input [batch, …]}, output {@code output [batch, …]}, for
 * any batch. Parameters keep their names.
 *
 * <pre>{@code
 * OnnxModel.of(network, Map.of(), 3, 224, 224).write(Path.of("network.onnx"));
 * }</pre>
 */
public final class OnnxModel {
    /** Version of ONNX's operators: the oldest in which all that networks here need is said one way. */
    public static final int OPSET = 18;

    private static final int IR_VERSION = 8; // the file format that goes with it
    // Larger than any real size, so that no other axis is a multiple; two, to see whether the batch is in anything
    // else.
    private static final long TRACED_BATCH = 1_000_003;
    private static final long OTHER_BATCH = 999_983;

    private final ModelProto model;
    private final long bytes;
    private final int parameters;

    private OnnxModel(ModelProto model, long bytes, int parameters) {
        this.model = model;
        this.bytes = bytes;
        this.parameters = parameters;
    }

    /**
     * Runs an initialised network's forward on shapes to see what it computes. The network is left as it was; later changes of
     * its weights are not in the model.
     *
     * @param metadata further facts for whoever finds the file
     * @param imageShape of one image, {@code C, H, W}
     * @throws UnsupportedOperationException if ONNX has no counterpart of an operation, or the network does not treat every
     *     batch alike, naming part and operation
     * @throws IllegalArgumentException if the weights are more than protobuf's 2 GB
     */
    public static OnnxModel of(Module network, Map<String, String> metadata, long... imageShape) {
        Map<String, HostTensor> weights = Weights.toHost(network);
        GraphProto graph = trace(network, TRACED_BATCH, imageShape);
        if (!graph.equals(trace(network, OTHER_BATCH, imageShape))) {
            throw new UnsupportedOperationException("ONNX export: " + network
                    + " computes with the number of images in the batch; a file cannot hold for every batch");
        }
        weights.keySet().retainAll(inputs(graph));
        long bytes = weights.values().stream()
                .mapToLong(tensor -> tensor.data().byteSize())
                .sum();
        long others = graph.getSerializedSize() + 1000L * weights.size(); // names and sizes take less
        if (bytes + others > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("ONNX export: " + network + " has " + bytes
                    + " bytes of weights, a protobuf file holds at most 2 GB; write safetensors instead");
        }
        GraphProto.Builder full = graph.toBuilder();
        weights.forEach((name, tensor) -> full.addInitializer(Constants.sharing(name, tensor)));
        ModelProto.Builder model = ModelProto.newBuilder()
                .setIrVersion(IR_VERSION)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(OPSET))
                .setProducerName("Tandem")
                .setGraph(full);
        metadata.forEach((key, value) -> model.addMetadataProps(
                StringStringEntryProto.newBuilder().setKey(key).setValue(value)));
        return new OnnxModel(model.build(), bytes, weights.size());
    }

    private static GraphProto trace(Module network, long batch, long[] imageShape) {
        Graph graph = new Graph(batch);
        RecordingBackend backend = new RecordingBackend(graph);
        long[] inputShape = new long[imageShape.length + 1];
        inputShape[0] = batch;
        System.arraycopy(imageShape, 0, inputShape, 1, imageShape.length);
        List<GraphProto> result = new ArrayList<>();
        Placement.elsewhere(network, backend, device -> {
            network.setTraining(false);
            network.observe(new Parts(graph));
            for (Map.Entry<String, Parameter> parameter : network.parameters().entrySet()) {
                graph.bind(parameter.getValue().value().storage(), parameter.getKey());
            }
            Tensor input = Tensor.zeros(inputShape);
            graph.bind(input.storage(), Graph.INPUT);
            backend.record();
            try (Autograd.NoGrad off = Autograd.noGrad()) {
                Tensor output = network.apply(input);
                result.add(graph.toProto(network.toString(), input.storage(), output.storage()));
            }
        });
        return result.get(0);
    }

    /** Nodes are named after the part that asked for them. */
    private record Parts(Graph graph) implements Module.Observer {
        @Override
        public void applying(String path, Module module, Tensor input) {
            graph.enter(path);
        }

        @Override
        public void applied(String path, Module module, Tensor input, Tensor output) {
            graph.leave();
        }
    }

    private static Set<String> inputs(GraphProto graph) {
        return graph.getNodeList().stream()
                .flatMap(node -> node.getInputList().stream())
                .collect(Collectors.toSet());
    }

    public int nodes() {
        return model.getGraph().getNodeCount();
    }

    /** Number of tensors that are the network's; those that evaluation does not use are left out. */
    public int parameters() {
        return parameters;
    }

    /** Of all parameters. */
    public long parameterBytes() {
        return bytes;
    }

    /**
     * Writes a file in one step: whatever fails, one that had the name stays.
     *
     * @throws UncheckedIOException if it cannot be written, naming it and the reason
     */
    public void write(Path file) {
        AtomicFile.write(file, channel -> {
            CodedOutputStream output = CodedOutputStream.newInstance(Channels.newOutputStream(channel), 1 << 16);
            model.writeTo(output);
            output.flush();
        });
    }
}
