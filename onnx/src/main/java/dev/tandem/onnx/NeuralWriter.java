package dev.tandem.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import dev.tandem.backend.Activation;
import dev.tandem.backend.NeuralOps;
import dev.tandem.backend.PoolKind;
import dev.tandem.backend.Storage;
import dev.tandem.backend.Window;
import java.util.ArrayList;
import java.util.List;

/** The operations of {@link NeuralOps} that ONNX has. Each returns the name of what it gives. */
final class NeuralWriter {
    private final Graph graph;

    NeuralWriter(Graph graph) {
        this.graph = graph;
    }

    String convolution(Storage x, Storage weight, Storage bias, Window window, int groups, Activation activation) {
        List<String> inputs = new ArrayList<>(List.of(graph.value(x), graph.value(weight)));
        if (bias != null) {
            inputs.add(graph.value(bias));
        }
        List<AttributeProto> attributes = attributes(window);
        attributes.add(dilations(window));
        attributes.add(Attributes.integer("group", groups));
        return graph.activate(graph.addTo(inputs, "Conv", attributes.toArray(AttributeProto[]::new)), activation);
    }

    String pool(PoolKind kind, Storage x, Window window, boolean training) {
        boolean isMaximum = kind == PoolKind.MAX || kind == PoolKind.RECTIFIED_MAX;
        if (kind == PoolKind.MEDIAN) {
            throw graph.refused("median pooling");
        }
        if (!isMaximum && (window.dilationHeight() != 1 || window.dilationWidth() != 1)) {
            throw graph.refused("dilated average pooling");
        }
        List<AttributeProto> attributes = attributes(window);
        attributes.add(
                isMaximum
                        ? dilations(window)
                        : Attributes.integer("count_include_pad", kind == PoolKind.AVERAGE_WITH_PADDING ? 1 : 0));
        String operator = isMaximum ? "MaxPool" : "AveragePool";
        String input =
                kind == PoolKind.RECTIFIED_MAX ? graph.activate(graph.value(x), Activation.RELU) : graph.value(x);
        return graph.add(operator, input, attributes.toArray(AttributeProto[]::new));
    }

    private static List<AttributeProto> attributes(Window window) {
        List<AttributeProto> attributes = new ArrayList<>();
        attributes.add(Attributes.integers("kernel_shape", window.kernelHeight(), window.kernelWidth()));
        attributes.add(Attributes.integers("strides", window.strideHeight(), window.strideWidth()));
        attributes.add(
                Attributes.integers("pads", window.padTop(), window.padLeft(), window.padBottom(), window.padRight()));
        return attributes;
    }

    private static AttributeProto dilations(Window window) {
        return Attributes.integers("dilations", window.dilationHeight(), window.dilationWidth());
    }

    String batchNormInference(
            Storage x,
            Storage residual,
            Storage scale,
            Storage shift,
            Storage mean,
            Storage variance,
            float epsilon,
            Activation activation) {
        List<String> inputs = List.of(
                graph.value(x), graph.value(scale), graph.value(shift), graph.value(mean), graph.value(variance));
        String normalized = graph.addTo(inputs, "BatchNormalization", Attributes.real("epsilon", epsilon));
        String sum = residual == null ? normalized : graph.add("Add", normalized, graph.value(residual));
        return graph.activate(sum, activation);
    }

    String layerNorm(Storage x, Storage scale, Storage shift, float epsilon) {
        return graph.addTo(
                List.of(graph.value(x), graph.value(scale), graph.value(shift)),
                "LayerNormalization",
                Attributes.real("epsilon", epsilon));
    }

    /** Of an even number of channels, ONNX takes one more ahead where Tandem takes it from behind. */
    String localResponseNorm(Storage x, int size, float alpha, float beta, float k, boolean training) {
        if (size % 2 == 0) {
            throw graph.refused("local response norm over an even number of channels (" + size + ")");
        }
        return graph.add(
                "LRN",
                graph.value(x),
                Attributes.integer("size", size),
                Attributes.real("alpha", alpha),
                Attributes.real("beta", beta),
                Attributes.real("bias", k));
    }

    String softmax(Storage x, int axis, boolean logarithm) {
        return graph.add(logarithm ? "LogSoftmax" : "Softmax", graph.value(x), Attributes.integer("axis", axis));
    }

    String attention(Storage query, Storage key, Storage value, float scale, boolean training) {
        String scaled = graph.add("Mul", graph.value(query), graph.scalar(scale));
        String scores = graph.add("MatMul", scaled, graph.transposeLast(graph.value(key), 4));
        String weights = graph.add("Softmax", scores, Attributes.integer("axis", 3));
        return graph.add("MatMul", weights, graph.value(value));
    }
}
