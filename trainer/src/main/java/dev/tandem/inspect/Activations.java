package dev.tandem.inspect;

import dev.tandem.nn.Module;
import dev.tandem.tensor.Autograd;
import dev.tandem.tensor.Scope;
import dev.tandem.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a layer made of an image: its feature maps, or a vision transformer's tokens in the order of their patches.
 *
 * @param layer its name
 * @param kind its class, such as {@code ReLU}
 */
public record Activations(String layer, String kind, Planes maps) {
    /**
     * The stages of a network, in the order in which an image goes through: as deep into its parts as makes no more than {@code
     * most} of them, each after its norm and activation. Empty for a network without maps.
     *
     * @param image {@code [1, C, H, W]}, as the network takes it
     */
    public static List<Activations> of(Module network, Tensor image, int most) {
        Anatomy anatomy = Anatomy.of(network, image);
        Map<String, Activations> stages = new LinkedHashMap<>();
        anatomy.stages(most).forEach(stage -> stages.put(stage.path(), null));
        try (Scope scope = Scope.open();
                Autograd.NoGrad off = Autograd.noGrad()) {
            Watching.apply(network, image, (path, module, input, output) -> {
                if (stages.containsKey(path)) {
                    String kind = module.getClass().getSimpleName();
                    stages.put(path, new Activations(path, kind, anatomy.planes(output)));
                }
            });
        }
        return List.copyOf(stages.values());
    }
}
