package dev.tandem.nn;

import dev.tandem.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Branches that all see the input, and whose outputs are joined along channels, in the order of definition: Inception's modules
 * (Szegedy et al. 2014, https://arxiv.org/abs/1409.4842). Their outputs must have the same height and width.
 *
 * <pre>{@code
 * new Branches()
 *         .branch("branch1x1", conv(192, 64, 1))
 *         .branch("pool", avgPool(3).stride(1).padding(1)).then("branch_pool", conv(192, 32, 1))
 * }</pre>
 */
public final class Branches extends Module {
    private final List<Sequential> branches = new ArrayList<>();

    /** Begins a branch. The part is named in this module itself, as all others are. */
    public Branches branch(String name, Module part) {
        branches.add(new Sequential());
        return then(name, part);
    }

    /** Goes on with the branch that was begun last. */
    public Branches then(String name, Module part) {
        branches.getLast().add(name, child(name, part));
        return this;
    }

    /** Divides the branch that was begun last into branches, whose parts are named in this module too. */
    public Branches thenFork(Branches fork) {
        fork.children().forEach(this::child);
        branches.getLast().add(fork);
        return this;
    }

    @Override
    protected Tensor forward(Tensor input) {
        Tensor[] outputs = new Tensor[branches.size()];
        for (int i = 0; i < outputs.length; i++) {
            outputs[i] = branches.get(i).apply(input);
        }
        return Tensor.concat(1, outputs);
    }

    @Override
    public String toString() {
        return "Branches(" + branches.size() + ")";
    }
}
