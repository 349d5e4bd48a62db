package dev.tandem.tensor;

import dev.tandem.backend.Distribution;
import dev.tandem.backend.Storage;

/**
 * A stream of random numbers on a device: counter-based (Philox 4×32-10), so that a seed and an offset say all about it, and
 * the same seed gives the same numbers on every device.
 */
public final class Rng {
    private final Device device;
    private final Tensor state; // int64 [2]: seed, offset

    public Rng(Device device, long seed) {
        this.device = device;
        this.state = Tensor.ofLongs(device, new long[] {seed, 0}, 2).persist();
    }

    public Device device() {
        return device;
    }

    /** Even over [0, 1). */
    public Tensor uniform(long... shape) {
        return draw(Distribution.UNIFORM, shape);
    }

    /** Even over [low, high). Takes a shape, lest {@code uniform(0, 1, 10)} mean one of {@code [0, 1, 10]}. */
    public Tensor uniform(float low, float high, Shape shape) {
        return uniform(shape.toArray()).linear(high - low, low);
    }

    /** Mean 0, standard deviation 1. */
    public Tensor normal(long... shape) {
        return draw(Distribution.NORMAL, shape);
    }

    /** 1 with the given probability, else 0, as float32. */
    public Tensor bernoulli(float probability, long... shape) {
        return uniform(shape).less(probability).cast(DType.FLOAT32);
    }

    /** Whole numbers, even over [low, high), as int64. The range must be below 2²⁴, the grain of the uniform numbers. */
    public Tensor integers(long low, long high, long... shape) {
        if (high <= low || high - low >= 1 << 24) {
            throw new IllegalArgumentException(
                    "integers: range [" + low + ", " + high + ") must hold between 1 and 2^24 − 1 numbers");
        }
        Tensor offsets = uniform(shape).multiply(high - low).floor().cast(DType.INT64);
        return offsets.add(Tensor.full(device, low, DType.INT64));
    }

    private Tensor draw(Distribution distribution, long... shape) {
        Storage numbers = device.math().random(distribution, Shape.of(shape), state());
        return Tensor.wrap(device, numbers);
    }

    /** The state on the device, int64 {@code [2]}, for operations that draw by themselves, which changes it. */
    public Storage state() {
        state.storage().changed("a draw of random numbers");
        return state.storage();
    }

    /** Seed and offset, for a checkpoint. */
    public long[] snapshot() {
        return state.toLongArray();
    }

    /** Goes back to a {@link #snapshot}. */
    public void restore(long seed, long offset) {
        state.set(new long[] {seed, offset});
    }
}
