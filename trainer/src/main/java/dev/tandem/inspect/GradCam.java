package dev.tandem.inspect;

import dev.tandem.nn.Module;
import dev.tandem.tensor.Scope;
import dev.tandem.tensor.Tensor;
import java.util.function.Consumer;

/**
 * Where a network sees a class in an image: Grad-CAM (Selvaraju et al. 2017, https://arxiv.org/abs/1610.02391). Each feature map
 * counts by the mean gradient of the class's score with respect to it, and what speaks for the class is kept: {@code
 * relu(Σₖ αₖ Aᵏ)}, {@code αₖ = mean ∂score/∂Aᵏ}. In a vision transformer the tokens of the patches are the maps.
 *
 * @param layer whose maps these are
 * @param map of the maps' own size; not negative
 */
public record GradCam(String layer, HeatMap map) {
    /**
     * On the last feature maps before places are joined.
     *
     * @param image {@code [1, C, H, W]}, as the network takes it
     * @param target the class
     * @throws IllegalArgumentException if the network has neither convolution nor attention
     */
    public static GradCam of(Module network, Tensor image, int target) {
        Anatomy anatomy = Anatomy.of(network, image);
        return of(network, anatomy, anatomy.lastMaps(), image, target);
    }

    /**
     * On the feature maps that a part gives.
     *
     * @param layer its name, such as {@code layer3}
     * @throws IllegalArgumentException if there is no such part or it gives no maps, saying which do
     */
    public static GradCam of(Module network, Tensor image, int target, String layer) {
        Anatomy anatomy = Anatomy.of(network, image);
        return of(network, anatomy, anatomy.mapsOf(layer), image, target);
    }

    private static GradCam of(Module network, Anatomy anatomy, Anatomy.Site site, Tensor image, int target) {
        Planes[] maps = new Planes[2]; // values, gradients
        Consumer<Tensor> watch = tensor -> {
            maps[0] = anatomy.planes(tensor);
            tensor.onGradient(gradient -> maps[1] = anatomy.planes(gradient));
        };
        try (Scope scope = Scope.open()) {
            Tensor leaf = image.detach().requireGradient();
            Tensor logits = Watching.apply(network, leaf, new SiteObserver(site, watch));
            checkClass(target, logits);
            logits.select(1, target).sum().backward();
        }
        return new GradCam(site.toString(), weighted(maps[0], maps[1]));
    }

    static void checkClass(int target, Tensor logits) {
        if (target < 0 || target >= logits.size(1)) {
            throw new IllegalArgumentException("class " + target + ": the network tells " + logits.size(1)
                    + " classes apart; use 0 to " + (logits.size(1) - 1));
        }
    }

    /** @param gradients null if none came back */
    private static HeatMap weighted(Planes maps, Planes gradients) {
        int places = maps.height() * maps.width();
        double[] sum = new double[places];
        for (int k = 0; gradients != null && k < maps.channels(); k++) {
            double weight = 0;
            for (int i = 0; i < places; i++) {
                weight += gradients.values()[k * places + i] / places;
            }
            for (int i = 0; i < places; i++) {
                sum[i] += weight * maps.values()[k * places + i];
            }
        }
        float[] values = new float[places];
        for (int i = 0; i < places; i++) {
            values[i] = (float) Math.max(0, sum[i]);
        }
        return new HeatMap(maps.height(), maps.width(), values);
    }
}
