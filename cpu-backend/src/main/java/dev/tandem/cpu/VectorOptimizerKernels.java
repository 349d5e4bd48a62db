package dev.tandem.cpu;

import static java.nio.ByteOrder.nativeOrder;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** The optimizers' loops with the Vector API: as fast as memory. What fills no vector goes to the scalar twin. */
final class VectorOptimizerKernels implements OptimizerKernels {
    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int BYTES = SPECIES.vectorByteSize();

    /**
     * Sums run over blocks of this many elements in float32, and over blocks in double: as accurate as is needed, and a
     * loop that short is always compiled whole, which long ones with a sum are not.
     */
    private static final int BLOCK = 1024;

    private static final OptimizerKernels REST = new ScalarOptimizerKernels();

    private static FloatVector load(long address) {
        return FloatVector.fromMemorySegment(SPECIES, NativeMemory.ALL, address, nativeOrder());
    }

    private static void store(FloatVector vector, long address) {
        vector.intoMemorySegment(NativeMemory.ALL, address, nativeOrder());
    }

    /** Bytes of whole vectors among {@code count} elements. */
    private static int whole(int count) {
        return count * Float.BYTES / BYTES * BYTES;
    }

    private static FloatVector gradient(Step step, FloatVector p, FloatVector g) {
        FloatVector result = g.mul(step.gradientScale()).add(p.mul(step.weightDecay()));
        return step.l1() == 0 ? result : result.add(sign(p).mul(step.l1()));
    }

    /** Zero for zero, and NaN for NaN. */
    private static FloatVector sign(FloatVector x) {
        FloatVector ones = x.sub(x).add(1f);
        return x.blend(ones, x.compare(VectorOperators.GT, 0f)).blend(ones.neg(), x.compare(VectorOperators.LT, 0f));
    }

    @Override
    public void sgd(
            Step step, long parameters, long gradients, long velocity, int count, float momentum, boolean nesterov) {
        int end = whole(count);
        for (int at = 0; at < end; at += BYTES) {
            FloatVector p = load(parameters + at);
            FloatVector g = gradient(step, p, load(gradients + at));
            if (velocity != 0) {
                FloatVector v = load(velocity + at).mul(momentum).add(g);
                store(v, velocity + at);
                g = nesterov ? g.add(v.mul(momentum)) : v;
            }
            store(p.sub(g.mul(step.learningRate())), parameters + at);
        }
        REST.sgd(
                step,
                parameters + end,
                gradients + end,
                velocity == 0 ? 0 : velocity + end,
                count - end / Float.BYTES,
                momentum,
                nesterov);
    }

    @Override
    public void adaGrad(Step step, long parameters, long gradients, long squares, int count, float epsilon) {
        int end = whole(count);
        for (int at = 0; at < end; at += BYTES) {
            FloatVector p = load(parameters + at);
            FloatVector g = gradient(step, p, load(gradients + at));
            FloatVector s = load(squares + at).add(g.mul(g));
            store(s, squares + at);
            FloatVector d = g.mul(step.learningRate()).div(s.sqrt().add(epsilon));
            store(p.sub(d), parameters + at);
        }
        REST.adaGrad(step, parameters + end, gradients + end, squares + end, count - end / Float.BYTES, epsilon);
    }

    @Override
    public void adaDelta(
            Step step,
            long parameters,
            long gradients,
            long squares,
            long updates,
            int count,
            float rho,
            float epsilon) {
        int end = whole(count);
        for (int at = 0; at < end; at += BYTES) {
            FloatVector p = load(parameters + at);
            FloatVector g = gradient(step, p, load(gradients + at));
            FloatVector s = load(squares + at).mul(rho).add(g.mul(g).mul(1 - rho));
            store(s, squares + at);
            FloatVector u = load(updates + at);
            FloatVector d = u.add(epsilon).sqrt().div(s.add(epsilon).sqrt()).mul(g);
            store(u.mul(rho).add(d.mul(d).mul(1 - rho)), updates + at);
            store(p.sub(d.mul(step.learningRate())), parameters + at);
        }
        REST.adaDelta(
                step,
                parameters + end,
                gradients + end,
                squares + end,
                updates + end,
                count - end / Float.BYTES,
                rho,
                epsilon);
    }

    @Override
    public void rmsProp(
            Step step,
            long parameters,
            long gradients,
            long squares,
            long velocity,
            int count,
            float alpha,
            float epsilon,
            float momentum) {
        int end = whole(count);
        for (int at = 0; at < end; at += BYTES) {
            FloatVector p = load(parameters + at);
            FloatVector g = gradient(step, p, load(gradients + at));
            FloatVector s = load(squares + at).mul(alpha).add(g.mul(g).mul(1 - alpha));
            store(s, squares + at);
            FloatVector v = g.div(s.sqrt().add(epsilon));
            if (velocity != 0) {
                v = load(velocity + at).mul(momentum).add(v);
                store(v, velocity + at);
            }
            store(p.sub(v.mul(step.learningRate())), parameters + at);
        }
        REST.rmsProp(
                step,
                parameters + end,
                gradients + end,
                squares + end,
                velocity == 0 ? 0 : velocity + end,
                count - end / Float.BYTES,
                alpha,
                epsilon,
                momentum);
    }

    @Override
    public void adam(
            Step step,
            long parameters,
            long gradients,
            long means,
            long squares,
            int count,
            float beta1,
            float beta2,
            float epsilon,
            float root,
            float keep) {
        int end = whole(count);
        for (int at = 0; at < end; at += BYTES) {
            FloatVector p = load(parameters + at);
            FloatVector g = gradient(step, p, load(gradients + at));
            FloatVector m = load(means + at).mul(beta1).add(g.mul(1 - beta1));
            FloatVector s = load(squares + at).mul(beta2).add(g.mul(g).mul(1 - beta2));
            store(m, means + at);
            store(s, squares + at);
            FloatVector d = m.mul(step.learningRate()).div(s.sqrt().mul(root).add(epsilon));
            store(p.mul(keep).sub(d), parameters + at);
        }
        REST.adam(
                step,
                parameters + end,
                gradients + end,
                means + end,
                squares + end,
                count - end / Float.BYTES,
                beta1,
                beta2,
                epsilon,
                root,
                keep);
    }

    @Override
    public void lars(Step step, long parameters, long gradients, long velocity, int count, float momentum) {
        int end = whole(count);
        for (int at = 0; at < end; at += BYTES) {
            FloatVector p = load(parameters + at);
            FloatVector g = gradient(step, p, load(gradients + at));
            FloatVector v = load(velocity + at).mul(momentum).add(g.mul(step.learningRate()));
            store(v, velocity + at);
            store(p.sub(v), parameters + at);
        }
        REST.lars(step, parameters + end, gradients + end, velocity + end, count - end / Float.BYTES, momentum);
    }

    @Override
    public void lerp(long target, long source, int count, float weight) {
        int end = whole(count);
        for (int at = 0; at < end; at += BYTES) {
            FloatVector t = load(target + at);
            store(t.add(load(source + at).sub(t).mul(weight)), target + at);
        }
        REST.lerp(target + end, source + end, count - end / Float.BYTES, weight);
    }

    @Override
    public void clip(long x, int count, float scale, float limit) {
        int end = whole(count);
        for (int at = 0; at < end; at += BYTES) {
            store(load(x + at).mul(scale).max(-limit).min(limit), x + at);
        }
        REST.clip(x + end, count - end / Float.BYTES, scale, limit);
    }

    @Override
    public double sumOfSquares(long x, int count) {
        int whole = count / BLOCK * BLOCK;
        double sum = 0;
        for (int i = 0; i < whole; i += BLOCK) {
            sum += blockSquares(x + i * Float.BYTES);
        }
        return sum + REST.sumOfSquares(x + whole * Float.BYTES, count - whole);
    }

    private static float blockSquares(long x) {
        FloatVector even = FloatVector.zero(SPECIES);
        FloatVector odd = FloatVector.zero(SPECIES);
        for (int at = 0; at < BLOCK * Float.BYTES; at += 2 * BYTES) {
            FloatVector a = load(x + at);
            FloatVector b = load(x + at + BYTES);
            even = even.add(a.mul(a));
            odd = odd.add(b.mul(b));
        }
        return even.add(odd).reduceLanes(VectorOperators.ADD);
    }

    @Override
    public double gradientSquares(Step step, long parameters, long gradients, int count) {
        int whole = count / BLOCK * BLOCK;
        double sum = 0;
        for (int i = 0; i < whole; i += BLOCK) {
            sum += blockGradientSquares(step, parameters + i * Float.BYTES, gradients + i * Float.BYTES);
        }
        return sum
                + REST.gradientSquares(
                        step, parameters + whole * Float.BYTES, gradients + whole * Float.BYTES, count - whole);
    }

    private static float blockGradientSquares(Step step, long parameters, long gradients) {
        FloatVector sum = FloatVector.zero(SPECIES);
        for (int at = 0; at < BLOCK * Float.BYTES; at += BYTES) {
            FloatVector g = gradient(step, load(parameters + at), load(gradients + at));
            sum = sum.add(g.mul(g));
        }
        return sum.reduceLanes(VectorOperators.ADD);
    }

    @Override
    public boolean allFinite(long x, int count) {
        int whole = count / BLOCK * BLOCK;
        boolean finite = true;
        for (int i = 0; i < whole; i += BLOCK) {
            finite &= blockFinite(x + i * Float.BYTES);
        }
        return finite && REST.allFinite(x + whole * Float.BYTES, count - whole);
    }

    private static boolean blockFinite(long x) {
        FloatVector zeros = FloatVector.zero(SPECIES);
        for (int at = 0; at < BLOCK * Float.BYTES; at += BYTES) {
            zeros = zeros.add(load(x + at).mul(0f)); // NaN from infinity and from NaN
        }
        return zeros.compare(VectorOperators.EQ, 0f).allTrue();
    }
}
