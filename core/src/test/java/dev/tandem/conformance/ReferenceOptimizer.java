package dev.tandem.conformance;

import dev.tandem.backend.OptimizerOps;
import dev.tandem.backend.Storage;

/** The optimizers' formulas, element by element. */
final class ReferenceOptimizer implements OptimizerOps {
    /** What a formula sees of one element. */
    private record Element(int index, double parameter, double gradient, double rate, Segment segment) {}

    /** Gives what is to be taken from the parameter. */
    private interface Formula {
        double step(Element element);
    }

    private static ReferenceStorage of(Storage storage) {
        return (ReferenceStorage) storage;
    }

    private static double scalar(Buffers buffers, Scalar scalar) {
        return of(buffers.scalars()).get(scalar.ordinal());
    }

    private static void set(Buffers buffers, Scalar scalar, double value) {
        of(buffers.scalars()).set(scalar.ordinal(), value);
    }

    private static void update(Buffers buffers, Formula formula) {
        if (scalar(buffers, Scalar.FOUND_NOT_FINITE) != 0) {
            return;
        }
        ReferenceStorage parameters = of(buffers.parameters());
        for (Segment segment : buffers.segments()) {
            double rate = scalar(buffers, Scalar.LEARNING_RATE) * segment.learningRateFactor();
            for (int i = (int) segment.offset(); i < segment.offset() + segment.count(); i++) {
                double gradient = scalar(buffers, Scalar.GRADIENT_SCALE)
                        * of(buffers.gradients()).get(i);
                parameters.add(i, -formula.step(new Element(i, parameters.get(i), gradient, rate, segment)));
            }
        }
    }

    /** The gradient with its penalties. */
    private static double penalized(Element e) {
        return e.gradient + e.segment.weightDecay() * e.parameter + e.segment.l1() * Math.signum(e.parameter);
    }

    /** {@code state = keep·state + add}. Returns the new state. */
    private static double move(Storage state, int index, double keep, double add) {
        of(state).set(index, keep * of(state).get(index) + add);
        return of(state).get(index);
    }

    @Override
    public void sgd(Buffers buffers, Storage velocity, float momentum, boolean nesterov) {
        update(buffers, e -> {
            double g = penalized(e);
            double v = velocity == null ? g : move(velocity, e.index, momentum, g);
            return e.rate * (nesterov ? g + momentum * v : v);
        });
    }

    @Override
    public void adaGrad(Buffers buffers, Storage squares, float epsilon) {
        update(buffers, e -> {
            double g = penalized(e);
            double s = move(squares, e.index, 1, g * g);
            return e.rate * g / (Math.sqrt(s) + epsilon);
        });
    }

    @Override
    public void adaDelta(Buffers buffers, Storage squares, Storage updates, float rho, float epsilon) {
        update(buffers, e -> {
            double g = penalized(e);
            double s = move(squares, e.index, rho, (1 - (double) rho) * g * g);
            double u = of(updates).get(e.index);
            double d = Math.sqrt(u + epsilon) / Math.sqrt(s + epsilon) * g;
            move(updates, e.index, rho, (1 - (double) rho) * d * d);
            return e.rate * d;
        });
    }

    @Override
    public void rmsProp(
            Buffers buffers, Storage squares, Storage velocity, float alpha, float epsilon, float momentum) {
        update(buffers, e -> {
            double g = penalized(e);
            double s = move(squares, e.index, alpha, (1 - (double) alpha) * g * g);
            double step = g / (Math.sqrt(s) + epsilon);
            return e.rate * (velocity == null ? step : move(velocity, e.index, momentum, step));
        });
    }

    @Override
    public void adam(
            Buffers buffers,
            Storage means,
            Storage squares,
            float beta1,
            float beta2,
            float epsilon,
            boolean decoupled) {
        double step = scalar(buffers, Scalar.STEP) - scalar(buffers, Scalar.SKIPPED);
        update(buffers, e -> {
            double correction1 = 1 - Math.pow(beta1, step - e.segment.stepsBefore());
            double correction2 = 1 - Math.pow(beta2, step - e.segment.stepsBefore());
            double decay = decoupled ? e.rate * e.segment.weightDecay() * e.parameter : 0;
            double g = decoupled ? e.gradient + e.segment.l1() * Math.signum(e.parameter) : penalized(e);
            double m = move(means, e.index, beta1, (1 - (double) beta1) * g);
            double s = move(squares, e.index, beta2, (1 - (double) beta2) * g * g);
            return decay + e.rate * (m / correction1) / (Math.sqrt(s / correction2) + epsilon);
        });
    }

    @Override
    public void lars(Buffers buffers, Storage velocity, float momentum, float trust, float epsilon) {
        double scale = scalar(buffers, Scalar.GRADIENT_SCALE);
        java.util.Map<Segment, Double> factors = new java.util.IdentityHashMap<>();
        for (Segment segment : buffers.segments()) {
            double p = norm(of(buffers.parameters()), segment);
            double g = Math.abs(scale) * norm(of(buffers.gradients()), segment);
            boolean plain = p == 0 || g == 0 || segment.weightDecay() == 0;
            factors.put(segment, plain ? 1 : trust * p / (g + segment.weightDecay() * p + epsilon));
        }
        update(buffers, e -> move(velocity, e.index, momentum, e.rate * factors.get(e.segment) * penalized(e)));
    }

    private static double norm(ReferenceStorage storage, Segment segment) {
        double squares = 0;
        for (int i = (int) segment.offset(); i < segment.offset() + segment.count(); i++) {
            squares += storage.get(i) * storage.get(i);
        }
        return Math.sqrt(squares);
    }

    @Override
    public void lerp(Storage target, Storage source, float weight) {
        for (int i = 0; i < of(target).elements(); i++) {
            of(target).add(i, weight * (of(source).get(i) - of(target).get(i)));
        }
    }

    @Override
    public void globalNorm(Buffers buffers, float maxNorm) {
        double scale = scalar(buffers, Scalar.GRADIENT_SCALE);
        double squares = 0;
        for (Segment segment : buffers.segments()) {
            double norm = scale * norm(of(buffers.gradients()), segment);
            squares += norm * norm;
        }
        double norm = Math.sqrt(squares);
        set(buffers, Scalar.GRADIENT_NORM, norm);
        if (maxNorm > 0) {
            set(buffers, Scalar.GRADIENT_SCALE, scale * Math.min(1, maxNorm / (norm + 1e-6)));
        }
    }

    @Override
    public void clipByValue(Buffers buffers, float limit) {
        double scale = scalar(buffers, Scalar.GRADIENT_SCALE);
        for (Segment segment : buffers.segments()) {
            for (int i = (int) segment.offset(); i < segment.offset() + segment.count(); i++) {
                double scaled = scale * of(buffers.gradients()).get(i);
                of(buffers.gradients()).set(i, Math.min(Math.max(scaled, -limit), limit));
            }
        }
        set(buffers, Scalar.GRADIENT_SCALE, 1);
    }

    @Override
    public void checkFinite(Buffers buffers) {
        boolean found = false;
        for (Segment segment : buffers.segments()) {
            for (int i = (int) segment.offset(); i < segment.offset() + segment.count(); i++) {
                found |= !Double.isFinite(of(buffers.gradients()).get(i));
            }
        }
        set(buffers, Scalar.FOUND_NOT_FINITE, found ? 1 : 0);
        set(buffers, Scalar.SKIPPED, scalar(buffers, Scalar.SKIPPED) + (found ? 1 : 0));
    }
}
