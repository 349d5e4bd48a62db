package dev.tandem.conformance;

import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * An array on the host, to be put on the device under test and on the reference.
 *
 * @param numbers in row-major order, each a value that the type holds exactly
 * @param inPlainOrder whether the seam promises that the operation gets this in plain order: weights, targets and the like
 */
record Values(DType dtype, Shape shape, double[] numbers, boolean inPlainOrder) {
    Values {
        if (numbers.length != shape.elements()) {
            throw new IllegalArgumentException(numbers.length + " numbers for shape " + shape);
        }
    }

    static Values of(Shape shape, double... numbers) {
        return new Values(DType.FLOAT32, shape, numbers, false).as(DType.FLOAT32);
    }

    static Values vector(double... numbers) {
        return of(Shape.of(numbers.length), numbers);
    }

    static Values integers(DType dtype, Shape shape, double... numbers) {
        return new Values(dtype, shape, numbers, true);
    }

    /** The state of random operations. */
    static Values seed(long seed, long offset) {
        return integers(DType.INT64, Shape.of(2), seed, offset);
    }

    Values plain() {
        return new Values(dtype, shape, numbers, true);
    }

    /** These numbers rounded to another type. */
    Values as(DType other) {
        double[] rounded = numbers.clone();
        for (int i = 0; i < rounded.length; i++) {
            rounded[i] = other.isFloating() ? Rounding.round(rounded[i], other) : (long) rounded[i];
        }
        return new Values(other, shape, rounded, inPlainOrder);
    }

    boolean isFinite() {
        return Arrays.stream(numbers).allMatch(Double::isFinite);
    }

    boolean hasMinusZero() {
        return Arrays.stream(numbers).anyMatch(number -> number == 0 && 1 / number < 0);
    }

    /** These numbers with zeros of positive sign only. */
    Values withoutMinusZero() {
        return new Values(dtype, shape, Arrays.stream(numbers).map(x -> x + 0.0).toArray(), inPlainOrder);
    }

    /** A new storage in plain order. */
    Storage upload(Device device) {
        Storage storage = device.memory().allocate(shape, dtype);
        uploadInto(device, storage);
        return storage;
    }

    void uploadInto(Device device, Storage storage) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment host = arena.allocate(numbers.length * (long) dtype.bytes(), 8);
            for (int i = 0; i < numbers.length; i++) {
                switch (dtype) {
                    case FLOAT32 -> host.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) numbers[i]);
                    case BFLOAT16, FLOAT16 ->
                        host.setAtIndex(ValueLayout.JAVA_SHORT, i, Rounding.toBits(numbers[i], dtype));
                    case INT32 -> host.setAtIndex(ValueLayout.JAVA_INT, i, (int) numbers[i]);
                    case INT64 -> host.setAtIndex(ValueLayout.JAVA_LONG, i, (long) numbers[i]);
                    case UINT8 -> host.set(ValueLayout.JAVA_BYTE, i, (byte) (long) numbers[i]);
                }
            }
            device.memory().upload(host, storage);
        }
    }

    static double[] download(Device device, Storage storage) {
        double[] numbers = new double[Math.toIntExact(storage.shape().elements())];
        DType dtype = storage.dtype();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment host = arena.allocate(numbers.length * (long) dtype.bytes(), 8);
            device.memory().download(storage, host);
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = switch (dtype) {
                    case FLOAT32 -> host.getAtIndex(ValueLayout.JAVA_FLOAT, i);
                    case BFLOAT16, FLOAT16 -> Rounding.fromBits(host.getAtIndex(ValueLayout.JAVA_SHORT, i), dtype);
                    case INT32 -> host.getAtIndex(ValueLayout.JAVA_INT, i);
                    case INT64 -> host.getAtIndex(ValueLayout.JAVA_LONG, i);
                    case UINT8 -> host.get(ValueLayout.JAVA_BYTE, i) & 0xFF;
                };
            }
        }
        return numbers;
    }
}
