package dev.tandem.models.parity;

import dev.tandem.io.HostTensor;
import dev.tandem.tensor.Shape;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/**
 * Start values and images that compact traces leave out because a counter gives them: value {@code i} of a tensor is SplitMix64's
 * mix (Steele, Lea and Flood 2014, https://doi.org/10.1145/2660193.2660195) of seed, name and i, as a multiple of 2⁻²³ in [−1, 1),
 * times a power of two, so that it is exact in float32 everywhere.
 */
final class PortableValues {
    private final long seed;
    private final Set<String> names;

    /** @param names all of the network's, which tell batch norms by their running means */
    PortableValues(long seed, Set<String> names) {
        this.seed = seed;
        this.names = names;
    }

    /** The value that a parameter or buffer starts with. */
    HostTensor state(String name, Shape shape) {
        String last = name.substring(name.lastIndexOf('.') + 1);
        boolean ofBatchNorm = names.contains(name.substring(0, name.length() - last.length()) + "running_mean");
        if (shape.rank() >= 2) {
            double fanIn = (double) shape.elements() / shape.size(0);
            // The largest power of two up to √(6 / fan-in).
            return draw(name, shape, 0, Math.scalb(1f, Math.getExponent(Math.sqrt(6 / fanIn))), false);
        }
        if (ofBatchNorm && last.equals("weight")) {
            return draw(name, shape, 0.5f, 0x1p-3f, false);
        }
        if (ofBatchNorm && last.equals("bias")) {
            return draw(name, shape, 1.5f, 0x1p-2f, true);
        }
        return last.equals("weight") || last.equals("running_var")
                ? draw(name, shape, 1, 0x1p-2f, false)
                : draw(name, shape, 0, 0x1p-4f, false);
    }

    /** Images. */
    HostTensor input(Shape shape) {
        return draw("input", shape, 0, 1, false);
    }

    /** @param everyFourthNegative so that some of a batch norm's channels end below zero */
    private HostTensor draw(String name, Shape shape, float shift, float scale, boolean everyFourthNegative) {
        float[] values = new float[Math.toIntExact(shape.elements())];
        long start = seed * 0x9E3779B97F4A7C15L + hash(name);
        for (int i = 0; i < values.length; i++) {
            long mixed = mix(start + i * 0xD1B54A32D192ED03L);
            float unit = ((int) (mixed >>> 40) - (1 << 23)) * 0x1p-23f;
            float value = shift + unit * scale;
            values[i] = everyFourthNegative && i % 4 == 3 ? -value : value;
        }
        return HostTensor.of(values, shape);
    }

    private static long mix(long z) {
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    /** FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv). */
    private static long hash(String name) {
        long hash = 0xcbf29ce484222325L;
        for (byte each : name.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (each & 0xff)) * 0x100000001b3L;
        }
        return hash;
    }
}
