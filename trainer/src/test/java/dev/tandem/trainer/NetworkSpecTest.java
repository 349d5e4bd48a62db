package dev.tandem.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.data.Normalization;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class NetworkSpecTest {
    private static final NetworkSpec SPEC =
            new NetworkSpec("own", 3, 24, 20, List.of("a", "b"), Normalization.zeroToOne(3));

    private static NetworkSpec read(Map<String, String> changes) {
        Map<String, String> metadata = new TreeMap<>(SPEC.toMetadata());
        metadata.putAll(changes);
        return NetworkSpec.fromMetadata("some.safetensors", metadata);
    }

    @Test
    void metadataGivesTheSpecBack() {
        assertThat(read(Map.of())).isEqualTo(SPEC);
    }

    @Test
    void normalizationForOtherChannelsIsRefused() {
        for (int means : new int[] {1, 2, 4}) {
            assertThatThrownBy(() -> new NetworkSpec("own", 3, 24, 24, List.of("a"), Normalization.zeroToOne(means)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("network own: images of 3 channels, a normalization of " + means
                            + "; it needs a mean and a scale for each channel, as Normalization.zeroToOne(3) has");
        }
    }

    @Test
    void imagesWithoutPixelsAreRefused() {
        for (int[] size : new int[][] {{0, 24, 24}, {3, 0, 24}, {3, 24, -1}}) {
            assertThatThrownBy(() ->
                            new NetworkSpec("own", size[0], size[1], size[2], List.of("a"), Normalization.zeroToOne(3)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("at least 1");
        }
    }

    @Test
    void metadataThatContradictsItselfNamesTheFile() {
        for (Map<String, String> changes : List.of(
                Map.of("tandem.mean", "0.0", "tandem.scale", "0.5"),
                Map.of("tandem.mean", "0.0,1.0"),
                Map.of("tandem.scale", "0.1,NaN,0.1"),
                Map.of("tandem.input", "1x24x20"),
                Map.of("tandem.input", "3x24"),
                Map.of("tandem.input", "3x-24x20"),
                Map.of("tandem.input", "3x24xwide"))) {
            assertThatThrownBy(() -> read(changes))
                    .as("%s", changes)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("some.safetensors: its metadata does not describe a network: ");
        }
    }
}
