package dev.tandem.cpu;

import dev.tandem.backend.NeuralOps.AttentionGradient;
import dev.tandem.backend.NeuralOps.Result;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;

/**
 * Scaled-dot-product attention by oneDNN's products and softmax, some heads at a time, so that the scores between (queries
 * times keys, the largest array by far) stay in cache and are never all in memory. Backward computes them again: that is one
 * product in five, and saves memory of that size for every layer (Dao et al. 2022, https://arxiv.org/abs/2205.14135).
 */
final class Attention {
    /** Scores of this many elements are worked on at once, if a head has no more. */
    private static final long SCORES = 1 << 20;

    private final CpuRuntime runtime;
    private final Softmax softmax;

    Attention(CpuRuntime runtime, Softmax softmax) {
        this.runtime = runtime;
        this.softmax = softmax;
    }

    /** Sizes: heads of all images, queries, keys, depth of both, width of the values. */
    private record Sizes(long heads, long t, long s, long d, long e) {
        static Sizes of(Storage query, Storage key, Storage value) {
            Shape q = query.shape();
            return new Sizes(
                    q.size(0) * q.size(1),
                    q.size(2),
                    key.shape().size(2),
                    q.size(3),
                    value.shape().size(3));
        }

        /** Whether a product has no elements or no terms. */
        boolean isEmpty() {
            return heads * t * s * d * e == 0;
        }
    }

    /** A run of some heads. */
    private interface Heads {
        void run(long first, long count);
    }

    private void inRuns(Sizes sizes, Heads body) {
        long atOnce = Math.max(runtime.parallel().threads(), SCORES / (sizes.t * sizes.s));
        for (long first = 0; first < sizes.heads; first += atOnce) {
            body.run(first, Math.min(atOnce, sizes.heads - first));
        }
    }

    /** Saves nothing. */
    Result forward(Storage query, Storage key, Storage value, float scale) {
        CpuStorage.requireFloat32("attention", query, key, value);
        Sizes z = Sizes.of(query, key, value);
        CpuStorage output = runtime.allocate(query.shape().with(3, z.e), DType.FLOAT32);
        if (z.isEmpty()) {
            output.segment().fill((byte) 0);
            return new Result(output, null);
        }
        CpuStorage q = runtime.plain(query);
        CpuStorage k = runtime.plain(key);
        CpuStorage v = runtime.plain(value);
        inRuns(z, (first, count) -> {
            CpuStorage p = probabilities(z, q, k, scale, first, count);
            new BatchedProduct(count, z.t, z.s, z.e, false, false, 1)
                    .run(runtime, p.address, at(v, first * z.s * z.e), at(output, first * z.t * z.e));
            p.release();
        });
        q.release();
        k.release();
        v.release();
        return new Result(output, null);
    }

    /** {@code softmax(scale · Q Kᵀ)} of some heads. */
    private CpuStorage probabilities(Sizes z, CpuStorage q, CpuStorage k, float scale, long first, long count) {
        CpuStorage scores = runtime.allocate(Shape.of(count, z.t, z.s), DType.FLOAT32);
        new BatchedProduct(count, z.t, z.d, z.s, false, true, scale)
                .run(runtime, at(q, first * z.t * z.d), at(k, first * z.s * z.d), scores.address);
        softmax.inPlace(scores);
        return scores;
    }

    AttentionGradient backward(Storage gradient, Storage query, Storage key, Storage value, float scale) {
        CpuStorage.requireFloat32("attention's backward", gradient, query, key, value);
        Sizes z = Sizes.of(query, key, value);
        CpuStorage dq = runtime.allocate(query.shape(), DType.FLOAT32);
        CpuStorage dk = runtime.allocate(key.shape(), DType.FLOAT32);
        CpuStorage dv = runtime.allocate(value.shape(), DType.FLOAT32);
        if (z.isEmpty()) {
            dq.segment().fill((byte) 0);
            dk.segment().fill((byte) 0);
            dv.segment().fill((byte) 0);
            return new AttentionGradient(dq, dk, dv);
        }
        CpuStorage dy = runtime.plain(gradient);
        CpuStorage q = runtime.plain(query);
        CpuStorage k = runtime.plain(key);
        CpuStorage v = runtime.plain(value);
        inRuns(z, (first, count) -> {
            long queries = first * z.t * z.d;
            long keys = first * z.s * z.d;
            long values = first * z.s * z.e;
            long outputs = first * z.t * z.e;
            CpuStorage p = probabilities(z, q, k, scale, first, count);
            new BatchedProduct(count, z.s, z.t, z.e, true, false, 1)
                    .run(runtime, p.address, at(dy, outputs), at(dv, values));
            CpuStorage ds = runtime.allocate(p.shape(), DType.FLOAT32);
            new BatchedProduct(count, z.t, z.e, z.s, false, true, 1)
                    .run(runtime, at(dy, outputs), at(v, values), ds.address);
            softmax.backwardInPlace(ds, p);
            new BatchedProduct(count, z.t, z.s, z.d, false, false, scale)
                    .run(runtime, ds.address, at(k, keys), at(dq, queries));
            new BatchedProduct(count, z.s, z.t, z.d, true, false, scale)
                    .run(runtime, ds.address, at(q, queries), at(dk, keys));
            ds.release();
            p.release();
        });
        dy.release();
        q.release();
        k.release();
        v.release();
        return new AttentionGradient(dq, dk, dv);
    }

    private static long at(CpuStorage storage, long element) {
        return storage.address + Float.BYTES * element;
    }
}
