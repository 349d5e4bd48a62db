package dev.tandem.models;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Images are prepared as the published weights want them: torchvision's {@code *_Weights.IMAGENET1K_V1.transforms} (0.15 and later), and
 * what the builders set beside it ({@code transform_input}); for the others, their own repositories.
 */
class PixelsTest {
    private static final String TABLE = """
            alexnet            224 256 BILINEAR imagenet
            vgg11              224 256 BILINEAR imagenet
            vgg11_bn           224 256 BILINEAR imagenet
            vgg13              224 256 BILINEAR imagenet
            vgg13_bn           224 256 BILINEAR imagenet
            vgg16              224 256 BILINEAR imagenet
            vgg16_bn           224 256 BILINEAR imagenet
            vgg19              224 256 BILINEAR imagenet
            vgg19_bn           224 256 BILINEAR imagenet
            googlenet          224 256 BILINEAR half
            inception_v3       299 342 BILINEAR half
            resnet18           224 256 BILINEAR imagenet
            resnet34           224 256 BILINEAR imagenet
            resnet50           224 256 BILINEAR imagenet
            resnet101          224 256 BILINEAR imagenet
            resnet152          224 256 BILINEAR imagenet
            wide_resnet50_2    224 256 BILINEAR imagenet
            resnext50_32x4d    224 256 BILINEAR imagenet
            squeezenet1_0      224 256 BILINEAR imagenet
            squeezenet1_1      224 256 BILINEAR imagenet
            densenet121        224 256 BILINEAR imagenet
            mobilenet_v2       224 256 BILINEAR imagenet
            mobilenet_v3_small 224 256 BILINEAR imagenet
            mobilenet_v3_large 224 256 BILINEAR imagenet
            efficientnet_b0    224 256 BICUBIC  imagenet
            efficientnet_b1    240 256 BICUBIC  imagenet
            efficientnet_b2    288 288 BICUBIC  imagenet
            efficientnet_b3    300 320 BICUBIC  imagenet
            efficientnet_b4    380 384 BICUBIC  imagenet
            efficientnet_b5    456 456 BICUBIC  imagenet
            efficientnet_b6    528 528 BICUBIC  imagenet
            efficientnet_b7    600 600 BICUBIC  imagenet
            vit_b_16           224 256 BILINEAR imagenet
            vit_b_32           224 256 BILINEAR imagenet
            vit_l_16           224 242 BILINEAR imagenet
            convnext_tiny      224 236 BILINEAR imagenet
            vit_ti_16          224 256 BICUBIC  imagenet
            vit_s_16           224 256 BICUBIC  imagenet
            alexnet_2012       227 256 BILINEAR imagenet
            plain18            224 256 BILINEAR imagenet
            plain34            224 256 BILINEAR imagenet
            mobilenet_v1       224 256 BILINEAR imagenet
            mobilenet_v2_tf    224 256 BILINEAR slim
            resnet20           32  32  BILINEAR imagenet
            resnet32           32  32  BILINEAR imagenet
            resnet44           32  32  BILINEAR imagenet
            resnet56           32  32  BILINEAR imagenet
            resnet110          32  32  BILINEAR imagenet
            resnet18_cifar     32  32  BILINEAR cifar10
            resnet34_cifar     32  32  BILINEAR cifar10
            resnet50_cifar     32  32  BILINEAR cifar10
            vit_ti_4_cifar     32  32  BILINEAR imagenet
            vit_s_4_cifar      32  32  BILINEAR imagenet
            vit_custom         32  32  BILINEAR imagenet
            perceptron         28  28  BILINEAR unit
            linear             28  28  BILINEAR unit
            mlp                28  28  BILINEAR unit
            mlp_300            28  28  BILINEAR unit
            mlp_300_100        28  28  BILINEAR unit
            lenet5_1998        28  28  BILINEAR unit
            lenet5             28  28  BILINEAR unit
            """;

    private static double[] mean(String kind) {
        return switch (kind) {
            case "imagenet" -> new double[] {0.485, 0.456, 0.406};
            case "half" -> new double[] {0.5, 0.5, 0.5};
            case "slim" -> new double[] {128 / 255.0, 128 / 255.0, 128 / 255.0};
            case "cifar10" -> new double[] {0.4914, 0.4822, 0.4465};
            default -> new double[] {0};
        };
    }

    private static double[] deviation(String kind) {
        return switch (kind) {
            case "imagenet" -> new double[] {0.229, 0.224, 0.225};
            case "half" -> new double[] {0.5, 0.5, 0.5};
            case "slim" -> new double[] {128 / 255.0, 128 / 255.0, 128 / 255.0};
            case "cifar10" -> new double[] {0.2023, 0.1994, 0.2010};
            default -> new double[] {1};
        };
    }

    @Test
    void everyNetworksPublishedPreparationIsKnown() {
        List<String[]> rows = TABLE.lines().map(line -> line.trim().split(" +")).toList();
        assertThat(rows.stream().map(row -> row[0]))
                .containsExactlyInAnyOrderElementsOf(
                        Models.all().stream().map(ModelEntry::name).toList());
        for (String[] row : rows) {
            ModelEntry entry = Models.get(row[0]);
            Pixels pixels = entry.pixels();
            assertThat(entry.defaults().imageSize()).as(row[0]).isEqualTo(Integer.parseInt(row[1]));
            assertThat(pixels.resize()).as(row[0]).isEqualTo(Integer.parseInt(row[2]));
            assertThat(pixels.interpolation()).as(row[0]).hasToString(row[3]);
            assertThat(units(pixels.mean())).as(row[0]).containsExactly(mean(row[4]), Offset.offset(1e-12));
            assertThat(units(pixels.deviation())).as(row[0]).containsExactly(deviation(row[4]), Offset.offset(1e-12));
        }
    }

    private static double[] units(double[] pixels) {
        return Arrays.stream(pixels).map(value -> value / 255).toArray();
    }

    /** Torchvision normalises by ImageNet's numbers, then {@code transform_input} rescales each channel. */
    @Test
    void transformedPixelsAreTorchvisionsTransformOfNormalisedOnes() {
        double[] mean = mean("imagenet");
        double[] deviation = deviation("imagenet");
        for (String name : List.of("googlenet", "inception_v3")) {
            Pixels pixels = Models.get(name).pixels();
            for (int c = 0; c < 3; c++) {
                for (int pixel = 0; pixel < 256; pixel += 5) {
                    double normalised = (pixel / 255.0 - mean[c]) / deviation[c];
                    double expected = normalised * (deviation[c] / 0.5) + (mean[c] - 0.5) / 0.5;
                    assertThat((pixel - pixels.mean()[c]) / pixels.deviation()[c])
                            .isCloseTo(expected, Offset.offset(1e-12));
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "resnet18, 224, 256",
        "resnet18, 192, 219",
        "resnet18, 64, 64",
        "resnet20, 32, 32",
        "efficientnet_b2, 260, 260",
        "inception_v3, 299, 342",
        "inception_v3, 224, 256",
        "convnext_tiny, 288, 303"
    })
    void photosForOtherSizesAreScaledInProportion(String name, int imageSize, int resize) {
        assertThat(Models.get(name).resize(imageSize)).isEqualTo(resize);
    }

    @Test
    void otherChannelsTakeTheUsualNumbers() {
        assertThat(Models.get("resnet18").pixels(1).mean()).containsExactly(0);
        assertThat(Models.get("resnet18").pixels(1).deviation()).containsExactly(255);
        assertThat(Models.get("lenet5").pixels(3).mean())
                .isEqualTo(Models.get("resnet18").pixels().mean());
        assertThat(Models.get("googlenet").pixels(3))
                .isEqualTo(Models.get("googlenet").pixels());
    }
}
