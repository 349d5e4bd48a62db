package dev.tandem.backend;

import dev.tandem.backend.OptimizerOps.Buffers;
import dev.tandem.backend.OptimizerOps.Segment;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import dev.tandem.tensor.ShapeException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;

/**
 * Whether an operation of the seam stays within the memory that it is given. A backend that computes at raw addresses asks here
 * first, where a length comes from another place than the buffer: a kernel would read or write past the end without a word.
 *
 * <p>Every method throws {@link ShapeException} and names the operation, both sizes and the rule.
 */
public final class Bounds {
    private static final int WINDOW = 3; // top, left, mirror

    private Bounds() {}

    /** {@link InputOps#images}. */
    public static void images(Storage pixels, Storage windows, int height, int width, float[] mean, float[] scale) {
        if (pixels.shape().rank() != 4 || pixels.dtype() != DType.UINT8 || height < 1 || width < 1) {
            throw new ShapeException("images: pixels " + describe(pixels) + " to " + height + "×" + width
                    + "; give UINT8[N, H, W, C], and a height and width of at least 1");
        }
        long channels = pixels.shape().size(3);
        if (mean.length != channels || scale.length != channels) {
            throw new ShapeException("images: " + mean.length + " means and " + scale.length + " scales for " + channels
                    + " channels; the normalization needs one of each a channel");
        }
        require("images: windows", windows, DType.INT32, Shape.of(pixels.shape().size(0), WINDOW));
    }

    /** {@link MemoryOps#upload} and {@link MemoryOps#download}. */
    public static void transfer(String operation, MemorySegment host, Storage storage) {
        long bytes = storage.shape().elements() * storage.dtype().bytes();
        if (host.byteSize() != bytes) {
            throw new ShapeException(operation + ": " + host.byteSize() + " bytes of host memory for "
                    + describe(storage) + ", which has " + bytes + "; give exactly those");
        }
    }

    /** {@link MemoryOps#reshape}. */
    public static void reshape(Storage source, Shape shape) {
        if (source.shape().elements() != shape.elements()) {
            throw new ShapeException(
                    "reshape: " + describe(source) + " has " + source.shape().elements()
                            + " elements and cannot become " + shape + "; the number must stay the same");
        }
    }

    /** {@link MemoryOps#view}. */
    public static void view(Storage source, long offset, Shape shape) {
        long elements = source.shape().elements();
        if (offset < 0 || offset > elements - shape.elements()) {
            throw new ShapeException("view: " + shape + " from element " + offset + " of " + describe(source)
                    + "; it must lie within 0 to " + elements);
        }
    }

    /** {@link MemoryOps#slice}; of {@link MemoryOps#unslice} with its outer shape and its source's. */
    public static void slice(String operation, Shape outer, long[] start, long[] step, Shape inner) {
        boolean fits = start.length == outer.rank() && step.length == outer.rank() && inner.rank() == outer.rank();
        for (int axis = 0; fits && axis < outer.rank(); axis++) {
            long size = inner.size(axis);
            fits = step[axis] > 0
                    && start[axis] >= 0
                    && start[axis] <= outer.size(axis)
                    && (size == 0 || size - 1 <= (outer.size(axis) - 1 - start[axis]) / step[axis])
                    && (size == 0 || start[axis] < outer.size(axis));
        }
        if (!fits) {
            throw new ShapeException(operation + ": " + inner + " from " + Arrays.toString(start) + " in steps of "
                    + Arrays.toString(step) + " of " + outer + "; it must lie within that, with positive steps");
        }
    }

    /** {@link MemoryOps#permute}. */
    public static void permute(Storage source, int[] order) {
        if (order.length != source.shape().rank()) {
            throw new ShapeException("permute: order " + Arrays.toString(order) + " of " + describe(source)
                    + "; it must name each axis once");
        }
        axes("permute", source, order);
    }

    /** {@link MemoryOps#pad} and {@link MemoryOps#padBackward}, whose shape is of the padding's source. */
    public static void pad(Shape source, long[] before, long[] after, PadMode mode) {
        boolean fits = before.length == source.rank() && after.length == source.rank();
        for (int axis = 0; fits && axis < source.rank(); axis++) {
            long most = Math.max(before[axis], after[axis]);
            fits = Math.min(before[axis], after[axis]) >= 0
                    && (mode != PadMode.REFLECT || most < Math.max(1, source.size(axis)))
                    && (mode != PadMode.REPLICATE || most == 0 || source.size(axis) > 0);
        }
        if (!fits) {
            throw new ShapeException("pad: " + Arrays.toString(before) + " before and " + Arrays.toString(after)
                    + " after " + source + " (" + mode + "); give two numbers an axis, not negative"
                    + (mode == PadMode.REFLECT ? ", below the axis' size to reflect" : ""));
        }
    }

    /** {@link MemoryOps#padBackward}. */
    public static void padBackward(Storage gradient, Shape source, long[] before, long[] after, PadMode mode) {
        pad(source, before, after, mode);
        long[] sizes = source.toArray();
        for (int axis = 0; axis < sizes.length; axis++) {
            sizes[axis] += before[axis] + after[axis];
        }
        requireShape("pad: gradient", gradient, Shape.of(sizes));
    }

    /** {@link MemoryOps#expand}. */
    public static void expand(Storage source, Shape shape) {
        if (!Shape.broadcast("expand", source.shape(), shape).equals(shape)) {
            throw new ShapeException("expand: " + describe(source) + " to " + shape + "; only axes of size 1 grow");
        }
    }

    /** {@link MemoryOps#concat}. */
    public static void concat(List<Storage> parts, int axis) {
        if (parts.isEmpty()) {
            throw new ShapeException("concat: no parts; give at least one");
        }
        Storage first = parts.getFirst();
        axes("concat", first, axis);
        for (Storage part : parts) {
            boolean fits = part.dtype() == first.dtype()
                    && part.shape().rank() == first.shape().rank()
                    && part.shape().with(axis, first.shape().size(axis)).equals(first.shape());
            if (!fits) {
                throw new ShapeException("concat: " + describe(first) + " and " + describe(part) + " along axis " + axis
                        + "; types must be equal, and all other sizes");
            }
        }
    }

    /** Axes that are to be distinct ones of a storage, counted from the start. */
    public static void axes(String operation, Storage x, int... axes) {
        long seen = 0;
        for (int axis : axes) {
            if (axis < 0 || axis >= x.shape().rank() || (seen & 1L << axis) != 0) {
                throw new ShapeException(operation + ": axes " + Arrays.toString(axes) + " of " + describe(x)
                        + "; give each once, from 0 to " + (x.shape().rank() - 1));
            }
            seen |= 1L << axis;
        }
    }

    /** Operands that broadcast, which are read as one type. */
    public static void sameType(String operation, Storage a, Storage b) {
        if (a.dtype() != b.dtype()) {
            throw new ShapeException(operation + ": " + describe(a) + " and " + describe(b)
                    + "; the types must be equal, since elements differ in size");
        }
    }

    /** {@link MathOps#where}. */
    public static void where(Storage condition, Storage a, Storage b) {
        require("where: condition", condition, DType.UINT8, condition.shape());
        sameType("where", a, b);
    }

    /** Operands that are read element by element beside each other, of one shape and type; null ones are left out. */
    public static void alike(String operation, Storage first, Storage... others) {
        for (Storage other : others) {
            if (other != null) {
                require(operation, other, first.dtype(), first.shape());
            }
        }
    }

    /** Numbers of one axis, such as a bias or a channel's statistics; null ones are left out. */
    public static void perAxis(String operation, DType dtype, long size, Storage... vectors) {
        for (Storage vector : vectors) {
            if (vector != null) {
                Shape shape = vector.shape();
                boolean fits = vector.dtype() == dtype && shape.rank() == 1 && shape.size(0) == size;
                if (!fits) {
                    throw new ShapeException(
                            operation + ": " + describe(vector) + " given; it must be " + dtype + "[" + size + "]");
                }
            }
        }
    }

    /** {@link NeuralOps#poolBackward}. */
    public static void poolBackward(PoolKind kind, Storage gradient, Storage saved, Shape x, Window window) {
        requireShape("pooling: gradient", gradient, windowed(x, x.size(1), window));
        if (kind.picks()) {
            requireSaved("pooling", saved, gradient.shape());
        }
    }

    /** What a forward saved for a backward, which reads it beside elements of the shape given. */
    public static void requireSaved(String operation, Storage saved, Shape shape) {
        if (saved == null || !saved.shape().equals(shape)) {
            throw new ShapeException(operation + ": the forward saved " + (saved == null ? "nothing" : describe(saved))
                    + ", for another call; this backward needs " + shape);
        }
    }

    /** {@link NeuralOps#attention}; of its backward with the gradient, else null. */
    public static void attention(Storage query, Storage key, Storage value, Storage gradient) {
        Shape q = query.shape();
        Shape k = key.shape();
        Shape v = value.shape();
        boolean fits = q.rank() == 4
                && k.rank() == 4
                && v.rank() == 4
                && k.equals(q.with(2, k.size(2)))
                && v.equals(k.with(3, v.size(3)));
        if (!fits) {
            throw new ShapeException("attention: query " + describe(query) + ", key " + describe(key) + ", value "
                    + describe(value) + "; they must be [N, heads, T, D], [N, heads, S, D], [N, heads, S, E]");
        }
        sameType("attention", query, key);
        sameType("attention", query, value);
        if (gradient != null) {
            require("attention: gradient", gradient, query.dtype(), q.with(3, v.size(3)));
        }
    }

    /** An operand, or a place to write to, whose shape follows from the others; a null one is left out. */
    public static void requireShape(String operation, Storage storage, Shape shape) {
        if (storage != null && !storage.shape().equals(shape)) {
            throw new ShapeException(operation + ": " + describe(storage) + " given; it must be " + shape);
        }
    }

    /** {@link MathOps#matmul}. */
    public static void matmul(
            Storage a, Storage b, boolean transposeA, boolean transposeB, Storage bias, Storage into) {
        Shape left = a.shape();
        Shape right = b.shape();
        if (left.rank() < 2
                || right.rank() < 2
                || left.size(transposeA ? -2 : -1) != right.size(transposeB ? -1 : -2)) {
            throw new ShapeException("matmul: " + describe(a) + (transposeA ? "ᵀ" : "") + " × " + describe(b)
                    + (transposeB ? "ᵀ" : "") + "; it takes [.., m, k] × [.., k, n]");
        }
        long columns = right.size(transposeB ? -2 : -1);
        sameType("matmul", a, b);
        perAxis("matmul: bias", a.dtype(), columns, bias);
        if (into != null) {
            Shape leading = left.rank() == 2 && right.rank() == 2
                    ? Shape.of()
                    : Shape.broadcast("matmul", leading(left), leading(right));
            long[] sizes = Arrays.copyOf(leading.toArray(), leading.rank() + 2);
            sizes[leading.rank()] = left.size(transposeA ? -1 : -2);
            sizes[leading.rank() + 1] = columns;
            require("matmul: result", into, a.dtype(), Shape.of(sizes));
        }
    }

    private static Shape leading(Shape shape) {
        return Shape.of(Arrays.copyOf(shape.toArray(), shape.rank() - 2));
    }

    /** {@link MathOps#random} and {@link NeuralOps#dropout}. */
    public static void randomState(Storage state) {
        require("random numbers: state", state, DType.INT64, Shape.of(2));
    }

    /** {@link NeuralOps#convolution} and its gradients, by the shapes of the images and the weights. */
    public static void convolution(Shape x, Shape weight, Window window, int groups) {
        if (x.rank() != 4
                || weight.rank() != 4
                || groups < 1
                || weight.size(1) * groups != x.size(1)
                || weight.size(0) % groups != 0
                || weight.size(2) != window.kernelHeight()
                || weight.size(3) != window.kernelWidth()) {
            throw new ShapeException("convolution: images " + x + ", weight " + weight + ", " + window.describe() + ", "
                    + groups + " groups; give [N, C, H, W], [O, C/groups, kernel] and groups that divide C and O");
        }
    }

    /** The result of a window over images, with so many channels. */
    public static Shape windowed(Shape x, long channels, Window window) {
        return Shape.of(x.size(0), channels, window.outputHeight(x.size(2)), window.outputWidth(x.size(3)));
    }

    /** {@link NeuralOps#crossEntropy}; of its backward with what was saved in place of the logits. */
    public static void crossEntropy(Storage logits, Storage target) {
        if (logits.shape().rank() != 2) {
            throw new ShapeException("cross-entropy: logits " + describe(logits) + " given; they must be [N, C]");
        }
        boolean soft = target.dtype().isFloating();
        requireShape(
                "cross-entropy: target",
                target,
                soft ? logits.shape() : Shape.of(logits.shape().size(0)));
    }

    /**
     * An update of {@link OptimizerOps}.
     *
     * @param states of the optimizer; null ones are left out
     */
    public static void update(Buffers buffers, Storage... states) {
        requireFlat("scalars", buffers.scalars(), OptimizerOps.Scalar.values().length);
        long end = 0;
        for (Segment segment : buffers.segments()) {
            if (segment.offset() < 0 || segment.count() < 0 || segment.offset() > Long.MAX_VALUE - segment.count()) {
                throw new ShapeException("an update: " + segment + "; offset and count must not be negative");
            }
            end = Math.max(end, segment.offset() + segment.count());
        }
        requireFlat("parameters", buffers.parameters(), end);
        requireFlat("gradients", buffers.gradients(), end);
        for (Storage state : states) {
            if (state != null) {
                requireFlat("optimizer state", state, end);
            }
        }
    }

    private static void requireFlat(String what, Storage storage, long elements) {
        if (storage.dtype() != DType.FLOAT32 || storage.shape().elements() < elements) {
            throw new ShapeException("an update: " + what + " " + describe(storage) + " given; the segments reach to "
                    + "element " + elements + ", and it must be FLOAT32 and at least as long");
        }
    }

    private static void require(String operation, Storage storage, DType dtype, Shape shape) {
        if (storage.dtype() != dtype || !storage.shape().equals(shape)) {
            throw new ShapeException(operation + ": " + describe(storage) + " given; it must be " + dtype + shape);
        }
    }

    private static String describe(Storage storage) {
        return storage.dtype().toString() + storage.shape();
    }
}
