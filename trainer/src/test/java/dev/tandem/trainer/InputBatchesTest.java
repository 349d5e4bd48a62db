package dev.tandem.trainer;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.backend.DeviceOptions;
import dev.tandem.data.BatchLoader;
import dev.tandem.data.InMemoryDataset;
import dev.tandem.data.Normalization;
import dev.tandem.tensor.Device;
import java.util.List;
import org.junit.jupiter.api.Test;

class InputBatchesTest {
    @Test
    void imagesOfOtherChannelsAreRefused() {
        InMemoryDataset colours = new InMemoryDataset("colours", 3, 2, 2, List.of("a"), new byte[2], new byte[24]);
        NetworkSpec grey = new NetworkSpec("small", 1, 2, 2, List.of("a"), Normalization.zeroToOne(1));
        try (Device device = Device.open("cpu", DeviceOptions.DEFAULT.withThreads(1));
                BatchLoader loader = BatchLoader.inOrder(colours, 2)) {
            assertThatThrownBy(() -> InputBatches.images(loader.next(), grey, device))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("a batch of images of 3 channels: the network small takes 1");
        }
    }
}
