package dev.tandem.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.tensor.DeviceException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ParallelTest {
    @Test
    void noTwoOpenDevicesShareANumberHoweverManyWereOpenBefore() {
        try (Parallel lasting = new Parallel(1)) {
            for (int i = 0; i < 2 * OpenMp.MOST_DEVICES; i++) {
                try (Parallel passing = new Parallel(1)) {
                    assertThat(passing.device()).isNotEqualTo(lasting.device());
                }
            }
        }
    }

    @Test
    void moreThanThereIsRoomForAreRefused() {
        List<Parallel> open = new ArrayList<>();
        try {
            assertThatThrownBy(() -> {
                        for (int i = 0; i <= OpenMp.MOST_DEVICES; i++) {
                            open.add(new Parallel(1));
                        }
                    })
                    .isInstanceOf(DeviceException.class)
                    .hasMessage("device cpu: 1024 are open in this process already, which is the most; close those that"
                            + " are not needed");
            assertThat(open.stream().map(Parallel::device).collect(Collectors.toSet()))
                    .hasSameSizeAs(open);
        } finally {
            open.forEach(Parallel::close);
        }
        new Parallel(1).close();
    }
}
