package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.backend.pool.Block;
import dev.tandem.backend.pool.CachingAllocator;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Shape;
import dev.tandem.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The mode for tests that finds writes outside of blocks. */
class GuardedMemoryTest {
    private static CachingAllocator allocator() {
        CachingAllocator allocator = new CachingAllocator("cpu", new GuardedMemory(), 1 << 20, false);
        allocator.keepNothing();
        return allocator;
    }

    private static void write(long address) {
        NativeMemory.ALL.set(JAVA_BYTE, address, (byte) 0);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 4, 5, 512, 4095})
    void aByteWrittenPastABlockIsFoundWhenItIsReleased(long bytes) {
        CachingAllocator allocator = allocator();
        Block block = allocator.allocate(bytes, "a test's block");
        write(block.address + bytes);
        assertThatThrownBy(() -> allocator.release(block))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("byte 0 behind the " + bytes + " bytes of a test's block");
    }

    @Test
    void aByteWrittenBeforeABlockIsFoundWhenTheDeviceCloses() {
        CachingAllocator allocator = allocator();
        Block block = allocator.allocate(5, "a test's block");
        write(block.address - 3);
        assertThatThrownBy(allocator::close)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("byte 3 before the 5 bytes of a test's block");
    }

    @Test
    void everyByteOfABlockMayBeWritten() {
        CachingAllocator allocator = allocator();
        Block block = allocator.allocate(7, "a test's block");
        for (int i = 0; i < 7; i++) {
            write(block.address + i);
        }
        assertThatCode(() -> allocator.release(block)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT32", "FLOAT16", "BFLOAT16"})
    void elementsThatWereNeverWrittenAreNotANumber(DType dtype) {
        String before = System.getProperty(GuardedMemory.PROPERTY);
        System.setProperty(GuardedMemory.PROPERTY, "true");
        try (Device device = Device.open("cpu")) {
            Tensor fresh = Tensor.empty(device, dtype, Shape.of(3));
            assertThat(fresh.cast(DType.FLOAT32).toFloatArray()).containsOnly(Float.NaN);
        } finally {
            if (before == null) {
                System.clearProperty(GuardedMemory.PROPERTY);
            } else {
                System.setProperty(GuardedMemory.PROPERTY, before);
            }
        }
    }
}
