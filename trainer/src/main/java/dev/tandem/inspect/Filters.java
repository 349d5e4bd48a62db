package dev.tandem.inspect;

import dev.tandem.nn.Conv2d;
import dev.tandem.nn.Linear;
import dev.tandem.nn.Module;
import dev.tandem.nn.Parameter;
import dev.tandem.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * What the first layer looks for, as in figure 3 of Krizhevsky et al. 2012 (https://papers.nips.cc/paper/4824): the kernels of
 * the first convolution, or for a network that begins with a linear layer, the weights of each of its outputs in the image's
 * shape. Where that layer is the only one, these are templates of the classes.
 *
 * @param layer its name
 * @param isTemplates whether each belongs to a class
 * @param filters weights as they are
 */
public record Filters(String layer, boolean isTemplates, List<Planes> filters) {
    /**
     * @param channels of the images that the network takes; {@code height} and {@code width} likewise
     * @throws IllegalArgumentException if its first layer is of neither kind
     */
    public static Filters of(Module network, int channels, int height, int width) {
        List<Map.Entry<String, Module>> layers = new ArrayList<>();
        network.visit((path, module) -> {
            if (module instanceof Conv2d || module instanceof Linear) {
                layers.add(Map.entry(path, module));
            }
        });
        String path = layers.isEmpty() ? "" : layers.get(0).getKey();
        Module first = layers.isEmpty() ? null : layers.get(0).getValue();
        if (first instanceof Linear && ((Linear) first).inFeatures() == channels * height * width) {
            return new Filters(path, layers.size() == 1, cut(((Linear) first).weight(), channels, height, width));
        }
        if (first instanceof Conv2d) {
            Parameter weight = ((Conv2d) first).weight();
            Shape shape = weight.shape();
            if (shape.size(1) == 1 || shape.size(1) == 3) {
                int each = (int) shape.size(1);
                return new Filters(path, false, cut(weight, each, (int) shape.size(2), (int) shape.size(3)));
            }
        }
        throw new IllegalArgumentException("filters: the network " + network + " begins with "
                + (first == null ? "no layer that has weights" : first)
                + ", not with a convolution over 1 or 3 channels or a linear layer over all pixels; there are no"
                + " filters that can be seen as images");
    }

    private static List<Planes> cut(Parameter weight, int channels, int height, int width) {
        float[] values = weight.value().toFloatArray();
        int size = channels * height * width;
        List<Planes> filters = new ArrayList<>();
        for (int from = 0; from < values.length; from += size) {
            filters.add(new Planes(channels, height, width, Arrays.copyOfRange(values, from, from + size)));
        }
        return filters;
    }
}
