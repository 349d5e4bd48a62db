package dev.tandem.inspect;

import dev.tandem.nn.ActivationLayer;
import dev.tandem.nn.BatchNorm2d;
import dev.tandem.nn.Conv2d;
import dev.tandem.nn.Dropout;
import dev.tandem.nn.Identity;
import dev.tandem.nn.Linear;
import dev.tandem.nn.LocalResponseNorm;
import dev.tandem.nn.Module;
import dev.tandem.nn.MultiHeadAttention;
import dev.tandem.nn.StochasticDepth;
import dev.tandem.tensor.Autograd;
import dev.tandem.tensor.Scope;
import dev.tandem.tensor.Shape;
import dev.tandem.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Which parts of a network have something to look at, found by applying it to an image once. */
final class Anatomy {
    /**
     * A part as it was applied to one image.
     *
     * @param joins whether it makes its output of what its own parts gave, as where a shortcut is added: those are branches
     */
    record Part(String path, Module module, Shape input, Shape output, boolean joins) {
        boolean isIn(Part other) {
            return path.startsWith(other.path + ".");
        }
    }

    /** Feature maps in a network: what goes into a part or comes out of it. */
    record Site(String path, boolean isInput) {
        @Override
        public String toString() {
            return (isInput ? "input of " : "") + path;
        }
    }

    private final Module network;
    private final List<Part> parts; // in the order in which they finished
    private final Shape patches; // what the last convolution with maps gave; null if there was none

    private Anatomy(Module network, List<Part> parts) {
        this.network = network;
        this.parts = parts;
        this.patches = parts.stream()
                .filter(part -> part.module() instanceof Conv2d && isMaps(part.output()))
                .reduce((first, second) -> second)
                .map(Part::output)
                .orElse(null);
    }

    /** @param image {@code [1, C, H, W]} */
    static Anatomy of(Module network, Tensor image) {
        List<Part> parts = new ArrayList<>();
        List<Tensor> outputs = new ArrayList<>();
        try (Scope scope = Scope.open();
                Autograd.NoGrad off = Autograd.noGrad()) {
            Watching.apply(network, image, (path, module, input, output) -> {
                Part part = new Part(path, module, input.shape(), output.shape(), joins(path, output, parts, outputs));
                parts.add(part);
                outputs.add(output);
            });
        }
        return new Anatomy(network, parts);
    }

    /** Whether parts lie in it that finished before, and its output is that of none of them. */
    private static boolean joins(String path, Tensor output, List<Part> parts, List<Tensor> outputs) {
        boolean holdsParts = false;
        for (int i = parts.size() - 1; i >= 0 && parts.get(i).path().startsWith(path + "."); i--) {
            holdsParts = true;
            if (outputs.get(i) == output) {
                return false;
            }
        }
        return holdsParts;
    }

    /** Whether planes of more than one pixel. */
    private static boolean isMaps(Shape shape) {
        return shape.rank() == 4 && shape.size(2) * shape.size(3) > 1;
    }

    /** Whether a token for each patch, after at most one for the class. */
    private boolean isTokens(Shape shape) {
        if (shape.rank() != 3 || patches == null) {
            return false;
        }
        long others = shape.size(1) - patches.size(2) * patches.size(3);
        return others == 0 || others == 1;
    }

    boolean hasPlanes(Shape shape) {
        return isMaps(shape) || isTokens(shape);
    }

    /** What {@link #hasPlanes}, on the host. */
    Planes planes(Tensor tensor) {
        return tensor.rank() == 4
                ? Planes.ofMaps(tensor)
                : Planes.ofTokens(tensor, (int) patches.size(2), (int) patches.size(3));
    }

    /**
     * The last feature maps before places are joined: what the last convolution gave, through the layers that keep its size. With
     * attention, what goes into the last one: behind it only the class's token counts.
     *
     * @throws IllegalArgumentException if there are none
     */
    Site lastMaps() {
        Site found = null;
        Shape size = null;
        for (Part part : parts) {
            Shape output = part.output();
            if (part.module() instanceof MultiHeadAttention && isTokens(part.input())) {
                return lastAttention();
            }
            if (part.module() instanceof Conv2d && isMaps(output)) {
                size = output;
            }
            if (size != null && isMaps(output) && output.size(2) == size.size(2) && output.size(3) == size.size(3)) {
                found = new Site(part.path(), false);
            }
        }
        if (found == null) {
            throw new IllegalArgumentException(
                    "Grad-CAM: " + name() + " has no convolution or attention that gives maps"
                            + " of this image, and Grad-CAM needs feature maps; an occlusion map works for any network");
        }
        return found;
    }

    private Site lastAttention() {
        String path = "";
        for (Part part : parts) {
            path = part.module() instanceof MultiHeadAttention ? part.path() : path;
        }
        return new Site(path, true);
    }

    /** @throws IllegalArgumentException if there is no such part, or it gives no maps */
    Site mapsOf(String path) {
        for (Part part : parts) {
            if (part.path().equals(path) && hasPlanes(part.output())) {
                return new Site(path, false);
            }
        }
        List<String> known = parts.stream()
                .filter(part -> hasPlanes(part.output()))
                .map(Part::path)
                .filter(each -> !each.isEmpty())
                .distinct()
                .toList();
        throw new IllegalArgumentException("layer " + path + ": " + name()
                + " has no part of that name that gives feature maps; there is " + known);
    }

    /**
     * Parts whose maps tell the way of an image through the network: as deep as makes no more than {@code most}, after their norm
     * and activation; of branches what they are joined to.
     */
    List<Part> stages(int most) {
        List<Part> stages = List.of();
        for (int depth = 1; ; depth++) {
            List<Part> deeper = stages(visible(depth));
            if (deeper.equals(stages) || (deeper.size() > most && !stages.isEmpty())) {
                return joined(stages);
            }
            stages = deeper;
        }
    }

    /** With the outermost part that joins branches in the place of these. */
    private List<Part> joined(List<Part> stages) {
        List<Part> joining = parts.stream()
                .filter(part -> part.joins() && hasPlanes(part.output()))
                .toList();
        Set<Part> shown = new HashSet<>();
        for (Part stage : stages) {
            shown.add(joining.stream()
                    .filter(stage::isIn)
                    .reduce((inner, outer) -> outer)
                    .orElse(stage));
        }
        return parts.stream().filter(shown::contains).toList();
    }

    /** Without those that the next one only finishes. */
    private List<Part> stages(List<Part> visible) {
        List<Part> result = new ArrayList<>();
        for (int i = 0; i < visible.size(); i++) {
            Part part = visible.get(i);
            boolean finishedByNext =
                    i + 1 < visible.size() && finishes(visible.get(i + 1).module());
            if (hasPlanes(part.output()) && !finishedByNext) {
                result.add(part);
            }
        }
        return result;
    }

    private static boolean finishes(Module module) {
        return module instanceof ActivationLayer
                || module instanceof BatchNorm2d
                || module instanceof LocalResponseNorm;
    }

    /** Parts as deep as {@code depth}, and those less deep that hold no others. */
    private List<Part> visible(int depth) {
        Set<String> holders = new HashSet<>();
        for (Part part : parts) {
            int end = part.path().lastIndexOf('.');
            holders.add(end < 0 ? "" : part.path().substring(0, end));
        }
        return parts.stream()
                .filter(part -> !part.path().isEmpty())
                .filter(part -> {
                    int own = part.path().split("\\.").length;
                    return own == depth || (own < depth && !holders.contains(part.path()));
                })
                .filter(part -> !(part.module() instanceof Dropout
                        || part.module() instanceof StochasticDepth
                        || part.module() instanceof Identity))
                .toList();
    }

    /**
     * The layer that makes logits of features: the last linear one, or the last convolution where there is none.
     *
     * @throws IllegalArgumentException if there is neither
     */
    Site features() {
        return last(Linear.class) != null ? last(Linear.class) : features(last(Conv2d.class));
    }

    private Site features(Site convolution) {
        if (convolution == null) {
            throw new IllegalArgumentException("features: " + name()
                    + " has no linear layer and no convolution, whose input would be an image's features");
        }
        return convolution;
    }

    private Site last(Class<? extends Module> kind) {
        Site last = null;
        for (Part part : parts) {
            last = kind.isInstance(part.module()) ? new Site(part.path(), true) : last;
        }
        return last;
    }

    private String name() {
        return "the network " + network;
    }
}
