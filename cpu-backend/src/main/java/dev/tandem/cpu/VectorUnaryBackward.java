package dev.tandem.cpu;

import static dev.tandem.cpu.Floats.BYTES;
import static dev.tandem.cpu.Floats.ZERO;
import static dev.tandem.cpu.Floats.load;
import static dev.tandem.cpu.Floats.store;
import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LE;
import static jdk.incubator.vector.VectorOperators.LT;

import jdk.incubator.vector.FloatVector;

/** One loop a derivative: {@code y = g · f'}, from the function's input or output {@code s}, up to byte {@code end}. */
final class VectorUnaryBackward {
    private VectorUnaryBackward() {}

    static void abs(long g, long s, long y, long end) {
        for (long at = 0; at < end; at += BYTES) {
            store(load(g + at).mul(VectorUnary.sign(load(s + at))), y + at);
        }
    }

    static void exp(long g, long s, long y, long end) {
        for (long at = 0; at < end; at += BYTES) {
            store(load(g + at).mul(load(s + at)), y + at);
        }
    }

    static void log(long g, long s, long y, long end) {
        for (long at = 0; at < end; at += BYTES) {
            store(load(g + at).div(load(s + at)), y + at);
        }
    }

    static void sqrt(long g, long s, long y, long end) {
        for (long at = 0; at < end; at += BYTES) {
            store(load(g + at).mul(0.5f).div(load(s + at)), y + at);
        }
    }

    static void square(long g, long s, long y, long end) {
        for (long at = 0; at < end; at += BYTES) {
            FloatVector v = load(s + at);
            store(load(g + at).mul(v.add(v)), y + at);
        }
    }

    static void reciprocal(long g, long s, long y, long end) {
        for (long at = 0; at < end; at += BYTES) {
            FloatVector v = load(s + at);
            store(load(g + at).mul(v.mul(v)).neg(), y + at);
        }
    }

    static void clamp(long g, long s, long y, long end, float low, float high) {
        for (long at = 0; at < end; at += BYTES) {
            FloatVector v = load(s + at);
            store(ZERO.blend(load(g + at), v.compare(GE, low).and(v.compare(LE, high))), y + at);
        }
    }

    static void hardTanh(long g, long s, long y, long end, float low, float high) {
        for (long at = 0; at < end; at += BYTES) {
            FloatVector v = load(s + at);
            store(load(g + at).blend(ZERO, v.compare(LE, low).or(v.compare(GE, high))), y + at);
        }
    }

    static void relu(long g, long s, long y, long end) {
        for (long at = 0; at < end; at += BYTES) {
            store(load(g + at).blend(ZERO, load(s + at).compare(LE, ZERO)), y + at);
        }
    }

    static void leakyRelu(long g, long s, long y, long end, float a) {
        for (long at = 0; at < end; at += BYTES) {
            FloatVector gradient = load(g + at);
            store(gradient.mul(a).blend(gradient, load(s + at).compare(GT, ZERO)), y + at);
        }
    }

    static void sigmoid(long g, long s, long y, long end) {
        for (long at = 0; at < end; at += BYTES) {
            FloatVector v = load(s + at);
            store(load(g + at).mul(v.sub(v.mul(v))), y + at);
        }
    }

    static void tanh(long g, long s, long y, long end) {
        for (long at = 0; at < end; at += BYTES) {
            FloatVector v = load(s + at);
            store(load(g + at).mul(v.mul(v).neg().add(1)), y + at);
        }
    }

    static void hardSigmoid(long g, long s, long y, long end) {
        for (long at = 0; at < end; at += BYTES) {
            FloatVector v = load(s + at);
            store(ZERO.blend(load(g + at).mul(1 / 6f), v.compare(GT, -3f).and(v.compare(LT, 3f))), y + at);
        }
    }

    static void hardSwish(long g, long s, long y, long end) {
        for (long at = 0; at < end; at += BYTES) {
            FloatVector v = load(s + at);
            FloatVector gradient = load(g + at);
            FloatVector sloped = gradient.mul(v.mul(1 / 3f).add(0.5f));
            store(sloped.blend(0f, v.compare(LE, -3f)).blend(gradient, v.compare(GE, 3f)), y + at);
        }
    }
}
