package dev.tandem.models;

import dev.tandem.tensor.Shape;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/** Weights and images that depend on nothing but a tensor's name and an element's index, so that any language can draw the same. */
final class PortableValues {
    private PortableValues() {}

    /** In [−scale, scale): the finaliser of splitmix64 over the name's FNV-1a hash and the index, to 24 bits. */
    static float[] of(String name, int count, float scale) {
        long hash = 0xcbf29ce484222325L;
        for (byte each : name.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (each & 0xff)) * 0x100000001b3L;
        }
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            long z = hash + i * 0xD1B54A32D192ED03L;
            z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
            z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
            z ^= z >>> 31;
            values[i] = ((int) (z >>> 40) - (1 << 23)) * 0x1p-23f * scale;
        }
        return values;
    }

    /**
     * A parameter's: weights by their fan-in; batch norms with a positive scale and shifts away from 0, which keeps ReLUs off their
     * corner; other norms' scales and variances around 1.
     */
    static float[] ofParameter(String name, Shape shape, Set<String> names) {
        int count = Math.toIntExact(shape.elements());
        String prefix = name.substring(0, name.lastIndexOf('.') + 1);
        String own = name.substring(prefix.length());
        boolean batchNorm = names.contains(prefix + "running_mean");
        if (shape.rank() >= 2) {
            double fanIn = (double) count / shape.size(0);
            double exponent = Math.floor(Math.log(Math.sqrt(6 / fanIn)) / Math.log(2));
            return of(name, count, (float) Math.pow(2, exponent));
        }
        if (batchNorm && own.equals("weight")) {
            return plus(0.5f, of(name, count, 0.125f));
        }
        if (batchNorm && own.equals("bias")) {
            float[] values = plus(1.5f, of(name, count, 0.25f));
            for (int i = 3; i < count; i += 4) {
                values[i] = -values[i];
            }
            return values;
        }
        if (own.equals("weight") || own.equals("running_var")) {
            return plus(1, of(name, count, 0.25f));
        }
        return of(name, count, 0.0625f);
    }

    private static float[] plus(float centre, float[] values) {
        for (int i = 0; i < values.length; i++) {
            values[i] += centre;
        }
        return values;
    }
}
