package dev.tandem.nn.functional;

import dev.tandem.backend.NeuralOps;
import dev.tandem.backend.OperationKind;
import dev.tandem.backend.PadMode;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.Autograd;
import dev.tandem.tensor.Shape;
import dev.tandem.tensor.Tensor;

/** Smaller differentiable functions: dropout, softmax, attention, maxout, padding. */
public final class Functions {
    private Functions() {}

    /**
     * Zeroes each element with the given probability and scales the rest by {@code 1 / (1 − probability)} (Srivastava et al.
     * 2014, https://jmlr.org/papers/v15/srivastava14a.html). Draws from the device's random numbers.
     *
     * @param probability in [0, 1)
     */
    public static Tensor dropout(Tensor x, float probability) {
        Checks.computed("dropout", OperationKind.DROPOUT, x);
        if (!(probability >= 0 && probability < 1)) {
            throw new IllegalArgumentException("dropout: probability " + probability + " must be in [0, 1)");
        }
        if (probability == 0) {
            return x;
        }
        NeuralOps.Result result = x.device()
                .neural()
                .dropout(x.storage(), probability, x.device().random().state());
        Tensor y = Autograd.record(
                "dropout", x.device(), result.output(), new Tensor[] {x}, new Storage[] {result.saved()}, backward -> {
                    Storage mask = Saved.storage(backward, 0);
                    Storage gradient = backward.gradient().storage();
                    backward.give(0, backward.device().neural().dropoutBackward(gradient, mask, probability));
                });
        Saved.release(result.saved());
        return y;
    }

    /** {@code exp(x) / Σ exp(x)} along an axis (negative: from the end). */
    public static Tensor softmax(Tensor x, int axis) {
        return softmax(x, axis, false);
    }

    /** The logarithm of {@link #softmax}, without overflow. */
    public static Tensor logSoftmax(Tensor x, int axis) {
        return softmax(x, axis, true);
    }

    private static Tensor softmax(Tensor x, int requested, boolean logarithm) {
        Checks.computed("softmax", OperationKind.SOFTMAX, x);
        int axis = x.shape().axis(requested);
        Storage y = x.device().neural().softmax(x.storage(), axis, logarithm);
        return Autograd.record("softmax", x.device(), y, new Tensor[] {x}, new Storage[] {y}, backward -> {
            Storage output = backward.saved(0).storage();
            Storage gradient = backward.gradient().storage();
            backward.give(0, backward.device().neural().softmaxBackward(gradient, output, axis, logarithm));
        });
    }

    /**
     * Scaled-dot-product attention (Vaswani et al. 2017, https://arxiv.org/abs/1706.03762): {@code softmax(scale · Q Kᵀ) V}.
     *
     * @param query {@code [N, heads, T, D]}
     * @param key {@code [N, heads, S, D]}
     * @param value {@code [N, heads, S, E]}
     * @param scale usually {@code 1/√D}
     * @return {@code [N, heads, T, E]}
     */
    public static Tensor attention(Tensor query, Tensor key, Tensor value, float scale) {
        checkAttention(query, key, value);
        boolean training = Autograd.isRecording(query, key, value);
        NeuralOps.Result forward =
                query.device().neural().attention(query.storage(), key.storage(), value.storage(), scale, training);
        Storage[] saved = {query.storage(), key.storage(), value.storage(), forward.output(), forward.saved()};
        Tensor[] inputs = {query, key, value};
        Tensor y = Autograd.record("attention", query.device(), forward.output(), inputs, saved, backward -> {
            NeuralOps.AttentionGradient gradient = backward.device()
                    .neural()
                    .attentionBackward(
                            backward.gradient().storage(),
                            backward.saved(0).storage(),
                            backward.saved(1).storage(),
                            backward.saved(2).storage(),
                            new NeuralOps.Result(Saved.storage(backward, 3), Saved.storage(backward, 4)),
                            scale);
            backward.give(0, gradient.query());
            backward.give(1, gradient.key());
            backward.give(2, gradient.value());
        });
        Saved.release(forward.saved());
        return y;
    }

    private static void checkAttention(Tensor query, Tensor key, Tensor value) {
        Checks.sameDevice("attention", query, key, value);
        Checks.computed("attention", OperationKind.ATTENTION, query);
        Checks.type("attention", "the key", key, query.dtype(), query);
        Checks.type("attention", "the value", value, query.dtype(), query);
        boolean fits = query.rank() == 4 && key.rank() == 4 && value.rank() == 4;
        fits = fits && key.shape().with(2, query.size(2)).equals(query.shape());
        fits = fits && value.shape().with(3, key.size(3)).equals(key.shape());
        if (!fits) {
            throw new InputShapeException(
                    "attention",
                    "query " + query.shape() + ", key " + key.shape() + " and value " + value.shape()
                            + " do not fit; they must be [N, heads, T, D], [N, heads, S, D] and [N, heads, S, E]");
        }
    }

    /**
     * The largest of each {@code pieces} neighbouring channels (Goodfellow et al. 2013, https://arxiv.org/abs/1302.4389).
     *
     * @param x {@code [N, C, ..]} with C divisible by {@code pieces}
     * @return {@code [N, C / pieces, ..]}
     */
    public static Tensor maxout(Tensor x, int pieces) {
        if (x.rank() < 2 || pieces < 1 || x.size(1) % pieces != 0) {
            throw new InputShapeException(
                    "maxout",
                    "input " + x.shape() + " cannot be split into groups of " + pieces
                            + " channels; axis 1 must be divisible by it");
        }
        long[] split = new long[x.rank() + 1];
        for (int axis = 0; axis < x.rank(); axis++) {
            split[axis < 2 ? axis : axis + 1] = x.size(axis);
        }
        split[1] = x.size(1) / pieces;
        split[2] = pieces;
        return x.reshape(Shape.of(split)).max(2);
    }

    /** Adds a border to images; {@code value} is for {@link PadMode#CONSTANT}. */
    public static Tensor pad2d(Tensor x, int top, int bottom, int left, int right, PadMode mode, double value) {
        Checks.image("padding", x);
        return x.pad(new long[] {0, 0, top, left}, new long[] {0, 0, bottom, right}, mode, value);
    }
}
