package dev.tandem.conformance;

import dev.tandem.backend.Activation;
import dev.tandem.backend.OperationKind;
import dev.tandem.backend.Storage;
import dev.tandem.backend.UnaryOp;
import dev.tandem.backend.Window;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Convolutions of the kinds that vendors have special code for, and of those that they forget. */
class ConvolutionConformance extends Kit {
    /** @param shape N, C, H, W */
    record Case(String what, Shape shape, int outputs, int groups, Window window) {
        Shape weight() {
            return Shape.of(outputs, shape.size(1) / groups, window.kernelHeight(), window.kernelWidth());
        }

        long inputsOfEach() {
            return weight().elements() / outputs;
        }

        @Override
        public String toString() {
            return what + ": " + shape + " to " + outputs + " channels in " + groups + " groups, " + window.describe();
        }
    }

    private static Window square(int kernel, int stride, int padding) {
        return Window.square(kernel, stride, padding);
    }

    static List<Case> cases() {
        List<Case> all = new ArrayList<>();
        add(all, "one by one", 1, square(1, 1, 0), 17, 2, 3, 5, 7);
        add(all, "one by one, strided", 1, square(1, 2, 0), 32, 2, 16, 6, 5);
        add(all, "one pixel", 1, square(1, 1, 0), 6, 1, 3, 1, 1);
        add(all, "three by three", 1, square(3, 1, 1), 24, 2, 17, 9, 7);
        add(all, "three by three, 64 channels", 1, square(3, 1, 1), 64, 1, 64, 6, 6);
        add(all, "three by three on one pixel", 1, square(3, 1, 1), 17, 3, 6, 1, 1);
        add(all, "three by three on two pixels", 1, square(3, 1, 1), 16, 2, 16, 2, 1);
        add(all, "three by three without padding", 1, square(3, 1, 0), 6, 1, 1, 5, 5);
        add(all, "LeNet's first", 1, square(5, 1, 2), 6, 2, 1, 14, 14);
        add(all, "LeNet's second", 1, square(5, 1, 0), 16, 2, 6, 9, 9);
        add(all, "AlexNet's first", 1, square(11, 4, 2), 24, 1, 3, 27, 31);
        add(all, "ResNet's first", 1, square(7, 2, 3), 16, 1, 3, 15, 14);
        add(all, "stride 2 that leaves a row", 1, square(3, 2, 1), 17, 2, 6, 8, 8);
        add(all, "stride above the kernel", 1, square(2, 3, 0), 6, 2, 3, 9, 10);
        add(all, "stride above the kernel, padded", 1, square(1, 3, 1), 5, 2, 3, 5, 6);
        add(all, "dilated", 1, square(3, 1, 2).withDilation(2, 2), 8, 2, 6, 7, 9);
        add(all, "dilated and strided", 1, square(3, 2, 1).withDilation(2, 3), 17, 1, 3, 9, 11);
        add(all, "kernel of the image's size", 1, new Window(4, 5, 1, 1, 0, 0, 0, 0, 1, 1), 24, 2, 17, 4, 5);
        add(all, "row kernel", 1, new Window(1, 7, 1, 1, 0, 0, 3, 3, 1, 1), 6, 1, 8, 5, 9);
        add(all, "column kernel", 1, new Window(5, 1, 1, 2, 2, 2, 0, 0, 1, 1), 6, 1, 8, 5, 9);
        add(all, "one row", 1, new Window(1, 3, 1, 1, 0, 0, 1, 1, 1, 1), 17, 2, 3, 1, 12);
        add(all, "even kernel", 1, square(2, 1, 1), 6, 1, 3, 5, 4);
        add(all, "padding on one side", 1, square(3, 1, 0).withPadding(1, 2, 0, 3), 17, 2, 6, 5, 7);
        add(all, "padding above and left", 1, square(4, 2, 0).withPadding(2, 1, 1, 0), 8, 1, 3, 7, 8);
        add(all, "more padding than kernel", 1, square(2, 1, 3), 6, 1, 3, 3, 2);
        add(all, "two groups", 2, square(3, 1, 1), 10, 2, 6, 5, 5);
        add(all, "three groups of odd size", 3, square(3, 2, 1), 51, 1, 15, 5, 5);
        add(all, "four groups of 16", 4, square(3, 1, 1), 64, 1, 64, 4, 4);
        add(all, "AlexNet's two groups", 2, square(5, 1, 2), 32, 1, 48, 5, 5);
        add(all, "one by one in groups", 3, square(1, 1, 0), 24, 2, 18, 3, 3);
        add(all, "depthwise", 17, square(3, 1, 1), 17, 2, 17, 7, 5);
        add(all, "depthwise, 64 channels", 64, square(3, 2, 1), 64, 1, 64, 7, 7);
        add(all, "depthwise, five by five", 24, square(5, 2, 2), 24, 2, 24, 7, 8);
        add(all, "depthwise with two outputs each", 17, square(3, 1, 1), 34, 1, 17, 5, 5);
        add(all, "depthwise, dilated", 6, square(3, 1, 2).withDilation(2, 2), 6, 2, 6, 7, 7);
        add(all, "depthwise on one pixel", 16, square(3, 1, 1), 16, 2, 16, 1, 1);
        add(all, "depthwise of one channel", 1, square(3, 1, 1), 1, 2, 1, 6, 5);
        add(all, "grouped and dilated", 2, square(2, 2, 1).withDilation(3, 1), 6, 2, 4, 7, 6);
        add(all, "nine images", 1, square(3, 1, 1), 24, 9, 6, 9, 8); // more than there are threads
        add(all, "no images", 1, square(3, 1, 1), 17, 0, 3, 5, 5);
        add(all, "no images, depthwise", 6, square(3, 1, 1), 6, 0, 6, 5, 5);
        return all;
    }

    private static void add(List<Case> all, String what, int groups, Window window, int outputs, long... shape) {
        all.add(new Case(what, Shape.of(shape), outputs, groups, window));
    }

    private static Values[] inputs(Case c) {
        Draw draw = new Draw(c.what.hashCode());
        return new Values[] {
            draw.normal(c.shape.toArray()),
            draw.weights(c.inputsOfEach(), c.weight().toArray()),
            draw.normal(c.outputs).plain()
        };
    }

    @ParameterizedTest
    @MethodSource("cases")
    void forward(Case c) {
        for (boolean hasBias : new boolean[] {true, false}) {
            for (Activation activation : new Activation[] {null, Activation.RELU}) {
                checkForward(
                        Tolerance.sum(c.inputsOfEach()),
                        (on, in) -> on.neural()
                                .convolution(in[0], in[1], hasBias ? in[2] : null, c.window, c.groups, activation),
                        inputs(c));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void backward(Case c) {
        // A weight's gradient sums over the images' pixels.
        long summed = Math.max(c.inputsOfEach(), c.shape.elements() / Math.max(1, c.shape.size(1)));
        checkGradients(
                Tolerance.sum(summed),
                (on, in) -> on.neural().convolution(in[0], in[1], in[2], c.window, c.groups, null),
                (on, in, gradient) -> {
                    Storage x = on.neural().convolutionBackwardInput(gradient, in[1], c.shape, c.window, c.groups);
                    Storage weight = target(c.weight());
                    Storage bias = target(Shape.of(c.outputs));
                    on.neural().convolutionBackwardWeight(in[0], gradient, c.window, c.groups, weight, bias);
                    return new Storage[] {x, weight, bias};
                },
                inputs(c));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void backwardWithoutBias(Case c) {
        if (isReference()) {
            return;
        }
        Values[] inputs = inputs(c);
        Shape output = Shape.of(
                c.shape.size(0),
                c.outputs,
                c.window.outputHeight(c.shape.size(2)),
                c.window.outputWidth(c.shape.size(3)));
        try (Held held = new Held()) {
            Storage x = put(held, inputs[0]);
            Storage gradient = put(held, new Draw(1).normal(output.toArray()));
            Storage with = put(held, inputs[1]);
            Storage without = put(held, inputs[1]);
            Storage bias = put(held, inputs[2]);
            device.neural().convolutionBackwardWeight(x, gradient, c.window, c.groups, with, bias);
            device.neural().convolutionBackwardWeight(x, gradient, c.window, c.groups, without, null);
            Tolerance.sum(1).check("weight gradient", c.weight(), download(with), download(without));
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = UnaryOp.class,
            names = {"RELU", "SIGMOID", "TANH", "EXP"})
    void fusedActivationsAreTheUnfusedOnes(UnaryOp op) {
        for (Case c : cases()) {
            if (c.what.equals("three by three") || c.what.equals("depthwise") || c.what.equals("two groups")) {
                checkForward(
                        Tolerance.sum(c.inputsOfEach()),
                        (on, in) -> on.neural()
                                .convolution(in[0], in[1], in[2], c.window, c.groups, new Activation(op, 0, 0)),
                        inputs(c));
            }
        }
    }

    @Test
    void weightsThatChangeInPlaceAreSeen() {
        // Backends may keep weights in an order of their own: an update of the flat buffer must reach it.
        Case c = cases().get(3);
        Values[] inputs = inputs(c);
        try (Held held = new Held()) {
            Storage x = put(held, inputs[0]);
            Storage flat = held.add(device.memory().allocate(Shape.of(c.weight().elements() + 16), DType.FLOAT32));
            device.memory().fill(flat, 0);
            Storage weight = held.add(device.memory().view(flat, 16, c.weight()));
            inputs[1].uploadInto(device, weight);
            Storage first = held.add(device.neural().convolution(x, weight, null, c.window, 1, null));
            Storage zeros = held.add(device.memory().allocate(flat.shape(), DType.FLOAT32));
            device.memory().fill(zeros, 0);
            device.math().axpby(1, zeros, -2, flat);
            Storage second = held.add(device.neural().convolution(x, weight, null, c.window, 1, null));
            Storage back = held.add(device.math().unary(UnaryOp.LINEAR, second, -0.5f, 0));
            Tolerance.sum(1).check("with weights times −2", first.shape(), download(first), download(back));
        }
    }

    @Test
    void NaNReachesEveryOutputThatSeesIt() {
        Values x = new Draw(2).normal(1, 17, 5, 5);
        x.numbers()[12] = Double.NaN; // the middle of the first channel
        Values weight = new Draw(3).weights(9, 6, 17, 3, 3);
        checkForward(
                Tolerance.sum(17 * 9),
                (on, in) -> on.neural().convolution(in[0], in[1], null, square(3, 1, 0), 1, null),
                x,
                weight);
    }

    @Test
    void aFusedReluKeepsNaN() {
        // Else weights that became NaN look like dead units, and a network learns on without a word.
        Values x = new Draw(2).normal(1, 17, 4, 4);
        Values weight = new Draw(3).weights(17, 6, 17, 1, 1);
        Arrays.fill(weight.numbers(), 0, 17, Double.NaN);
        checkForward(
                Tolerance.sum(17),
                (on, in) -> on.neural().convolution(in[0], in[1], null, square(1, 1, 0), 1, Activation.RELU),
                x,
                weight);
    }

    @Test
    void halvesAsDeclared() {
        Case c = cases().get(3);
        Values[] inputs = inputs(c);
        for (DType dtype : declaredHalves(OperationKind.CONVOLUTION)) {
            try (Held held = new Held()) {
                Storage x = put(held, inputs[0].as(dtype));
                Storage weight = put(held, inputs[1].as(dtype));
                Storage y = held.add(device.neural().convolution(x, weight, null, c.window, 1, null));
                Storage exact = reference
                        .neural()
                        .convolution(
                                inputs[0].as(dtype).upload(reference),
                                inputs[1].as(dtype).upload(reference),
                                null,
                                c.window,
                                1,
                                null);
                new Tolerance(0x1p-7, false)
                        .check(dtype.toString(), y.shape(), ((ReferenceStorage) exact).toDoubles(), download(y));
            }
        }
    }
}
