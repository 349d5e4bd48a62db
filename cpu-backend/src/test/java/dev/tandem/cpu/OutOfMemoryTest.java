package dev.tandem.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tandem.backend.DeviceOptions;
import dev.tandem.backend.MemoryStats;
import dev.tandem.backend.OutOfDeviceMemoryException;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Scope;
import dev.tandem.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** A limit on memory holds, and an error at it says what a person needs to know. */
class OutOfMemoryTest {
    private static final DeviceOptions TEN_MEBIBYTES = DeviceOptions.DEFAULT.withMemoryLimit(10 << 20);

    private static Tensor mebibytes(Device device, int count) {
        return Tensor.full(device, 0, DType.FLOAT32, count, 1 << 18);
    }

    @Test
    void theMessageTellsWhatWasAskedForAndWhereTheMemoryIs() {
        try (Device device = Device.open("cpu", TEN_MEBIBYTES)) {
            mebibytes(device, 6);
            Tensor freed = mebibytes(device, 2);
            freed.release();
            OutOfDeviceMemoryException error =
                    catchThrowableOfType(OutOfDeviceMemoryException.class, () -> mebibytes(device, 5));
            assertThat(error)
                    .hasMessageContaining("5.0 MiB") // asked for
                    .hasMessageContaining("float32 [5, 262144]")
                    .hasMessageContaining("6.0 MiB in 1 blocks are live")
                    .hasMessageContaining("cached")
                    .hasMessageContaining("peak was 8.0 MiB")
                    .hasMessageContaining("limit is 10.0 MiB")
                    .hasMessageContaining("smaller batch");
            assertThat(error.requestedBytes()).isEqualTo(5 << 20);
            assertThat(error.stats().liveBytes()).isEqualTo(6 << 20);
        }
    }

    @Test
    void whatIsCachedMakesRoomFirst() {
        try (Device device = Device.open("cpu", TEN_MEBIBYTES)) {
            mebibytes(device, 4).release();
            mebibytes(device, 5).release();
            mebibytes(device, 9); // neither block can be it, and both together with it are above the limit
            MemoryStats stats = device.memoryStats();
            assertThat(stats.liveBytes()).isEqualTo(9 << 20);
            assertThat(stats.liveBytes() + stats.cachedBytes()).isLessThanOrEqualTo(10 << 20);
        }
    }

    @Test
    void theDeviceWorksOnAfterwards() {
        try (Device device = Device.open("cpu", TEN_MEBIBYTES)) {
            Tensor kept = mebibytes(device, 3);
            assertThatThrownBy(() -> {
                        try (Scope step = Scope.open()) {
                            Tensor a = mebibytes(device, 3);
                            a.add(1).add(2); // 12 MiB in all
                        }
                    })
                    .isInstanceOf(OutOfDeviceMemoryException.class);
            assertThat(device.memoryStats().liveBytes()).isEqualTo(3 << 20);
            assertThat(kept.add(1).sum().item()).isEqualTo(3 << 18);
        }
    }
}
