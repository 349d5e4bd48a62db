package dev.tandem.nn;

import dev.tandem.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Layers one after the other, with auxiliary classifiers beside some of them: in training their losses are added to that of the
 * last layer, with a smaller weight, so that gradients reach the early layers (Szegedy et al. 2014, section 5,
 * https://arxiv.org/abs/1409.4842). {@link #apply} gives the last layer's logits only; {@link #outputs} gives all.
 */
public final class AuxiliaryHeads extends Sequential {
    /** A head on the output of the layers before an index. */
    private record Head(int index, Module module) {}

    private final float weight;
    private final List<Head> heads = new ArrayList<>();
    private final List<String> leftOut = new ArrayList<>();

    /** @param weight of each head's loss; the last layer's has 1 */
    public AuxiliaryHeads(float weight) {
        this.weight = weight;
    }

    /** Adds a head on the output of the layer that was added last. */
    public AuxiliaryHeads head(String name, Module head) {
        heads.add(new Head(size(), child(name, head)));
        return this;
    }

    /** Notes a head that networks of this kind can have and this one has not; files that hold it load. */
    public AuxiliaryHeads withoutHead(String name) {
        leftOut.add(name);
        return this;
    }

    /** Whether a name is that of a parameter in a head that the network goes without. */
    static boolean isLeftOut(Module network, String name) {
        return network instanceof AuxiliaryHeads
                && ((AuxiliaryHeads) network).leftOut.stream().anyMatch(head -> name.startsWith(head + "."));
    }

    /** Whether a name is that of a parameter in a head, which only training uses. */
    static boolean isOfHead(Module network, String name) {
        return network instanceof AuxiliaryHeads
                && network.children().entrySet().stream()
                        .anyMatch(part -> name.startsWith(part.getKey() + ".")
                                && ((AuxiliaryHeads) network)
                                        .heads.stream().anyMatch(head -> head.module == part.getValue()));
    }

    public float weight() {
        return weight;
    }

    /**
     * What training compares with the labels: the network's logits, then, if it is in training mode and has any, those of its
     * heads in order.
     */
    public static List<Tensor> outputs(Module network, Tensor input) {
        return network instanceof AuxiliaryHeads && network.isTraining()
                ? ((AuxiliaryHeads) network).allOutputs(input)
                : List.of(network.apply(input));
    }

    /**
     * The loss to train by: that of the logits, and those of the heads by their weight.
     *
     * @param outputs of {@link #outputs}
     * @param loss of one classifier's logits, a scalar
     */
    public static Tensor loss(Module network, List<Tensor> outputs, UnaryOperator<Tensor> loss) {
        Tensor total = loss.apply(outputs.get(0));
        for (Tensor auxiliary : outputs.subList(1, outputs.size())) {
            total = total.add(loss.apply(auxiliary).multiply(((AuxiliaryHeads) network).weight));
        }
        return total;
    }

    private List<Tensor> allOutputs(Tensor input) {
        return runAll(input, images -> {
            List<Tensor> outputs = new ArrayList<>();
            Tensor x = images;
            int from = 0;
            for (Head head : heads) {
                x = forward(x, from, head.index);
                outputs.add(head.module.apply(x));
                from = head.index;
            }
            outputs.add(0, forward(x, from, size()));
            return outputs;
        });
    }
}
