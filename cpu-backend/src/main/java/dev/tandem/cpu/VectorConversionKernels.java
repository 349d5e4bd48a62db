package dev.tandem.cpu;

import static dev.tandem.cpu.Floats.BYTES;
import static dev.tandem.cpu.Floats.INTEGERS;
import static dev.tandem.cpu.Floats.LENGTH;
import static dev.tandem.cpu.Floats.load;
import static dev.tandem.cpu.Floats.store;
import static dev.tandem.cpu.Floats.whole;
import static java.nio.ByteOrder.nativeOrder;
import static jdk.incubator.vector.VectorOperators.AND;
import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.I2S;
import static jdk.incubator.vector.VectorOperators.IS_NAN;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.OR;
import static jdk.incubator.vector.VectorOperators.ZERO_EXTEND_B2I;
import static jdk.incubator.vector.VectorOperators.ZERO_EXTEND_S2I;

import dev.tandem.tensor.DType;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** What training converts all the time with the Vector API: the halves and bytes. The scalar twin does the rest. */
final class VectorConversionKernels implements ConversionKernels {
    private static final ConversionKernels REST = new ScalarConversionKernels();
    // As many elements as a vector has floats; bytes so short do not exist where vectors are short.
    private static final VectorSpecies<Short> SHORTS =
            VectorShape.forBitSize(16 * LENGTH).withLanes(short.class);
    private static final VectorSpecies<Byte> PIXELS =
            LENGTH >= 8 ? VectorShape.forBitSize(8 * LENGTH).withLanes(byte.class) : null;

    @Override
    public void convert(DType from, long x, DType to, long y, long count) {
        long done = whole(count) / Float.BYTES;
        if (from == DType.FLOAT32 && to == DType.BFLOAT16) {
            toBfloat16(x, y, done);
        } else if (from == DType.FLOAT32 && to == DType.FLOAT16) {
            toFloat16(x, y, done);
        } else if (from == DType.BFLOAT16 && to == DType.FLOAT32) {
            fromBfloat16(x, y, done);
        } else if (from == DType.FLOAT16 && to == DType.FLOAT32) {
            fromFloat16(x, y, done);
        } else if (from == DType.UINT8 && to == DType.FLOAT32 && PIXELS != null) {
            fromBytes(x, y, done);
        } else {
            done = 0;
        }
        REST.convert(from, x + done * from.bytes(), to, y + done * to.bytes(), count - done);
    }

    private static IntVector shorts(long address) {
        return (IntVector) ShortVector.fromMemorySegment(SHORTS, NativeMemory.ALL, address, nativeOrder())
                .convertShape(ZERO_EXTEND_S2I, INTEGERS, 0);
    }

    private static void storeShorts(IntVector vector, long address) {
        vector.convertShape(I2S, SHORTS, 0)
                .reinterpretAsShorts()
                .intoMemorySegment(NativeMemory.ALL, address, nativeOrder());
    }

    private static FloatVector pixels(long address) {
        return (FloatVector) ByteVector.fromMemorySegment(PIXELS, NativeMemory.ALL, address, nativeOrder())
                .convertShape(ZERO_EXTEND_B2I, INTEGERS, 0)
                .convert(I2F, 0);
    }

    private static void fromBfloat16(long x, long y, long count) {
        for (long i = 0; i < count; i += LENGTH) {
            store(shorts(x + 2 * i).lanewise(LSHL, 16).reinterpretAsFloats(), y + 4 * i);
        }
    }

    /** Adding just less than half of the last place, and one more where that is odd, carries into the upper half. */
    private static void toBfloat16(long x, long y, long count) {
        for (long i = 0; i < count; i += LENGTH) {
            FloatVector v = load(x + 4 * i);
            IntVector bits = v.reinterpretAsInts();
            IntVector odd = bits.lanewise(LSHR, 16).lanewise(AND, 1);
            IntVector rounded = bits.add(0x7fff).add(odd);
            IntVector nan = bits.lanewise(OR, 0x400000);
            IntVector chosen = rounded.blend(nan, v.test(IS_NAN).cast(INTEGERS));
            storeShorts(chosen.lanewise(LSHR, 16), y + 2 * i);
        }
    }

    /** The bits moved to a float32's places are the value times 2⁻¹¹², subnormals too. */
    private static void fromFloat16(long x, long y, long count) {
        for (long i = 0; i < count; i += LENGTH) {
            IntVector bits = shorts(x + 2 * i);
            IntVector sign = bits.lanewise(AND, 0x8000).lanewise(LSHL, 16);
            IntVector size = bits.lanewise(AND, 0x7fff).lanewise(LSHL, 13);
            IntVector scaled = size.reinterpretAsFloats().mul(0x1p112f).reinterpretAsInts();
            IntVector infinite = size.lanewise(OR, 0x7f800000);
            IntVector result = scaled.blend(infinite, size.compare(GE, 31 << 23));
            store(result.lanewise(OR, sign).reinterpretAsFloats(), y + 4 * i);
        }
    }

    private static void toFloat16(long x, long y, long count) {
        for (long i = 0; i < count; i += LENGTH) {
            IntVector bits = load(x + 4 * i).reinterpretAsInts();
            IntVector sign = bits.lanewise(LSHR, 16).lanewise(AND, 0x8000);
            IntVector size = bits.lanewise(AND, 0x7fffffff);
            // The exponent counts from 15, not 127; then as for bfloat16, 13 bits up.
            IntVector odd = size.lanewise(LSHR, 13).lanewise(AND, 1);
            IntVector normal = size.sub(112 << 23).add(0xfff).add(odd).lanewise(LSHR, 13);
            // Next to 0.5 a float32's last place is a float16's smallest number: adding rounds to it.
            IntVector small =
                    size.reinterpretAsFloats().add(0.5f).reinterpretAsInts().sub(126 << 23);
            IntVector nan = size.lanewise(LSHR, 13).lanewise(OR, 0x7e00);
            IntVector result = normal.blend(small, size.compare(LT, 113 << 23))
                    .blend(0x7c00, size.compare(GE, 143 << 23))
                    .blend(nan, size.compare(GT, 255 << 23));
            storeShorts(result.lanewise(OR, sign), y + 2 * i);
        }
    }

    private static void fromBytes(long x, long y, long count) {
        for (long i = 0; i < count; i += LENGTH) {
            store(pixels(x + i), y + 4 * i);
        }
    }

    @Override
    public void normalize(long x, long mean, long scale, long y, long count) {
        long end = PIXELS == null ? 0 : whole(count);
        for (long at = 0; at < end; at += BYTES) {
            FloatVector pixels = pixels(x + at / Float.BYTES);
            store(pixels.sub(load(mean + at)).mul(load(scale + at)), y + at);
        }
        REST.normalize(x + end / Float.BYTES, mean + end, scale + end, y + end, count - end / Float.BYTES);
    }
}
