package dev.tandem.cpu;

import static dev.tandem.cpu.Floats.BYTES;
import static dev.tandem.cpu.Floats.INTEGERS;
import static dev.tandem.cpu.Floats.SPECIES;
import static dev.tandem.cpu.Floats.ZERO;
import static dev.tandem.cpu.Floats.load;
import static dev.tandem.cpu.Floats.store;
import static jdk.incubator.vector.VectorOperators.AND;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LE;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.OR;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;

/**
 * One loop a function, from {@code x} to {@code y} up to byte {@code end}. Each is written out, since the compiler keeps
 * vectors in registers only where it sees which function runs.
 */
final class VectorUnary {
    private static final FloatVector ONE = FloatVector.broadcast(SPECIES, 1);
    private static final FloatVector INTEGER_FROM = FloatVector.broadcast(SPECIES, ScalarFunctions.SUBNORMAL_SCALE);

    private VectorUnary() {}

    static void negate(long x, long y, long end) {
        for (long at = 0; at < end; at += BYTES) {
            store(load(x + at).neg(), y + at);
        }
    }

    static void abs(long x, long y, long end) {
        for (long at = 0; at < end; at += BYTES) {
            store(load(x + at).abs(), y + at);
        }
    }

    static void sign(long x, long y, long end) {
        for (long at = 0; at < end; at += BYTES) {
            store(sign(load(x + at)), y + at);
        }
    }

    /** Zero for zero, NaN for NaN. */
    static FloatVector sign(FloatVector x) {
        return x.blend(ONE, x.compare(GT, ZERO)).blend(ONE.neg(), x.compare(LT, ZERO));
    }

    static void sqrt(long x, long y, long end) {
        for (long at = 0; at < end; at += BYTES) {
            store(load(x + at).sqrt(), y + at);
        }
    }

    static void square(long x, long y, long end) {
        for (long at = 0; at < end; at += BYTES) {
            FloatVector v = load(x + at);
            store(v.mul(v), y + at);
        }
    }

    static void reciprocal(long x, long y, long end) {
        for (long at = 0; at < end; at += BYTES) {
            store(ONE.div(load(x + at)), y + at);
        }
    }

    static void linear(long x, long y, long end, float a, float b) {
        for (long at = 0; at < end; at += BYTES) {
            store(load(x + at).mul(a).add(b), y + at);
        }
    }

    static void clamp(long x, long y, long end, float low, float high) {
        for (long at = 0; at < end; at += BYTES) {
            store(clamp(load(x + at), low, high), y + at);
        }
    }

    /** NaN stays. */
    private static FloatVector clamp(FloatVector x, float low, float high) {
        FloatVector raised = x.blend(low, x.compare(LT, low));
        return raised.blend(high, raised.compare(GT, high));
    }

    /** NaN stays, which oneDNN's makes 0. */
    static void relu(long x, long y, long end) {
        for (long at = 0; at < end; at += BYTES) {
            FloatVector v = load(x + at);
            store(v.blend(ZERO, v.compare(LE, ZERO)), y + at);
        }
    }

    static void leakyRelu(long x, long y, long end, float a) {
        for (long at = 0; at < end; at += BYTES) {
            FloatVector v = load(x + at);
            store(v.blend(v.mul(a), v.compare(LE, ZERO)), y + at);
        }
    }

    static void hardSigmoid(long x, long y, long end) {
        for (long at = 0; at < end; at += BYTES) {
            store(clamp(load(x + at).mul(1 / 6f).add(0.5f), 0f, 1f), y + at);
        }
    }

    static void hardSwish(long x, long y, long end) {
        for (long at = 0; at < end; at += BYTES) {
            FloatVector v = load(x + at);
            store(v.mul(clamp(v.mul(1 / 6f).add(0.5f), 0, 1)), y + at);
        }
    }

    static void round(long x, long y, long end) {
        for (long at = 0; at < end; at += BYTES) {
            store(round(load(x + at)), y + at);
        }
    }

    static void floor(long x, long y, long end) {
        for (long at = 0; at < end; at += BYTES) {
            FloatVector v = load(x + at);
            FloatVector r = round(v);
            store(r.sub(1, r.compare(GT, v)), y + at);
        }
    }

    static void ceil(long x, long y, long end) {
        for (long at = 0; at < end; at += BYTES) {
            FloatVector v = load(x + at);
            FloatVector r = round(v);
            // Signed as x is, so that ceil(-0.5) is -0 as in Java.
            store(signed(r.add(1, r.compare(LT, v)), v), y + at);
        }
    }

    /** Halves to even: what adding 2²³ and taking it away again does. Numbers from there on are integers. */
    private static FloatVector round(FloatVector x) {
        FloatVector size = x.abs();
        FloatVector rounded = signed(size.add(INTEGER_FROM).sub(INTEGER_FROM), x);
        return x.blend(rounded, size.compare(LT, INTEGER_FROM));
    }

    /** x, and negative where y is. */
    private static FloatVector signed(FloatVector x, FloatVector y) {
        IntVector sign = y.reinterpretAsInts().lanewise(AND, Integer.MIN_VALUE);
        return x.reinterpretAsInts().lanewise(OR, sign).reinterpretAsFloats();
    }

    static void exp(long x, long y, long end) {
        for (long at = 0; at < end; at += BYTES) {
            store(exp(load(x + at)), y + at);
        }
    }

    /** {@link ScalarFunctions#exp}. */
    static FloatVector exp(FloatVector x) {
        FloatVector limited = clamp(x, ScalarFunctions.EXP_LOWEST, ScalarFunctions.EXP_HIGHEST);
        FloatVector shifted = limited.mul(ScalarFunctions.LOG2_E).add(ScalarFunctions.ROUNDER);
        FloatVector whole = shifted.sub(ScalarFunctions.ROUNDER);
        IntVector power = shifted.reinterpretAsInts().sub(Float.floatToRawIntBits(ScalarFunctions.ROUNDER));
        FloatVector r = limited.sub(whole.mul(ScalarFunctions.LN2_HIGH)).sub(whole.mul(ScalarFunctions.LN2_LOW));
        FloatVector p = r.mul(ScalarFunctions.EXP_0)
                .add(ScalarFunctions.EXP_1)
                .mul(r)
                .add(ScalarFunctions.EXP_2)
                .mul(r)
                .add(ScalarFunctions.EXP_3)
                .mul(r)
                .add(ScalarFunctions.EXP_4)
                .mul(r)
                .add(ScalarFunctions.EXP_5);
        FloatVector result = p.mul(r.mul(r)).add(r).add(1);
        IntVector half = power.lanewise(ASHR, 1);
        return result.mul(powerOfTwo(half)).mul(powerOfTwo(power.sub(half)));
    }

    private static FloatVector powerOfTwo(IntVector power) {
        return power.add(127).lanewise(LSHL, 23).reinterpretAsFloats();
    }

    static void log(long x, long y, long end) {
        for (long at = 0; at < end; at += BYTES) {
            store(log(load(x + at)), y + at);
        }
    }

    /** {@link ScalarFunctions#log}. */
    private static FloatVector log(FloatVector x) {
        VectorMask<Float> subnormal = x.compare(LT, Float.MIN_NORMAL);
        IntVector bits = x.mul(ScalarFunctions.SUBNORMAL_SCALE, subnormal).reinterpretAsInts();
        IntVector exponent = bits.lanewise(ASHR, 23).sub(126).sub(23, subnormal.cast(INTEGERS));
        FloatVector e = (FloatVector) exponent.convert(I2F, 0);
        FloatVector m = bits.lanewise(AND, 0x7fffff).lanewise(OR, 0x3f000000).reinterpretAsFloats();
        VectorMask<Float> low = m.compare(LT, ScalarFunctions.SQRT_HALF);
        e = e.sub(1, low);
        m = m.add(m, low).sub(1);
        FloatVector z = m.mul(m);
        FloatVector p = m.mul(ScalarFunctions.LOG_0)
                .add(ScalarFunctions.LOG_1)
                .mul(m)
                .add(ScalarFunctions.LOG_2)
                .mul(m)
                .add(ScalarFunctions.LOG_3)
                .mul(m)
                .add(ScalarFunctions.LOG_4)
                .mul(m)
                .add(ScalarFunctions.LOG_5)
                .mul(m)
                .add(ScalarFunctions.LOG_6)
                .mul(m)
                .add(ScalarFunctions.LOG_7)
                .mul(m)
                .add(ScalarFunctions.LOG_8);
        FloatVector y = p.mul(m).mul(z).add(e.mul(ScalarFunctions.LN2_LOW)).sub(z.mul(0.5f));
        FloatVector result = m.add(y).add(e.mul(ScalarFunctions.LN2_HIGH));
        VectorMask<Float> positive = x.compare(GT, ZERO);
        return result.blend(x, x.compare(EQ, Float.POSITIVE_INFINITY))
                .blend(Float.NaN, positive.not())
                .blend(Float.NEGATIVE_INFINITY, x.compare(EQ, ZERO));
    }
}
