package dev.tandem.models;

import static dev.tandem.nn.Layers.conv;
import static dev.tandem.nn.Layers.dropout;
import static dev.tandem.nn.Layers.gelu;
import static dev.tandem.nn.Layers.layerNorm;
import static dev.tandem.nn.Layers.linear;
import static dev.tandem.nn.Layers.sequential;

import dev.tandem.nn.Conv2d;
import dev.tandem.nn.Initializers;
import dev.tandem.nn.LayerNorm;
import dev.tandem.nn.Linear;
import dev.tandem.nn.Module;
import dev.tandem.nn.MultiHeadAttention;
import dev.tandem.nn.Parameter;
import dev.tandem.nn.Sequential;
import dev.tandem.nn.functional.InputShapeException;
import dev.tandem.tensor.Shape;
import dev.tandem.tensor.Tensor;
import java.util.List;

/**
 * Vision transformer (Dosovitskiy et al. 2020, https://arxiv.org/abs/2010.11929): an image is cut into patches, and each becomes a
 * token beside one for the class.
 *
 * <p>Settings: {@code patch} (its side in pixels, which divides the image's), {@code layers}, {@code heads}, {@code hidden} (the
 * size of a token, divisible by the heads), {@code mlp} (the size within a layer's two linear layers), {@code dropout}.
 */
final class VisionTransformer extends Module {
    private static final String PAPER = "Dosovitskiy et al., https://arxiv.org/abs/2010.11929";
    private static final String DEIT = "Touvron et al., https://arxiv.org/abs/2012.12877";

    static List<ModelEntry> entries() {
        ModelOptions images = Families.IMAGENET;
        ModelOptions small = Families.CIFAR;
        return List.of(
                entry("vit_b_16", PAPER, images, 16, 12, 12, 768).published(81.072, 95.318),
                entry("vit_b_32", PAPER, images, 32, 12, 12, 768).published(75.912, 92.466),
                entry("vit_l_16", PAPER, images, 16, 24, 16, 1024)
                        .published(79.662, 94.638)
                        .pixels(Pixels.IMAGENET.resize(242)),
                entry("vit_ti_16", DEIT, images, 16, 12, 3, 192)
                        .published(72.2, 91.1)
                        .pixels(Pixels.IMAGENET.bicubic()),
                entry("vit_s_16", DEIT, images, 16, 12, 6, 384)
                        .published(79.9, 95.0)
                        .pixels(Pixels.IMAGENET.bicubic()),
                entry("vit_ti_4_cifar", PAPER + ", for small images", small, 4, 12, 3, 192),
                entry("vit_s_4_cifar", PAPER + ", for small images", small, 4, 12, 6, 384),
                ModelEntry.of(
                        "vit_custom",
                        2020,
                        PAPER + ", of any size",
                        options(small, 8, 2, 4, 64).with("mlp", 128),
                        VisionTransformer::new));
    }

    private static ModelEntry entry(
            String name, String paper, ModelOptions images, int patch, int layers, int heads, int hidden) {
        return ModelEntry.of(name, 2020, paper, options(images, patch, layers, heads, hidden), VisionTransformer::new)
                .least(patch);
    }

    private static ModelOptions options(ModelOptions images, int patch, int layers, int heads, int hidden) {
        return images.with("patch", patch)
                .with("layers", layers)
                .with("heads", heads)
                .with("hidden", hidden)
                .with("mlp", 4 * hidden)
                .with("dropout", 0.0);
    }

    private final int hidden;
    private final Parameter classToken;
    private final Conv2d patches;
    private final Encoder encoder;
    private final Sequential heads;

    VisionTransformer(ModelOptions options) {
        int patch = options.integer("patch");
        if (options.imageSize() % patch != 0) {
            throw new IllegalArgumentException("vision transformer: images of " + options.imageSize() + "×"
                    + options.imageSize() + " cannot be cut into patches of " + patch + "×" + patch
                    + "; the image's side must be divisible by the patch's");
        }
        hidden = options.integer("hidden");
        int perSide = options.imageSize() / patch;
        float deviation = (float) Math.sqrt(1.0 / (options.channels() * patch * patch));
        classToken = parameter("class_token", Parameter.Kind.WEIGHT, Initializers.zeros(), 1, 1, hidden);
        patches = child(
                "conv_proj",
                conv(options.channels(), hidden, patch)
                        .stride(patch)
                        .init(Initializers.normal(0, deviation))
                        .initBias(Initializers.zeros()));
        encoder = child("encoder", new Encoder(options, hidden, perSide * perSide + 1));
        Linear head =
                linear(hidden, options.classes()).init(Initializers.zeros()).initBias(Initializers.zeros());
        heads = child("heads", new Sequential().add("head", head));
    }

    @Override
    protected Tensor forward(Tensor input) {
        Tensor grid = patches.apply(input); // [N, hidden, rows, columns]
        Tensor tokens = grid.flatten(2).transpose(1, 2);
        Tensor token = classToken.value().expand(Shape.of(input.size(0), 1, hidden));
        Tensor encoded = encoder.apply(Tensor.concat(1, token, tokens));
        return heads.apply(encoded.select(1, 0));
    }

    /** Adds to each token what its position is, then lets them look at each other, layer by layer. */
    private static final class Encoder extends Module {
        private final Parameter positions;
        private final Module dropout;
        private final Sequential layers;
        private final LayerNorm norm;

        Encoder(ModelOptions options, int hidden, int tokens) {
            positions =
                    parameter("pos_embedding", Parameter.Kind.WEIGHT, Initializers.normal(0, 0.02f), 1, tokens, hidden);
            dropout = child("dropout", dropout(options.probability("dropout")));
            layers = child("layers", new Sequential());
            for (int i = 0; i < options.integer("layers"); i++) {
                layers.add("encoder_layer_" + i, new EncoderLayer(options, hidden));
            }
            norm = child("ln", norm(hidden));
        }

        @Override
        protected Tensor forward(Tensor tokens) {
            long built = positions.shape().size(1);
            if (tokens.size(1) != built) {
                throw new InputShapeException(
                        "Encoder",
                        "the image gives " + (tokens.size(1) - 1) + " patches, the network was built for " + (built - 1)
                                + "; build it for images of this size");
            }
            return norm.apply(layers.apply(dropout.apply(tokens.add(positions.value()))));
        }
    }

    /** Attention, then two linear layers; what comes in is normalised before each and added after it. */
    private static final class EncoderLayer extends Module {
        private final LayerNorm norm1;
        private final MultiHeadAttention attention;
        private final Module dropout;
        private final LayerNorm norm2;
        private final Sequential mlp;

        EncoderLayer(ModelOptions options, int hidden) {
            float probability = options.probability("dropout");
            int inner = options.integer("mlp");
            norm1 = child("ln_1", norm(hidden));
            attention = child("self_attention", new MultiHeadAttention(hidden, options.integer("heads")));
            dropout = child("dropout", dropout(probability));
            norm2 = child("ln_2", norm(hidden));
            mlp = child(
                    "mlp",
                    sequential(
                            start(linear(hidden, inner)),
                            gelu(),
                            dropout(probability),
                            start(linear(inner, hidden)),
                            dropout(probability)));
            mlp.formerly("linear_1", "0").formerly("linear_2", "3"); // as torchvision called them before 0.13
        }

        @Override
        protected Tensor forward(Tensor input) {
            Tensor attended = dropout.apply(attention.apply(norm1.apply(input)));
            Tensor x = input.add(attended);
            return x.add(mlp.apply(norm2.apply(x)));
        }

        private static Linear start(Linear layer) {
            return layer.init(Initializers.xavierUniform()).initBias(Initializers.normal(0, 1e-6f));
        }
    }

    private static LayerNorm norm(int hidden) {
        return layerNorm(hidden).epsilon(1e-6f);
    }
}
