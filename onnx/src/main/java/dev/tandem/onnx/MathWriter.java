package dev.tandem.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import dev.tandem.backend.Activation;
import dev.tandem.backend.BinaryOp;
import dev.tandem.backend.MathOps;
import dev.tandem.backend.ReduceOp;
import dev.tandem.backend.Storage;
import dev.tandem.backend.UnaryOp;
import dev.tandem.tensor.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The operations of {@link MathOps} that ONNX has. Each returns the name of what it gives. */
final class MathWriter {
    private final Graph graph;

    MathWriter(Graph graph) {
        this.graph = graph;
    }

    String unary(UnaryOp op, Storage x, float a, float b) {
        return Unary.write(graph, op, graph.value(x), a, b);
    }

    String binary(BinaryOp op, Storage a, Storage b) {
        String operator =
                switch (op) {
                    case ADD -> "Add";
                    case SUBTRACT -> "Sub";
                    case MULTIPLY -> "Mul";
                    case DIVIDE -> "Div";
                    case MAXIMUM -> "Max";
                    case MINIMUM -> "Min";
                    case POWER -> "Pow";
                    case EQUAL, NOT_EQUAL -> "Equal";
                    case LESS -> "Less";
                    case LESS_EQUAL -> "LessOrEqual";
                    case GREATER -> "Greater";
                    case GREATER_EQUAL -> "GreaterOrEqual";
                };
        String result = graph.add(operator, graph.value(a), graph.value(b));
        if (op == BinaryOp.NOT_EQUAL) {
            result = graph.add("Not", result);
        }
        return op.isComparison() ? graph.add("Cast", result, to(Constants.type(DType.UINT8))) : result;
    }

    String where(Storage condition, Storage a, Storage b) {
        String isSet = graph.add("Cast", graph.value(condition), to(Constants.BOOL));
        return graph.addTo(List.of(isSet, graph.value(a), graph.value(b)), "Where");
    }

    private static AttributeProto to(int type) {
        return Attributes.integer("to", type);
    }

    String reduce(ReduceOp op, Storage x, int... axes) {
        String operator =
                switch (op) {
                    case SUM -> "ReduceSum";
                    case MEAN -> "ReduceMean";
                    case MAX -> "ReduceMax";
                    case MIN -> "ReduceMin";
                };
        String over = graph.integers(Arrays.stream(axes).asLongStream().toArray());
        // Over no axes, ONNX would otherwise take all of them.
        return graph.add(operator, graph.value(x), over, Attributes.integer("noop_with_empty_axes", 1));
    }

    String argmax(Storage x, int axis) {
        return graph.add("ArgMax", graph.value(x), Attributes.integer("axis", axis));
    }

    String matmul(
            Storage a,
            Storage b,
            boolean transposeA,
            boolean transposeB,
            Storage bias,
            Activation activation,
            Storage into) {
        if (into != null) {
            throw graph.refused("a matrix product that overwrites a tensor");
        }
        boolean plain = a.shape().rank() == 2 && b.shape().rank() == 2;
        String product = plain
                ? gemm(a, b, transposeA, transposeB, bias)
                : batched(
                        graph.value(a),
                        graph.value(b),
                        transposeA ? a.shape().rank() : 0,
                        transposeB ? b.shape().rank() : 0,
                        bias);
        return graph.activate(product, activation);
    }

    private String gemm(Storage a, Storage b, boolean transposeA, boolean transposeB, Storage bias) {
        List<String> inputs = new ArrayList<>(List.of(graph.value(a), graph.value(b)));
        if (bias != null) {
            inputs.add(graph.value(bias));
        }
        return graph.addTo(
                inputs,
                "Gemm",
                Attributes.integer("transA", transposeA ? 1 : 0),
                Attributes.integer("transB", transposeB ? 1 : 0));
    }

    /** Ranks of what is to be transposed first, 0 for what is not. */
    private String batched(String a, String b, int transposedA, int transposedB, Storage bias) {
        String left = transposedA == 0 ? a : graph.transposeLast(a, transposedA);
        String right = transposedB == 0 ? b : graph.transposeLast(b, transposedB);
        String product = graph.add("MatMul", left, right);
        return bias == null ? product : graph.add("Add", product, graph.value(bias));
    }
}
