package dev.tandem.nn;

import dev.tandem.nn.functional.Functions;
import dev.tandem.nn.functional.InputShapeException;
import dev.tandem.tensor.Tensor;

/**
 * Multi-head self-attention (Vaswani et al. 2017, https://arxiv.org/abs/1706.03762): each token looks at all tokens, in each head
 * by other criteria.
 *
 * <p>Input and output {@code [N, T, hidden]}. Parameters as PyTorch's {@code MultiheadAttention}: {@code in_proj_weight}
 * {@code [3·hidden, hidden]} (queries, keys, values) and {@code in_proj_bias}, then {@code out_proj}; weights start as
 * there, even after Glorot and Bengio and as those of {@link Linear}, biases at 0.
 *
 * @throws dev.tandem.tensor.ShapeException if the input is not tokens of that size
 */
public final class MultiHeadAttention extends Module {
    private final int hidden;
    private final int heads;
    private final Parameter inWeight;
    private final Parameter inBias;
    private final Linear out;

    /** @param heads among which {@code hidden} is divided evenly */
    public MultiHeadAttention(int hidden, int heads) {
        if (heads < 1 || hidden < 1 || hidden % heads != 0) {
            throw new IllegalArgumentException("MultiHeadAttention: " + hidden + " features cannot be divided among "
                    + heads + " heads; the features must be divisible by the heads");
        }
        this.hidden = hidden;
        this.heads = heads;
        inWeight =
                parameter("in_proj_weight", Parameter.Kind.WEIGHT, Initializers.xavierUniform(), 3L * hidden, hidden);
        inBias = parameter("in_proj_bias", Parameter.Kind.BIAS, Initializers.zeros(), 3L * hidden);
        out = child("out_proj", new Linear(hidden, hidden).initBias(Initializers.zeros()));
    }

    @Override
    protected Tensor forward(Tensor input) {
        if (input.rank() != 3 || input.size(2) != hidden) {
            throw new InputShapeException(
                    "MultiHeadAttention",
                    "input " + input.shape() + " is not [N, T, " + hidden + "]; check the layer before it");
        }
        long images = input.size(0);
        long tokens = input.size(1);
        Tensor projected = input.reshape(images * tokens, hidden)
                .linear(inWeight.value(), inBias.value(), null)
                .reshape(images, tokens, 3, heads, hidden / heads)
                .permute(2, 0, 3, 1, 4); // [3, N, heads, T, D]
        float scale = (float) (1 / Math.sqrt((double) hidden / heads));
        Tensor attended =
                Functions.attention(projected.select(0, 0), projected.select(0, 1), projected.select(0, 2), scale);
        return out.apply(attended.transpose(1, 2).reshape(images, tokens, hidden));
    }

    @Override
    public String toString() {
        return "MultiHeadAttention(" + hidden + ", " + heads + " heads)";
    }
}
