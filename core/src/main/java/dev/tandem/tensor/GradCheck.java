package dev.tandem.tensor;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.Function;

/**
 * Compares the gradients that backward gives with central differences, for those who write operations.
 *
 * <pre>{@code
 * GradCheck.check(in -> in[0].multiply(in[1]).tanh(), Tensor.of(0.3f, -1), Tensor.of(2, 0.5f));
 * }</pre>
 *
 * <p>The function must give the same result each time, and be smooth around the inputs: a corner, such as ReLU's at 0, within a
 * step of an input shows as a difference.
 */
public final class GradCheck {
    /**
     * How to compare.
     *
     * @param step how far each element is moved to both sides. The difference errs by the step's square for the function's
     *     curvature and by float32's 6e-8 over the step for rounding: 2⁻⁷ keeps both near 1e-5.
     * @param tolerance the largest error, relative to the input's largest gradient or 1, whichever is more
     */
    public record Options(float step, float tolerance) {
        public static final Options DEFAULT = new Options(0x1p-7f, 1e-3f);

        public Options withStep(float step) {
            return new Options(step, tolerance);
        }

        public Options withTolerance(float tolerance) {
            return new Options(step, tolerance);
        }
    }

    private final Options options;
    private final Function<Tensor[], Tensor> function;
    private final Tensor[] inputs;
    private double[] weights; // of the outputs, in the sum that is differentiated

    private GradCheck(Options options, Function<Tensor[], Tensor> function, Tensor[] inputs) {
        this.options = options;
        this.function = function;
        this.inputs = inputs;
    }

    /** {@link #check(Options, Function, Tensor...)} with default options. */
    public static void check(Function<Tensor[], Tensor> function, Tensor... inputs) {
        check(Options.DEFAULT, function, inputs);
    }

    /**
     * Checks the gradient of a function's result, summed with fixed random weights, for every element of every float32 input.
     * The inputs themselves stay as they are.
     *
     * @throws AssertionError if a gradient differs, naming the input, the element and both values
     */
    public static void check(Options options, Function<Tensor[], Tensor> function, Tensor... inputs) {
        new GradCheck(options, function, inputs).run();
    }

    private void run() {
        float[][] gradients = backward();
        for (int input = 0; input < inputs.length; input++) {
            if (gradients[input] == null) {
                continue;
            }
            float[] values = inputs[input].toFloatArray();
            double largest = 1;
            for (float gradient : gradients[input]) {
                largest = Math.max(largest, Math.abs(gradient));
            }
            for (int element = 0; element < values.length; element++) {
                double expected = difference(input, values, element);
                double error = Math.abs(gradients[input][element] - expected);
                if (!(error <= options.tolerance * largest)) {
                    throw new AssertionError("gradCheck: input " + input + " of shape " + inputs[input].shape()
                            + " at " + Arrays.toString(position(element, inputs[input].shape())) + ": backward gives "
                            + gradients[input][element] + ", central differences " + (float) expected
                            + "; they may differ by " + (float) (options.tolerance * largest));
                }
            }
        }
    }

    /** By input; null for those that have no gradient. */
    private float[][] backward() {
        float[][] gradients = new float[inputs.length][];
        try (Scope scope = Scope.open()) {
            Tensor[] leaves = new Tensor[inputs.length];
            for (int i = 0; i < inputs.length; i++) {
                leaves[i] = inputs[i].dtype() == DType.FLOAT32 ? copy(i, inputs[i].toFloatArray()) : inputs[i];
                if (leaves[i] != inputs[i]) {
                    leaves[i].requireGradient();
                }
            }
            Tensor output = function.apply(leaves);
            drawWeights(output);
            float[] outputGradient = new float[weights.length];
            for (int i = 0; i < weights.length; i++) {
                outputGradient[i] = (float) weights[i];
            }
            Tensor seed =
                    Tensor.of(output.device(), outputGradient, output.shape().toArray());
            output.backward(seed.cast(output.dtype()), false);
            for (int i = 0; i < inputs.length; i++) {
                if (leaves[i] != inputs[i]) {
                    Tensor gradient = leaves[i].gradient();
                    gradients[i] = gradient == null // the result does not depend on it
                            ? new float[Math.toIntExact(leaves[i].elements())]
                            : gradient.toFloatArray();
                }
            }
        }
        return gradients;
    }

    private void drawWeights(Tensor output) {
        SplittableRandom random = new SplittableRandom(1);
        weights = new double[Math.toIntExact(output.elements())];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = (float) random.nextDouble(-1, 1);
        }
    }

    private double difference(int input, float[] values, int element) {
        float value = values[element];
        float above = value + options.step;
        float below = value - options.step;
        values[element] = above;
        double plus = weightedSum(input, values);
        values[element] = below;
        double minus = weightedSum(input, values);
        values[element] = value;
        return (plus - minus) / ((double) above - below);
    }

    private double weightedSum(int changed, float[] values) {
        try (Scope scope = Scope.open();
                Autograd.NoGrad off = Autograd.noGrad()) {
            Tensor[] arguments = inputs.clone();
            arguments[changed] = copy(changed, values);
            float[] output = function.apply(arguments).toFloatArray();
            double sum = 0;
            for (int i = 0; i < output.length; i++) {
                sum += weights[i] * output[i];
            }
            return sum;
        }
    }

    private Tensor copy(int input, float[] values) {
        return Tensor.of(inputs[input].device(), values, inputs[input].shape().toArray());
    }

    private static long[] position(int element, Shape shape) {
        long[] position = new long[shape.rank()];
        long[] strides = shape.strides();
        long rest = element;
        for (int axis = 0; axis < position.length; axis++) {
            position[axis] = rest / strides[axis];
            rest %= strides[axis];
        }
        return position;
    }
}
