package dev.tandem.tensor;

import dev.tandem.backend.Activation;
import dev.tandem.backend.BinaryOp;
import dev.tandem.backend.PadMode;
import dev.tandem.backend.ReduceOp;
import dev.tandem.backend.Storage;
import dev.tandem.backend.UnaryOp;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * An array of numbers on a device, which remembers what it was computed from if a gradient is wanted.
 *
 * <p>Operations return new tensors, broadcast by NumPy's rule, and promote mixed types to the wider one. A tensor belongs to
 * the innermost {@link Scope} and is released with it; its memory goes back to the device when nothing needs it any more.
 *
 * <pre>{@code
 * Tensor w = Tensor.ones(3).requireGradient();
 * Tensor.of(1, 2, 3).multiply(w).sum().backward();
 * w.gradient();   // [1, 2, 3]
 * }</pre>
 */
public final class Tensor {
    private final Device device;
    private Storage storage;
    private Scope scope;
    Tensor previous; // neighbours in the scope's list
    Tensor next;

    private Node node; // what made this tensor, if a gradient is wanted
    private boolean requiresGradient;
    private Tensor gradient;
    private Storage gradientTarget; // where a parameter's gradient lies; borrowed
    private boolean gradientClaimed;
    private Consumer<Tensor> onGradientReady;

    private Tensor(Device device, Storage storage) {
        device.checkHolder();
        this.device = device;
        this.storage = storage;
        this.scope = Scope.innermost(device);
        scope.add(this);
    }

    /** A tensor over a storage, taking over one reference to it. */
    public static Tensor wrap(Device device, Storage storage) {
        return new Tensor(device, storage);
    }

    // Creation
    // ---------------------------------------------------------------------------------------------------------

    /** A vector of float32 on the {@linkplain Device#current current device}. */
    public static Tensor of(float... values) {
        return of(Device.current(), values, values.length);
    }

    /** Float32 values in row-major order on the current device. */
    public static Tensor of(float[] values, long... shape) {
        return of(Device.current(), values, shape);
    }

    public static Tensor of(Device device, float[] values, long... shape) {
        return upload(device, MemorySegment.ofArray(values), DType.FLOAT32, Shape.of(shape));
    }

    public static Tensor ofInts(int[] values, long... shape) {
        return upload(Device.current(), MemorySegment.ofArray(values), DType.INT32, Shape.of(shape));
    }

    public static Tensor ofLongs(long[] values, long... shape) {
        return ofLongs(Device.current(), values, shape);
    }

    public static Tensor ofLongs(Device device, long[] values, long... shape) {
        return upload(device, MemorySegment.ofArray(values), DType.INT64, Shape.of(shape));
    }

    /** Unsigned bytes. */
    public static Tensor ofBytes(byte[] values, long... shape) {
        return upload(Device.current(), MemorySegment.ofArray(values), DType.UINT8, Shape.of(shape));
    }

    /** @throws ShapeException if the memory does not hold exactly the shape's elements */
    public static Tensor upload(Device device, MemorySegment source, DType dtype, Shape shape) {
        Tensor result = empty(device, dtype, shape);
        result.set(source);
        return result;
    }

    /** Undefined contents. */
    public static Tensor empty(Device device, DType dtype, Shape shape) {
        return wrap(device, device.memory().allocate(shape, dtype));
    }

    /** @throws IllegalArgumentException if the type cannot hold the number: 300 or 0.5 as a byte, say */
    public static Tensor full(Device device, double value, DType dtype, long... shape) {
        if (!dtype.holds(value)) {
            throw new IllegalArgumentException("full: " + value + " is no " + dtype + "; that holds whole numbers from "
                    + (long) dtype.smallest() + " to " + (long) dtype.largest());
        }
        Tensor result = empty(device, dtype, Shape.of(shape));
        device.memory().fill(result.storage(), value);
        return result;
    }

    public static Tensor full(double value, long... shape) {
        return full(Device.current(), value, DType.FLOAT32, shape);
    }

    public static Tensor scalar(float value) {
        return full(value);
    }

    public static Tensor zeros(long... shape) {
        return full(0, shape);
    }

    public static Tensor ones(long... shape) {
        return full(1, shape);
    }

    /** {@code 0, 1, …, count − 1} as float32. */
    public static Tensor arange(int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = i;
        }
        return of(values, count);
    }

    /** The identity matrix {@code [size, size]}. */
    public static Tensor eye(int size) {
        Tensor index = arange(size);
        return index.reshape(size, 1).equalTo(index).cast(DType.FLOAT32);
    }

    // What it is
    // -------------------------------------------------------------------------------------------------------

    public Device device() {
        return device;
    }

    public Shape shape() {
        return storage().shape();
    }

    public DType dtype() {
        return storage().dtype();
    }

    public int rank() {
        return shape().rank();
    }

    /** The size of an axis; a negative axis counts from the end. */
    public long size(int axis) {
        return shape().size(axis);
    }

    public long elements() {
        return shape().elements();
    }

    /** The elements on the device, for those who write operations. Borrowed. */
    public Storage storage() {
        if (storage == null) {
            throw new IllegalStateException(
                    device.isClosed()
                            ? "this tensor was released when its device " + device + " was closed"
                            : "this tensor was released; a tensor outlives its scope only through Scope.keep or persist");
        }
        return storage;
    }

    // Life
    // -------------------------------------------------------------------------------------------------------------

    /** Lets this tensor outlive every scope, until its device closes or {@link #release}. Returns this. */
    public Tensor persist() {
        moveTo(device.scope());
        return this;
    }

    Scope scope() {
        storage();
        return scope;
    }

    void moveTo(Scope other) {
        device.checkHolder();
        storage();
        scope.remove(this);
        scope = other;
        scope.add(this);
    }

    /** Gives this tensor up before its scope closes. Its memory stays while a view or a recorded operation needs it. */
    public void release() {
        if (storage == null) {
            return;
        }
        device.checkHolder();
        scope.remove(this);
        storage.release();
        storage = null;
        if (node != null) {
            node.release();
            node = null;
        }
        if (gradient != null) {
            gradient.release();
            gradient = null;
        }
    }

    public boolean isReleased() {
        return storage == null;
    }

    // Transfer
    // ---------------------------------------------------------------------------------------------------------

    /**
     * Overwrites the elements from memory in row-major order. A tensor that was computed passes no gradients on from then on,
     * as its values have come from elsewhere; while {@link Autograd#noGrad} it still does. A backward that needs the old
     * values is refused.
     */
    public void set(MemorySegment source) {
        long expected = elements() * dtype().bytes();
        if (source.byteSize() != expected) {
            throw new ShapeException(
                    "set: " + source.byteSize() + " bytes given for " + dtype() + shape() + ", which has " + expected);
        }
        device.memory().upload(source, storage());
        overwritten("set()");
    }

    private void overwritten(String by) {
        storage.changed(by);
        if (node != null && Autograd.isEnabled()) {
            node.release();
            node = null;
        }
    }

    public void set(float... values) {
        checkType("set", DType.FLOAT32);
        set(MemorySegment.ofArray(values));
    }

    public void set(long... values) {
        if (dtype() == DType.FLOAT32) { // set(1, 2) comes here rather than to set(float...)
            float[] floats = new float[values.length];
            for (int i = 0; i < floats.length; i++) {
                floats[i] = values[i];
            }
            set(floats);
            return;
        }
        checkType("set", DType.INT64);
        set(MemorySegment.ofArray(values));
    }

    /** Overwrites the elements with another tensor's, which must have the same shape, as {@link #set(MemorySegment)} does. Not recorded. */
    public void copyFrom(Tensor source) {
        if (!source.shape().equals(shape())) {
            throw new ShapeException("copyFrom: " + source.shape() + " into " + shape() + "; the shapes must be equal");
        }
        try (Scope scope = Scope.open();
                Autograd.NoGrad off = Autograd.noGrad()) {
            device.memory().copyInto(source.to(device).cast(dtype()).storage(), storage());
        }
        overwritten("copyFrom()");
    }

    /** The elements in row-major order, copied to the host. */
    public void read(MemorySegment target) {
        device.memory().download(storage(), target);
    }

    /** The elements in row-major order; any floating type. */
    public float[] toFloatArray() {
        float[] result = new float[Math.toIntExact(elements())];
        try (Scope scope = Scope.open();
                Autograd.NoGrad off = Autograd.noGrad()) {
            cast(DType.FLOAT32).read(MemorySegment.ofArray(result));
        }
        return result;
    }

    /** The elements in row-major order; any integer type. */
    public long[] toLongArray() {
        long[] result = new long[Math.toIntExact(elements())];
        try (Scope scope = Scope.open();
                Autograd.NoGrad off = Autograd.noGrad()) {
            cast(DType.INT64).read(MemorySegment.ofArray(result));
        }
        return result;
    }

    /** The one element of a tensor with one element. */
    public float item() {
        if (elements() != 1) {
            throw new ShapeException("item: shape " + shape() + " has " + elements() + " elements, not one");
        }
        return toFloatArray()[0];
    }

    /** This tensor on another device; itself where it is there already. Differentiable. */
    public Tensor to(Device other) {
        if (other == device) {
            return this;
        }
        Tensor copy;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment host = arena.allocate(Math.max(1, elements() * dtype().bytes()), 64)
                    .asSlice(0, elements() * dtype().bytes());
            read(host);
            copy = upload(other, host, dtype(), shape());
        }
        Device from = device;
        Storage moved = copy.storage().retain();
        copy.release();
        return Autograd.record("to", other, moved, new Tensor[] {this}, new Storage[0], backward -> {
            backward.give(0, backward.gradient().to(from));
        });
    }

    public Tensor cast(DType dtype) {
        return Elementwise.cast(this, dtype);
    }

    /** A copy that shares no memory with this. */
    public Tensor copy() {
        return Autograd.record(
                "copy", device, device.memory().copy(storage()), new Tensor[] {this}, new Storage[0], backward -> {
                    backward.give(0, backward.gradient());
                });
    }

    // Gradients
    // --------------------------------------------------------------------------------------------------------

    /** Makes this a leaf whose gradient {@link #backward} collects. Returns this. */
    public Tensor requireGradient() {
        if (!dtype().isFloating()) {
            throw new IllegalArgumentException("requireGradient: a tensor of " + dtype() + " cannot have a gradient");
        }
        if (node != null) {
            throw new IllegalStateException("requireGradient: this tensor was computed by " + node.operation
                    + " and already passes gradients on; use detach() first");
        }
        requiresGradient = true;
        return this;
    }

    /** Freezes or unfreezes a leaf. */
    public void setRequiresGradient(boolean wanted) {
        if (wanted) {
            requireGradient();
        } else {
            requiresGradient = false;
        }
    }

    public boolean requiresGradient() {
        return requiresGradient || node != null;
    }

    /** Shares the elements, remembers nothing. */
    public Tensor detach() {
        return wrap(device, storage().retain());
    }

    /** What backward passes have added up here since {@link #clearGradient}; null if none has. */
    public Tensor gradient() {
        return gradient;
    }

    public void clearGradient() {
        if (gradient != null) {
            gradient.release();
            gradient = null;
        }
        gradientClaimed = false;
    }

    /** Computes the gradients of this scalar for every leaf that it was computed from, adding to what is there. */
    public void backward() {
        backward(false);
    }

    /** @param keepGraph whether backward may be called once more over the same operations */
    public void backward(boolean keepGraph) {
        if (elements() != 1) {
            throw new ShapeException(
                    "backward: shape " + shape() + " is no scalar; reduce it, or give the gradient of it");
        }
        backward(full(device, 1, dtype(), shape().toArray()), keepGraph);
    }

    /** @param outputGradient the gradient of this tensor, of the same shape */
    public void backward(Tensor outputGradient, boolean keepGraph) {
        if (!requiresGradient()) {
            throw new IllegalStateException(
                    "backward: nothing that this tensor was computed from requires a gradient; call requireGradient() on it");
        }
        if (!outputGradient.shape().equals(shape())) {
            throw new ShapeException(
                    "backward: gradient " + outputGradient.shape() + " for a tensor of shape " + shape());
        }
        if (!outputGradient.dtype().isFloating()) {
            throw new IllegalArgumentException("backward: the gradient is " + outputGradient.dtype()
                    + "; it must be of a floating type, as this tensor's " + dtype());
        }
        Storage start;
        try (Scope scope = Scope.open();
                Autograd.NoGrad off = Autograd.noGrad()) {
            start = outputGradient.cast(dtype()).storage().retain();
        }
        if (node == null) {
            accumulateGradient(start);
            gradientIsReady();
            return;
        }
        new BackwardPass(keepGraph).run(node, start);
    }

    /**
     * Where this leaf's gradient is to lie from now on: a part of a flat buffer, say. Backward writes there without a copy; a
     * gradient that is here already moves there.
     *
     * @param target plain order, this tensor's shape and type, borrowed: it must outlive this tensor
     */
    public void setGradientTarget(Storage target) {
        if (!target.shape().equals(shape()) || target.dtype() != dtype()) {
            throw new IllegalArgumentException("setGradientTarget: " + target.dtype() + target.shape() + " for "
                    + dtype() + shape() + "; shape and type must be the tensor's");
        }
        Tensor earlier = gradient;
        gradientTarget = target;
        gradientClaimed = earlier != null;
        if (earlier != null) {
            device.memory().copyInto(earlier.storage(), target);
            gradient = wrap(device, target.retain()).persist();
            earlier.release();
        }
    }

    /** Called at each backward when no operation will add to this leaf's gradient any more; null for none. */
    public void onGradientReady(Consumer<Tensor> listener) {
        onGradientReady = listener;
    }

    /**
     * Lets a listener see the gradient of this computed tensor, which is not kept, whenever a backward has added it up: of an
     * activation, say. Not called where no gradient comes back to here. What it is given is released when it returns.
     *
     * @param listener in place of an earlier one; null for none
     * @throws IllegalStateException if this tensor was not recorded
     */
    public void onGradient(Consumer<Tensor> listener) {
        if (node == null) {
            throw new IllegalStateException("onGradient: this tensor was not computed from anything that requires a"
                    + " gradient; call requireGradient() on that, or onGradientReady on a leaf");
        }
        node.onGradient = listener;
    }

    void gradientIsReady() {
        if (onGradientReady != null) {
            onGradientReady.accept(this);
        }
    }

    /** The place to write the first gradient to; null if there is none or it is taken. */
    Storage claimGradientTarget() {
        if (gradientTarget == null || gradientClaimed) {
            return null;
        }
        gradientClaimed = true;
        gradientTarget.changed("a backward that wrote gradients there");
        return gradientTarget;
    }

    /** Takes over one reference. */
    void accumulateGradient(Storage value) {
        if (storage == null) {
            value.release();
            throw new IllegalStateException(
                    "backward: a leaf of shape " + value.shape() + " was released before its gradient came");
        }
        if (value == gradientTarget) {
            Tensor earlier = gradient;
            gradient = wrap(device, value).persist();
            if (earlier != null) { // the same operation used this leaf twice
                device.math().axpby(1, earlier.storage(), 1, value);
                earlier.release();
            }
        } else if (gradient != null) {
            device.math().axpby(1, value, 1, gradient.storage());
            value.release();
        } else if (gradientTarget != null && !gradientClaimed) {
            gradientClaimed = true;
            device.memory().copyInto(value, gradientTarget);
            value.release();
            gradient = wrap(device, gradientTarget.retain()).persist();
        } else {
            gradient = wrap(device, ownGradient(value)).persist();
        }
    }

    private Storage ownGradient(Storage value) {
        if (value.isExclusive()) {
            return value;
        }
        Storage copy = device.memory().copy(value);
        value.release();
        return copy;
    }

    Node node() {
        return node;
    }

    void attach(Node producer) {
        node = producer;
        producer.retain();
    }

    // Arithmetic. Types promote as in PyTorch; with integers, a whole number keeps them integers, any other makes
    // float32
    // -------------------------------------------------------------------------------------------------------

    public Tensor add(Tensor other) {
        return Elementwise.binary(BinaryOp.ADD, this, other);
    }

    public Tensor add(double value) {
        return Scalars.add(this, value);
    }

    public Tensor subtract(Tensor other) {
        return Elementwise.binary(BinaryOp.SUBTRACT, this, other);
    }

    public Tensor subtract(double value) {
        return Scalars.subtract(this, value);
    }

    public Tensor multiply(Tensor other) {
        return Elementwise.binary(BinaryOp.MULTIPLY, this, other);
    }

    public Tensor multiply(double value) {
        return Scalars.multiply(this, value);
    }

    /** Integers are divided exactly, toward zero; dividing one by 0 has no defined result. */
    public Tensor divide(Tensor other) {
        return Elementwise.binary(BinaryOp.DIVIDE, this, other);
    }

    public Tensor divide(double value) {
        return Scalars.divide(this, value);
    }

    /** {@code this^exponent}. */
    public Tensor power(Tensor exponent) {
        return Elementwise.binary(BinaryOp.POWER, this, exponent);
    }

    public Tensor power(double exponent) {
        return Scalars.power(this, exponent);
    }

    public Tensor maximum(Tensor other) {
        return Elementwise.binary(BinaryOp.MAXIMUM, this, other);
    }

    public Tensor minimum(Tensor other) {
        return Elementwise.binary(BinaryOp.MINIMUM, this, other);
    }

    /** {@code scale·x + shift}. */
    public Tensor linear(float scale, float shift) {
        return unary(UnaryOp.LINEAR, scale, shift);
    }

    /** A function from {@link UnaryOp}, which says what {@code a} and {@code b} mean. */
    public Tensor unary(UnaryOp op, float a, float b) {
        return Elementwise.unary(op, this, a, b);
    }

    private Tensor unary(UnaryOp op) {
        return unary(op, 0, 0);
    }

    public Tensor negate() {
        return unary(UnaryOp.NEGATE);
    }

    public Tensor abs() {
        return unary(UnaryOp.ABS);
    }

    /** −1, 0 or 1. */
    public Tensor sign() {
        return unary(UnaryOp.SIGN);
    }

    public Tensor exp() {
        return unary(UnaryOp.EXP);
    }

    public Tensor log() {
        return unary(UnaryOp.LOG);
    }

    public Tensor sqrt() {
        return unary(UnaryOp.SQRT);
    }

    public Tensor square() {
        return unary(UnaryOp.SQUARE);
    }

    public Tensor reciprocal() {
        return unary(UnaryOp.RECIPROCAL);
    }

    public Tensor sin() {
        return unary(UnaryOp.SIN);
    }

    public Tensor cos() {
        return unary(UnaryOp.COS);
    }

    public Tensor floor() {
        return unary(UnaryOp.FLOOR);
    }

    public Tensor ceil() {
        return unary(UnaryOp.CEIL);
    }

    /** To the nearest integer, halves to even. */
    public Tensor round() {
        return unary(UnaryOp.ROUND);
    }

    /** {@code min(max(x, low), high)}; NaN if a bound is. */
    public Tensor clamp(double low, double high) {
        return Scalars.clamp(this, low, high);
    }

    public Tensor relu() {
        return unary(UnaryOp.RELU);
    }

    public Tensor sigmoid() {
        return unary(UnaryOp.SIGMOID);
    }

    public Tensor tanh() {
        return unary(UnaryOp.TANH);
    }

    // Comparison: UINT8 ones and zeros. Numbers are compared, whatever the tensor's type can hold
    // ---------------------------------------------------------------------------------

    public Tensor equalTo(Tensor other) {
        return Elementwise.binary(BinaryOp.EQUAL, this, other);
    }

    public Tensor equalTo(double value) {
        return Scalars.equalTo(this, value);
    }

    public Tensor notEqualTo(Tensor other) {
        return Elementwise.binary(BinaryOp.NOT_EQUAL, this, other);
    }

    public Tensor less(Tensor other) {
        return Elementwise.binary(BinaryOp.LESS, this, other);
    }

    public Tensor less(double value) {
        return Scalars.less(this, value);
    }

    public Tensor lessOrEqual(Tensor other) {
        return Elementwise.binary(BinaryOp.LESS_EQUAL, this, other);
    }

    public Tensor greater(Tensor other) {
        return Elementwise.binary(BinaryOp.GREATER, this, other);
    }

    public Tensor greater(double value) {
        return Scalars.greater(this, value);
    }

    public Tensor greaterOrEqual(Tensor other) {
        return Elementwise.binary(BinaryOp.GREATER_EQUAL, this, other);
    }

    /** {@code a} where the condition is not zero, else {@code b}; all broadcast. */
    public static Tensor where(Tensor condition, Tensor a, Tensor b) {
        return Elementwise.where(condition, a, b);
    }

    // Matrix products
    // --------------------------------------------------------------------------------------------------

    /** {@code [.., m, k] × [.., k, n] → [.., m, n]}; leading axes broadcast. */
    public Tensor matmul(Tensor other) {
        return Products.matmul(this, other, false, null, null);
    }

    /** {@code this × weightᵀ + bias}, through an activation: {@code [.., m, k] × [n, k]ᵀ → [.., m, n]}; bias and activation may be null. */
    public Tensor linear(Tensor weight, Tensor bias, Activation activation) {
        return Products.matmul(this, weight, true, bias, activation);
    }

    // Reductions: over the given axes, or all
    // --------------------------------------------------------------------------

    public Tensor sum(int... axes) {
        return Reduction.reduce(ReduceOp.SUM, this, false, axes);
    }

    public Tensor mean(int... axes) {
        return Reduction.reduce(ReduceOp.MEAN, this, false, axes);
    }

    public Tensor max(int... axes) {
        return Reduction.reduce(ReduceOp.MAX, this, false, axes);
    }

    public Tensor min(int... axes) {
        return Reduction.reduce(ReduceOp.MIN, this, false, axes);
    }

    /** A reduction whose axes stay with size 1, so that the result broadcasts against this. */
    public Tensor reduceKeeping(ReduceOp op, int... axes) {
        return Reduction.reduce(op, this, true, axes);
    }

    /** The biased variance. */
    public Tensor variance(int... axes) {
        return subtract(reduceKeeping(ReduceOp.MEAN, axes)).square().mean(axes);
    }

    /** The index (int64) of the first largest element along an axis. */
    public Tensor argmax(int axis) {
        return Reduction.argmax(this, axis);
    }

    // Arrangement
    // ------------------------------------------------------------------------------------------------------

    /** The same elements under another shape; one size may be −1: what is left. */
    public Tensor reshape(long... sizes) {
        return Layout.reshape(this, Layout.resolve(shape(), sizes));
    }

    public Tensor reshape(Shape shape) {
        return reshape(shape.toArray());
    }

    /** Joins all axes from {@code axis} on into one. */
    public Tensor flatten(int axis) {
        long[] sizes = java.util.Arrays.copyOf(shape().toArray(), shape().axis(axis) + 1);
        long joined = 1;
        for (int i = sizes.length - 1; i < rank(); i++) {
            joined *= size(i);
        }
        sizes[sizes.length - 1] = joined;
        return reshape(sizes);
    }

    /** Adds an axis of size 1, which the result has at {@code axis}; a negative axis counts from the result's end. */
    public Tensor unsqueeze(int axis) {
        int at = shape().newAxis(axis);
        long[] sizes = new long[rank() + 1];
        for (int i = 0; i < sizes.length; i++) {
            sizes[i] = i < at ? size(i) : i == at ? 1 : size(i - 1);
        }
        return reshape(sizes);
    }

    /** Result axis {@code i} is this tensor's axis {@code order[i]}. */
    public Tensor permute(int... order) {
        return Layout.permute(this, order);
    }

    /** Swaps two axes. */
    public Tensor transpose(int a, int b) {
        int[] order = java.util.stream.IntStream.range(0, rank()).toArray();
        order[shape().axis(a)] = shape().axis(b);
        order[shape().axis(b)] = shape().axis(a);
        return permute(order);
    }

    /** Elements {@code start} to {@code stop} (not included) along an axis; negative positions count from the end. */
    public Tensor slice(int axis, long start, long stop) {
        return slice(axis, start, stop, 1);
    }

    public Tensor slice(int axis, long start, long stop, long step) {
        return Layout.slice(this, axis, start, stop, step);
    }

    /** The elements at one position of an axis, which goes away; a negative position counts from the end. */
    public Tensor select(int axis, long index) {
        int counted = shape().axis(axis);
        long at = index < 0 ? index + size(counted) : index;
        if (at < 0 || at >= size(counted)) {
            throw new ShapeException("select: position " + index + " of axis " + counted + " of shape " + shape()
                    + "; it has " + size(counted) + " positions");
        }
        long[] sizes = java.util.stream.IntStream.range(0, rank())
                .filter(i -> i != counted)
                .mapToLong(this::size)
                .toArray();
        return slice(counted, at, at + 1).reshape(sizes);
    }

    /** Repeats axes of size 1, and adds leading ones, up to {@code shape}. */
    public Tensor expand(Shape shape) {
        return Layout.expand(this, shape);
    }

    Tensor sumTo(Shape shape) {
        return Layout.sumTo(this, shape);
    }

    public static Tensor concat(int axis, Tensor... parts) {
        return Layout.concat(axis, List.of(parts));
    }

    /** Joins tensors of one shape along a new axis, which the result has at {@code axis}. */
    public static Tensor stack(int axis, Tensor... parts) {
        return Layout.stack(axis, List.of(parts));
    }

    /** Adds {@code before[i]} and {@code after[i]} elements around axis {@code i}; {@code value} is for {@link PadMode#CONSTANT}. */
    public Tensor pad(long[] before, long[] after, PadMode mode, double value) {
        return Layout.pad(this, before, after, mode, value);
    }

    // Messages
    // ---------------------------------------------------------------------------------------------------------

    void checkSameDevice(String operation, Tensor other) {
        if (other.device != device) {
            throw new IllegalArgumentException(operation.toLowerCase(Locale.ROOT) + ": "
                    + Device.apart("one operand", device, "the other", other.device));
        }
    }

    private void checkType(String operation, DType expected) {
        if (dtype() != expected) {
            throw new IllegalArgumentException(
                    operation + ": this tensor is " + dtype() + ", the values are " + expected);
        }
    }

    /** Shape, type, device and elements, the middle of long axes left out. */
    @Override
    public String toString() {
        return storage == null ? "Tensor (released)" : TensorFormat.format(this);
    }
}
