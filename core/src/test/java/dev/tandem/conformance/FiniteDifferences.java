package dev.tandem.conformance;

import static org.assertj.core.api.Assertions.fail;

import dev.tandem.backend.Storage;
import dev.tandem.tensor.Device;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * What the gradients of {@code Σ weight · operation(inputs)} must be, by central differences of the double-precision
 * reference: along single elements, and along random directions, which see every element at once.
 */
final class FiniteDifferences {
    /** With doubles, rounding costs 1e-16/1e-6 and the step's square 1e-12: together far below float32's grain. */
    private static final double STEP = 1e-6;

    private static final int ELEMENTS = 10;
    private static final int DIRECTIONS = 2;

    /** A slope along a direction; {@code element} is −1 unless the direction is along one axis. */
    private record Probe(int input, int element, double[] direction, double norm, double slope) {}

    private final Device reference;
    private final ReferenceBackend backend;
    private final Kit.Operation operation;
    private final Values[] inputs;
    private final double[] weights;
    private final List<Probe> probes = new ArrayList<>();

    FiniteDifferences(
            Device reference,
            ReferenceBackend backend,
            Kit.Operation operation,
            Values[] inputs,
            double[] weights,
            boolean[] wanted) {
        this.reference = reference;
        this.backend = backend;
        this.operation = operation;
        this.inputs = inputs;
        this.weights = weights;
        Random random = new Random(11);
        try (Held held = new Held()) {
            Storage[] storages = new Storage[inputs.length];
            for (int i = 0; i < inputs.length; i++) {
                storages[i] = held.add(inputs[i].upload(reference));
            }
            for (int input = 0; input < inputs.length; input++) {
                if (wanted[input] && inputs[input].numbers().length > 0) {
                    probeAround(storages, input, random);
                }
            }
        }
    }

    private void probeAround(Storage[] storages, int input, Random random) {
        int count = inputs[input].numbers().length;
        for (int i = 0; i < Math.min(count, ELEMENTS); i++) {
            int element = count <= ELEMENTS ? i : random.nextInt(count);
            double[] direction = new double[count];
            direction[element] = 1;
            probe(storages, input, element, direction);
        }
        for (int i = 0; i < DIRECTIONS; i++) {
            probe(storages, input, -1, random.doubles(count, -1, 1).toArray());
        }
    }

    private void probe(Storage[] storages, int input, int element, double[] direction) {
        double slope = (loss(storages, input, direction, STEP) - loss(storages, input, direction, -STEP)) / (2 * STEP);
        double norm = Math.sqrt(Arrays.stream(direction).map(x -> x * x).sum());
        probes.add(new Probe(input, element, direction, norm, slope));
    }

    private double loss(Storage[] storages, int moved, double[] direction, double step) {
        double[] numbers = inputs[moved].numbers();
        double[] shifted = new double[numbers.length];
        Arrays.setAll(shifted, k -> numbers[k] + step * direction[k]);
        try (Held held = new Held()) {
            Storage[] arguments = storages.clone();
            arguments[moved] = held.add(backend.storage(inputs[moved].shape(), shifted));
            double[] output = ((ReferenceStorage) held.add(operation.apply(reference, arguments))).toDoubles();
            double loss = 0;
            for (int i = 0; i < output.length; i++) {
                loss += weights[i] * output[i];
            }
            return loss;
        }
    }

    /** @param gradients by input; null where none was computed */
    void check(String what, Tolerance tolerance, double[][] gradients) {
        for (Probe probe : probes) {
            double[] gradient = gradients[probe.input];
            double actual = 0;
            for (int i = 0; i < gradient.length; i++) {
                actual += probe.direction[i] == 0 ? 0 : gradient[i] * probe.direction[i];
            }
            double allowed = tolerance.relative() * scale(probe.input) * probe.norm;
            if (!(Math.abs(actual - probe.slope) <= allowed)) {
                fail(what + ": the gradient of input " + probe.input + " " + inputs[probe.input].shape()
                        + (probe.element < 0
                                ? " along a random direction"
                                : " at " + Arrays.toString(Index.of(probe.element, inputs[probe.input].shape())))
                        + " is " + actual + ", finite differences say " + probe.slope + " (allowed " + allowed + ")");
            }
        }
    }

    /** The size of an input's gradient, as the probes saw it; not 0, lest a gradient of zeros allow no rounding. */
    private double scale(int input) {
        double largest = 1e-3;
        for (Probe probe : probes) {
            if (probe.input == input) {
                largest = Math.max(largest, Math.abs(probe.slope) / probe.norm);
            }
        }
        return largest;
    }
}
