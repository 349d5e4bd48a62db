package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

/** Plain loops, for Java runtimes without the Vector API and for the last elements of vector loops. */
final class ScalarOptimizerKernels implements OptimizerKernels {
    private static float get(long address, int i) {
        return NativeMemory.ALL.get(JAVA_FLOAT, address + (long) Float.BYTES * i);
    }

    private static void set(long address, int i, float value) {
        NativeMemory.ALL.set(JAVA_FLOAT, address + (long) Float.BYTES * i, value);
    }

    private static float gradient(Step step, float p, float g) {
        float result = step.gradientScale() * g + step.weightDecay() * p;
        return step.l1() == 0 ? result : result + step.l1() * Math.signum(p);
    }

    @Override
    public void sgd(
            Step step, long parameters, long gradients, long velocity, int count, float momentum, boolean nesterov) {
        for (int i = 0; i < count; i++) {
            float p = get(parameters, i);
            float g = gradient(step, p, get(gradients, i));
            if (velocity != 0) {
                float v = momentum * get(velocity, i) + g;
                set(velocity, i, v);
                g = nesterov ? g + momentum * v : v;
            }
            set(parameters, i, p - step.learningRate() * g);
        }
    }

    @Override
    public void adaGrad(Step step, long parameters, long gradients, long squares, int count, float epsilon) {
        for (int i = 0; i < count; i++) {
            float p = get(parameters, i);
            float g = gradient(step, p, get(gradients, i));
            float s = get(squares, i) + g * g;
            set(squares, i, s);
            set(parameters, i, p - step.learningRate() * g / ((float) Math.sqrt(s) + epsilon));
        }
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
        for (int i = 0; i < count; i++) {
            float p = get(parameters, i);
            float g = gradient(step, p, get(gradients, i));
            float s = rho * get(squares, i) + (1 - rho) * (g * g);
            set(squares, i, s);
            float u = get(updates, i);
            float d = (float) Math.sqrt(u + epsilon) / (float) Math.sqrt(s + epsilon) * g;
            set(updates, i, rho * u + (1 - rho) * (d * d));
            set(parameters, i, p - step.learningRate() * d);
        }
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
        for (int i = 0; i < count; i++) {
            float p = get(parameters, i);
            float g = gradient(step, p, get(gradients, i));
            float s = alpha * get(squares, i) + (1 - alpha) * (g * g);
            set(squares, i, s);
            float v = g / ((float) Math.sqrt(s) + epsilon);
            if (velocity != 0) {
                v = momentum * get(velocity, i) + v;
                set(velocity, i, v);
            }
            set(parameters, i, p - step.learningRate() * v);
        }
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
        for (int i = 0; i < count; i++) {
            float p = get(parameters, i);
            float g = gradient(step, p, get(gradients, i));
            float m = beta1 * get(means, i) + (1 - beta1) * g;
            float s = beta2 * get(squares, i) + (1 - beta2) * (g * g);
            set(means, i, m);
            set(squares, i, s);
            set(parameters, i, keep * p - step.learningRate() * m / ((float) Math.sqrt(s) * root + epsilon));
        }
    }

    @Override
    public void lars(Step step, long parameters, long gradients, long velocity, int count, float momentum) {
        for (int i = 0; i < count; i++) {
            float p = get(parameters, i);
            float g = gradient(step, p, get(gradients, i));
            float v = momentum * get(velocity, i) + step.learningRate() * g;
            set(velocity, i, v);
            set(parameters, i, p - v);
        }
    }

    @Override
    public void lerp(long target, long source, int count, float weight) {
        for (int i = 0; i < count; i++) {
            float t = get(target, i);
            set(target, i, t + weight * (get(source, i) - t));
        }
    }

    @Override
    public void clip(long x, int count, float scale, float limit) {
        for (int i = 0; i < count; i++) {
            set(x, i, Math.min(Math.max(scale * get(x, i), -limit), limit));
        }
    }

    @Override
    public double sumOfSquares(long x, int count) {
        double sum = 0;
        for (int i = 0; i < count; i++) {
            double value = get(x, i);
            sum += value * value;
        }
        return sum;
    }

    @Override
    public double gradientSquares(Step step, long parameters, long gradients, int count) {
        double sum = 0;
        for (int i = 0; i < count; i++) {
            double value = gradient(step, get(parameters, i), get(gradients, i));
            sum += value * value;
        }
        return sum;
    }

    @Override
    public boolean allFinite(long x, int count) {
        float zeros = 0;
        for (int i = 0; i < count; i++) {
            zeros += get(x, i) * 0; // NaN from infinity and from NaN
        }
        return zeros == 0;
    }
}
