package dev.tandem.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.tandem.backend.NeuralOps;
import dev.tandem.backend.OperationKind;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;

/**
 * What all conformance classes share: the device under test, the reference beside it, the comparison of both, and an eye on
 * storages that nobody released.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class Kit {
    /** An operation, written once for both devices. What it makes on the way it releases. */
    interface Operation {
        Storage apply(Device device, Storage[] inputs);
    }

    /** Forward and backward on the device under test: a gradient for each input, or null. */
    interface Backpropagation {
        Storage[] apply(Device device, Storage[] inputs, Storage gradient);
    }

    private static final double EDGE = -77;
    private static final int EDGE_ELEMENTS = 3;

    private final ReferenceBackend referenceBackend = new ReferenceBackend();
    private final List<Storage> guarded = new ArrayList<>();
    protected Device reference;
    protected Device device;
    private long liveAtStart;
    private long liveBeforeTest;

    @BeforeAll
    final void open() {
        String name = deviceName();
        assertThat(name)
                .as("system property tandem.conformance.device: the device to test")
                .isNotNull();
        reference = Device.of(referenceBackend);
        device = Device.open(name);
        device.random(); // keeps its state on the device from the first use on
        liveAtStart = device.memoryStats().liveStorages();
    }

    /** The device to test. */
    protected String deviceName() {
        return System.getProperty("tandem.conformance.device");
    }

    @BeforeEach
    final void countBefore() {
        liveBeforeTest = device.memoryStats().liveStorages();
    }

    @AfterEach
    final void countAfter(TestInfo test) {
        long live = device.memoryStats().liveStorages();
        if (live != liveBeforeTest) {
            String report = String.join("\n  ", device.memory().liveReport());
            fail(test.getDisplayName() + ": " + liveBeforeTest + " storages were live before, " + live
                    + " after it:\n  " + report);
        }
    }

    @AfterAll
    final void close() {
        try {
            assertThat(device.memoryStats().liveStorages())
                    .as("storages live after " + getClass().getSimpleName())
                    .isEqualTo(liveAtStart);
        } finally {
            device.close();
            reference.close();
        }
    }

    /** Whether the device under test is the reference itself, which has no backward for neural operations. */
    final boolean isReference() {
        return device.name().equals("reference");
    }

    /** Whether released memory is kept for the next who asks: the reference takes it from Java's heap, guarded blocks go back. */
    final boolean keepsMemory() {
        return !isReference() && !Boolean.getBoolean("tandem.memory.guards");
    }

    /** Compares an operation with the reference, its inputs arriving in every way. They must not change. */
    final void checkForward(Tolerance tolerance, Operation operation, Values... inputs) {
        Shape shape;
        DType dtype;
        double[] expected;
        try (Held held = new Held()) {
            Storage output = held.add(operation.apply(reference, put(held, reference, plain(inputs), inputs)));
            shape = output.shape();
            dtype = output.dtype();
            expected = rounded(((ReferenceStorage) output).toDoubles(), dtype);
        }
        for (Arrival[] arrivals : Arrival.combinations(inputs)) {
            String what = "forward, inputs " + Arrays.toString(arrivals);
            try (Held held = new Held()) {
                Storage[] storages = put(held, device, arrivals, inputs);
                Storage output = held.add(operation.apply(device, storages));
                assertThat(output.shape()).as(what).isEqualTo(shape);
                assertThat(output.dtype()).as(what).isEqualTo(dtype);
                tolerance.check(what, shape, expected, Values.download(device, output));
                for (int i = 0; i < inputs.length; i++) {
                    Tolerance.EXACT.check(
                            what + ", input " + i + " afterwards",
                            inputs[i].shape(),
                            inputs[i].numbers(),
                            Values.download(device, storages[i]));
                }
            }
        }
    }

    /** The reference does not round, and what overflows a float does not overflow its doubles. */
    private static double[] rounded(double[] numbers, DType dtype) {
        return dtype.isFloating()
                ? Arrays.stream(numbers).map(x -> Rounding.round(x, dtype)).toArray()
                : numbers;
    }

    /** Compares gradients with finite differences of the reference, inputs and gradient arriving in every way. */
    final void checkGradients(
            Tolerance tolerance, Operation forward, Backpropagation backpropagation, Values... inputs) {
        if (isReference() && !referenceHasBackward()) {
            Assumptions.abort("the reference has no backward");
        }
        Shape shape;
        try (Held held = new Held()) {
            shape = held.add(forward.apply(reference, put(held, reference, plain(inputs), inputs)))
                    .shape();
        }
        Values gradient = new Draw(5).normal(shape.toArray());
        Values[] all = Arrays.copyOf(inputs, inputs.length + 1);
        all[inputs.length] = gradient;
        FiniteDifferences differences = null;
        for (Arrival[] arrivals : Arrival.combinations(all)) {
            String what = "backward, inputs and gradient " + Arrays.toString(arrivals);
            double[][] gradients = gradients(what, backpropagation, arrivals, all);
            if (differences == null) {
                boolean[] wanted = new boolean[inputs.length];
                for (int i = 0; i < inputs.length; i++) {
                    wanted[i] = gradients[i] != null;
                }
                differences =
                        new FiniteDifferences(reference, referenceBackend, forward, inputs, gradient.numbers(), wanted);
            }
            differences.check(what, tolerance, gradients);
        }
    }

    private double[][] gradients(String what, Backpropagation backpropagation, Arrival[] arrivals, Values[] all) {
        int count = all.length - 1;
        double[][] gradients = new double[count][];
        try (Held held = new Held()) {
            Storage[] storages = put(held, device, arrivals, all);
            Storage[] results = backpropagation.apply(device, Arrays.copyOf(storages, count), storages[count]);
            Arrays.stream(results).forEach(held::add);
            for (int i = 0; i < count; i++) {
                if (results[i] != null) {
                    assertThat(results[i].shape()).as(what + ", gradient " + i).isEqualTo(all[i].shape());
                    gradients[i] = Values.download(device, results[i]);
                }
            }
            for (int i = 0; i < all.length; i++) {
                Tolerance.EXACT.check(
                        what + ", argument " + i + " afterwards",
                        all[i].shape(),
                        all[i].numbers(),
                        Values.download(device, storages[i]));
            }
        }
        checkEdges(what);
        return gradients;
    }

    /** Whether backward can run on the reference too. */
    protected boolean referenceHasBackward() {
        return false;
    }

    /** A place for an operation to write to: a window of garbage in a larger buffer, the rest of which must stay. */
    final Storage target(Shape shape) {
        long elements = shape.elements();
        Storage larger = device.memory().allocate(Shape.of(elements + 2 * EDGE_ELEMENTS), DType.FLOAT32);
        device.memory().fill(larger, EDGE);
        guarded.add(larger);
        Storage window = device.memory().view(larger, EDGE_ELEMENTS, shape);
        device.memory().fill(window, Double.NaN);
        return window;
    }

    private void checkEdges(String what) {
        List<Storage> all = List.copyOf(guarded);
        guarded.clear();
        List<double[]> contents = new ArrayList<>();
        all.forEach(larger -> {
            contents.add(Values.download(device, larger));
            larger.release();
        });
        for (double[] numbers : contents) {
            for (int i = 0; i < EDGE_ELEMENTS; i++) {
                assertThat(numbers[i]).as(what + ", before a target").isEqualTo(EDGE);
                assertThat(numbers[numbers.length - 1 - i])
                        .as(what + ", behind a target")
                        .isEqualTo(EDGE);
            }
        }
    }

    /** Uploads values as they are. */
    final Storage put(Held held, Values values) {
        return held.add(values.upload(device));
    }

    final double[] download(Storage storage) {
        return Values.download(device, storage);
    }

    private static Storage[] put(Held held, Device device, Arrival[] arrivals, Values[] values) {
        Storage[] storages = new Storage[values.length];
        for (int i = 0; i < values.length; i++) {
            storages[i] = held.add(arrivals[i].put(device, values[i]));
        }
        return storages;
    }

    private static Arrival[] plain(Values[] inputs) {
        Arrival[] arrivals = new Arrival[inputs.length];
        Arrays.fill(arrivals, Arrival.PLAIN);
        return arrivals;
    }

    /** A result's output; what else it holds is released. */
    static Storage output(NeuralOps.Result result) {
        release(result.saved());
        return result.output();
    }

    /** A normalised result's output; what else it holds is released. */
    static Storage output(NeuralOps.Normalized result) {
        release(result.mean());
        release(result.variance());
        release(result.saved());
        return result.output();
    }

    static void release(Storage storage) {
        if (storage != null) {
            storage.release();
        }
    }

    /** The halves that the device declares for an operation. */
    final List<DType> declaredHalves(OperationKind operation) {
        return Stream.of(DType.BFLOAT16, DType.FLOAT16)
                .filter(device.types(operation)::contains)
                .toList();
    }
}
