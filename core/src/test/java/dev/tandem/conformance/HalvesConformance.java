package dev.tandem.conformance;

import dev.tandem.backend.OperationKind;
import dev.tandem.backend.PoolKind;
import dev.tandem.backend.Storage;
import dev.tandem.backend.Window;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Neural operations on bfloat16 and float16, as the backend declares them. */
class HalvesConformance extends Kit {
    private record Case(OperationKind kind, String name, DType dtype, Operation operation, Values[] inputs) {
        @Override
        public String toString() {
            return name + " of " + dtype;
        }
    }

    static List<Case> cases() {
        List<Case> all = new ArrayList<>();
        Draw draw = new Draw(1);
        Values image = draw.normal(2, 17, 4, 5);
        Values rows = draw.normal(5, 24);
        Values channels = draw.uniform(0.5, 2, 17).plain();
        Values columns = draw.uniform(0.5, 2, 24).plain();
        Values heads = draw.normal(2, 3, 4, 5);
        Window window = Window.square(3, 2, 1);
        for (PoolKind kind : PoolKind.values()) {
            add(
                    all,
                    OperationKind.POOL,
                    "pool " + kind,
                    (on, in) -> output(on.neural().pool(kind, in[0], window, true)),
                    image);
        }
        add(
                all,
                OperationKind.BATCH_NORM,
                "batchNorm",
                (on, in) -> output(on.neural().batchNorm(in[0], null, in[1], in[1], null, null, 0.1f, 1e-5f, null)),
                image,
                channels);
        add(
                all,
                OperationKind.BATCH_NORM,
                "batchNormInference",
                (on, in) -> on.neural().batchNormInference(in[0], null, in[1], in[1], in[1], in[1], 1e-5f, null),
                image,
                channels);
        add(
                all,
                OperationKind.LAYER_NORM,
                "layerNorm",
                (on, in) -> output(on.neural().layerNorm(in[0], in[1], in[1], 1e-5f)),
                rows,
                columns);
        add(
                all,
                OperationKind.LOCAL_RESPONSE_NORM,
                "localResponseNorm",
                (on, in) -> output(on.neural().localResponseNorm(in[0], 5, 1, 0.75f, 1, true)),
                image);
        add(all, OperationKind.SOFTMAX, "softmax", (on, in) -> on.neural().softmax(in[0], 1, false), rows);
        add(
                all,
                OperationKind.SOFTMAX,
                "softmax of images",
                (on, in) -> on.neural().softmax(in[0], 1, true),
                image);
        add(
                all,
                OperationKind.DROPOUT,
                "dropout",
                (on, in) -> {
                    Storage state = on.memory().copy(in[1]);
                    try {
                        return output(on.neural().dropout(in[0], 0.5f, state));
                    } finally {
                        state.release();
                    }
                },
                rows,
                Values.seed(1, 0));
        add(
                all,
                OperationKind.CROSS_ENTROPY,
                "crossEntropy",
                (on, in) -> output(on.neural().crossEntropy(in[0], in[1], 0)),
                rows,
                Values.integers(DType.INT64, Shape.of(5), 0, 23, 7, 1, 2));
        add(
                all,
                OperationKind.ATTENTION,
                "attention",
                (on, in) -> output(on.neural().attention(in[0], in[0], in[0], 0.4f, true)),
                heads);
        return all;
    }

    private static void add(List<Case> all, OperationKind kind, String name, Operation operation, Values... inputs) {
        for (DType dtype : new DType[] {DType.BFLOAT16, DType.FLOAT16}) {
            Values[] halves = inputs.clone();
            halves[0] = inputs[0].as(dtype);
            all.add(new Case(kind, name, dtype, operation, halves));
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void areAsDeclared(Case c) {
        if (!declaredHalves(c.kind).contains(c.dtype)) {
            return; // core refuses it before the seam: see typesThatAreNotDeclaredAreRefusedByName
        }
        try (Held held = new Held()) {
            Storage[] here = new Storage[c.inputs.length];
            Storage[] there = new Storage[c.inputs.length];
            for (int i = 0; i < here.length; i++) {
                here[i] = put(held, c.inputs[i]);
                there[i] = held.add(c.inputs[i].upload(reference));
            }
            Storage actual = held.add(c.operation.apply(device, here));
            Storage expected = held.add(c.operation.apply(reference, there));
            // Input and output rounded to 8 bits.
            new Tolerance(0x1p-6, false)
                    .check(c.toString(), actual.shape(), ((ReferenceStorage) expected).toDoubles(), download(actual));
        }
    }
}
