package dev.tandem.nn;

import dev.tandem.nn.functional.Functions;
import dev.tandem.tensor.Tensor;

/**
 * The largest of each {@code pieces} neighbouring channels (Goodfellow et al. 2013, https://arxiv.org/abs/1302.4389): {@code
 * [N, C, ..] → [N, C / pieces, ..]}.
 */
public final class Maxout extends Module {
    private final int pieces;

    public Maxout(int pieces) {
        this.pieces = pieces;
    }

    @Override
    protected Tensor forward(Tensor input) {
        return Functions.maxout(input, pieces);
    }

    @Override
    public String toString() {
        return "Maxout(" + pieces + ")";
    }
}
