package dev.tandem.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class HostTensorTest {
    @Test
    void arraysComeBackAsTheyWere() {
        float[] floats = {1f, -0f, Float.NaN, Float.MAX_VALUE};
        assertThat(HostTensor.of(floats, Shape.of(2, 2)).toFloatArray()).isEqualTo(floats);
        long[] longs = {Long.MIN_VALUE, 5};
        assertThat(HostTensor.of(longs, Shape.of(2)).toLongArray()).isEqualTo(longs);
        int[] ints = {Integer.MIN_VALUE, 5};
        assertThat(HostTensor.of(ints, Shape.of(2)).toIntArray()).isEqualTo(ints);
        assertThat(HostTensor.of(ints, Shape.of(2)).toLongArray()).containsExactly(Integer.MIN_VALUE, 5);
        byte[] bytes = {-1, 5};
        assertThat(HostTensor.of(bytes, Shape.of(2)).toByteArray()).isEqualTo(bytes);
        assertThat(HostTensor.of(bytes, Shape.of(2)).toLongArray()).containsExactly(255, 5);
    }

    @Test
    void aTensorIsACopyOfItsArray() {
        float[] values = {1f};
        HostTensor tensor = HostTensor.of(values, Shape.of(1));
        values[0] = 2f;
        assertThat(tensor.toFloatArray()).containsExactly(1f);
    }

    @Test
    void bytesAreLittleEndian() {
        assertThat(HostTensor.of(new int[] {0x01020304}, Shape.of(1)).data().toArray(ValueLayout.JAVA_BYTE))
                .containsExactly(4, 3, 2, 1);
    }

    @Test
    void unalignedMemoryIsRead() {
        MemorySegment memory = MemorySegment.ofArray(new byte[] {9, 0, 0, (byte) 0x80, 0x3f, 9});
        HostTensor tensor = new HostTensor(DType.FLOAT32, Shape.of(1), memory.asSlice(1, 4));
        assertThat(tensor.toFloatArray()).containsExactly(1f);
        HostTensor half = new HostTensor(DType.BFLOAT16, Shape.of(1), memory.asSlice(3, 2));
        assertThat(half.toFloatArray()).containsExactly(1f);
    }

    @Test
    void contentsAreCompared() {
        HostTensor tensor = HostTensor.of(new int[] {1, 2}, Shape.of(2));
        assertThat(tensor.contentEquals(HostTensor.of(new int[] {1, 2}, Shape.of(2))))
                .isTrue();
        assertThat(tensor.contentEquals(HostTensor.of(new int[] {1, 3}, Shape.of(2))))
                .isFalse();
        assertThat(tensor.contentEquals(HostTensor.of(new int[] {1, 2}, Shape.of(1, 2))))
                .isFalse();
        assertThat(tensor.contentEquals(new HostTensor(DType.FLOAT32, Shape.of(2), tensor.data())))
                .isFalse();
    }

    @Test
    void whatDoesNotFitIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> HostTensor.of(new float[3], Shape.of(2, 2)))
                .withMessage("host tensor [2, 2]: 3 values were given, the shape has 4 elements");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new HostTensor(DType.INT64, Shape.of(2), MemorySegment.ofArray(new byte[15])))
                .withMessage("host tensor INT64[2]: 15 bytes were given, it needs 16");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> HostTensor.of(new long[1], Shape.of(1)).toFloatArray())
                .withMessageContaining("INT64[1]: a float array holds elements of FLOAT32, BFLOAT16, FLOAT16 only");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> HostTensor.of(new float[1], Shape.of(1)).toLongArray());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> HostTensor.of(new long[1], Shape.of(1)).toIntArray());
    }
}
