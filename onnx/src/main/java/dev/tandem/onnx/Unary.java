package dev.tandem.onnx;

import dev.tandem.backend.UnaryOp;
import java.util.List;

/** Functions of one operand as nodes. Those that opset {@link OnnxModel#OPSET} lacks are composed. */
final class Unary {
    private Unary() {}

    static String write(Graph graph, UnaryOp op, String x, float a, float b) {
        return switch (op) {
            case NEGATE -> graph.add("Neg", x);
            case ABS -> graph.add("Abs", x);
            case SIGN -> graph.add("Sign", x);
            case EXP -> graph.add("Exp", x);
            case LOG -> graph.add("Log", x);
            case SQRT -> graph.add("Sqrt", x);
            case SQUARE -> graph.add("Mul", x, x);
            case RECIPROCAL -> graph.add("Reciprocal", x);
            case SIN -> graph.add("Sin", x);
            case COS -> graph.add("Cos", x);
            case FLOOR -> graph.add("Floor", x);
            case CEIL -> graph.add("Ceil", x);
            case ROUND -> graph.add("Round", x);
            case LINEAR -> linear(graph, x, a, b);
            case POWER -> graph.add("Pow", x, graph.scalar(a));
            case CLAMP, HARD_TANH -> graph.addTo(List.of(x, graph.scalar(a), graph.scalar(b)), "Clip");
            case RELU -> graph.add("Relu", x);
            case LEAKY_RELU -> graph.add("LeakyRelu", x, Attributes.real("alpha", a));
            case ELU -> graph.add("Elu", x, Attributes.real("alpha", a));
            case SIGMOID -> graph.add("Sigmoid", x);
            case TANH -> graph.add("Tanh", x);
            case GELU -> gelu(graph, x);
            case GELU_TANH -> geluTanh(graph, x);
            case SILU -> graph.add("Mul", x, graph.add("Sigmoid", x));
            case HARD_SIGMOID -> graph.add("HardSigmoid", x, Attributes.real("alpha", 1f / 6));
            case HARD_SWISH -> graph.add("HardSwish", x);
        };
    }

    private static String linear(Graph graph, String x, float a, float b) {
        String scaled = a == 1 ? x : graph.add("Mul", x, graph.scalar(a));
        return b == 0 ? scaled : graph.add("Add", scaled, graph.scalar(b));
    }

    /** {@code x/2 · (1 + erf(x/√2))}. */
    private static String gelu(Graph graph, String x) {
        String error = graph.add("Erf", linear(graph, x, (float) Math.sqrt(0.5), 0));
        return graph.add("Mul", linear(graph, x, 0.5f, 0), linear(graph, error, 1, 1));
    }

    /** {@code x/2 · (1 + tanh(√(2/π) · (x + 0.044715·x³)))}. */
    private static String geluTanh(Graph graph, String x) {
        String cube = linear(graph, graph.add("Pow", x, graph.scalar(3)), 0.044715f, 0);
        String inner = linear(graph, graph.add("Add", x, cube), (float) Math.sqrt(2 / Math.PI), 0);
        return graph.add("Mul", linear(graph, x, 0.5f, 0), linear(graph, graph.add("Tanh", inner), 1, 1));
    }
}
