package dev.tandem.conformance;

import dev.tandem.backend.Storage;
import dev.tandem.backend.Window;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The ways by which the same numbers can come to an operation: each leaves them in the order that some earlier operation
 * likes. Orders are private to a backend, so no operation may give another result for one of them.
 */
enum Arrival {
    /** Uploaded just now. */
    PLAIN,
    /** A window on a larger buffer, at an address that no vector instruction likes. */
    VIEW,
    /** Out of a convolution with the identity: the order that convolutions like, blocked or channels last. */
    CONVOLVED,
    /** Out of a depthwise convolution with ones. */
    DEPTHWISE,
    /** Uploaded with the axes reversed, then permuted. */
    PERMUTED;

    private static final int EDGE = 3;
    private static final Window ONE_BY_ONE = Window.square(1, 1, 0);

    boolean fits(Values values) {
        return switch (this) {
            case PLAIN, VIEW -> true;
            case PERMUTED -> !values.inPlainOrder() && values.shape().rank() > 1;
            case CONVOLVED, DEPTHWISE ->
                !values.inPlainOrder()
                        && values.dtype() == DType.FLOAT32
                        && values.shape().rank() > 1
                        && values.shape().rank() <= 4
                        && channels(values.shape()) > 0
                        && !values.hasMinusZero() // a sum that starts at 0 loses the sign
                        && (values.isFinite() || this == DEPTHWISE);
        };
    }

    private static long channels(Shape shape) {
        return shape.size(1);
    }

    /** A new storage with the values. */
    Storage put(Device device, Values values) {
        return switch (this) {
            case PLAIN -> values.upload(device);
            case VIEW -> view(device, values);
            case CONVOLVED, DEPTHWISE -> convolved(device, values, this == DEPTHWISE);
            case PERMUTED -> permuted(device, values);
        };
    }

    private static Storage view(Device device, Values values) {
        long elements = values.shape().elements();
        Storage larger = device.memory().allocate(Shape.of(elements + 2 * EDGE), values.dtype());
        device.memory().fill(larger, 77);
        Storage view = device.memory().view(larger, EDGE, values.shape());
        larger.release();
        values.uploadInto(device, view);
        return view;
    }

    private static Storage convolved(Device device, Values values, boolean depthwise) {
        int channels = (int) channels(values.shape());
        Shape image = Shape.of(Arrays.copyOf(values.shape().toArray(), 4));
        for (int axis = values.shape().rank(); axis < 4; axis++) {
            image = image.with(axis, 1);
        }
        double[] weights = new double[depthwise ? channels : channels * channels];
        for (int channel = 0; channel < channels; channel++) {
            weights[depthwise ? channel : channel * channels + channel] = 1;
        }
        Shape weightShape = Shape.of(channels, depthwise ? 1 : channels, 1, 1);
        Storage plain = new Values(values.dtype(), image, values.numbers(), false).upload(device);
        Storage weight = Values.of(weightShape, weights).upload(device);
        Storage result = device.neural().convolution(plain, weight, null, ONE_BY_ONE, depthwise ? channels : 1, null);
        plain.release();
        weight.release();
        if (values.shape().rank() == 4) {
            return result;
        }
        Storage flat = device.memory().reshape(result, values.shape());
        result.release();
        return flat;
    }

    private static Storage permuted(Device device, Values values) {
        Shape shape = values.shape();
        int rank = shape.rank();
        long[] sizes = IntStream.range(0, rank)
                .mapToLong(axis -> shape.size(rank - 1 - axis))
                .toArray();
        Shape reversed = Shape.of(sizes);
        double[] numbers = new double[values.numbers().length];
        for (int i = 0; i < numbers.length; i++) {
            long[] index = Index.of(i, shape);
            long[] back = IntStream.range(0, rank)
                    .mapToLong(axis -> index[rank - 1 - axis])
                    .toArray();
            numbers[Index.element(back, reversed)] = values.numbers()[i];
        }
        Storage source = new Values(values.dtype(), reversed, numbers, false).upload(device);
        int[] order = IntStream.range(0, rank).map(axis -> rank - 1 - axis).toArray();
        Storage result = device.memory().permute(source, order);
        source.release();
        return result;
    }

    /** For several operands: all of them in each way, and each alone out of a convolution. */
    static List<Arrival[]> combinations(Values... operands) {
        List<Arrival[]> result = new ArrayList<>();
        for (Arrival arrival : values()) {
            Arrival[] all = new Arrival[operands.length];
            Arrays.setAll(all, i -> arrival.fits(operands[i]) ? arrival : PLAIN);
            addNew(result, all);
        }
        for (int alone = 0; alone < operands.length; alone++) {
            Arrival[] one = new Arrival[operands.length];
            Arrays.fill(one, PLAIN);
            one[alone] = CONVOLVED.fits(operands[alone]) ? CONVOLVED : PLAIN;
            addNew(result, one);
        }
        return result;
    }

    private static void addNew(List<Arrival[]> list, Arrival[] candidate) {
        if (list.stream().noneMatch(known -> Arrays.equals(known, candidate))) {
            list.add(candidate);
        }
    }
}
