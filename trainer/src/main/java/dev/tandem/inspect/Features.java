package dev.tandem.inspect;

import dev.tandem.nn.Module;
import dev.tandem.tensor.Autograd;
import dev.tandem.tensor.Scope;
import dev.tandem.tensor.Tensor;
import java.util.Arrays;

/**
 * What a network knows of an image just before it names a class: the input of its last linear layer. Where the last layer is a
 * convolution, as in SqueezeNet, the mean of its input over all places.
 */
public final class Features {
    private final Module network;
    private final Anatomy.Site site;

    private Features(Module network, Anatomy.Site site) {
        this.network = network;
        this.site = site;
    }

    /** @param example {@code [1, C, H, W]}: any image as the network takes it */
    public static Features of(Module network, Tensor example) {
        return new Features(network, Anatomy.of(network, example).features());
    }

    /** The layer that the features go into. */
    public String layer() {
        return site.path();
    }

    /**
     * @param images {@code [N, C, H, W]}, as the network takes them
     * @return a row for each image
     */
    public float[][] compute(Tensor images) {
        float[][] rows = new float[(int) images.size(0)][];
        try (Scope scope = Scope.open();
                Autograd.NoGrad off = Autograd.noGrad()) {
            Watching.apply(network, images, new SiteObserver(site, input -> {
                Tensor features = input.rank() == 4 ? input.mean(2, 3) : input;
                float[] values = features.toFloatArray();
                int length = values.length / rows.length;
                for (int i = 0; i < rows.length; i++) {
                    rows[i] = Arrays.copyOfRange(values, i * length, (i + 1) * length);
                }
            }));
        }
        return rows;
    }
}
