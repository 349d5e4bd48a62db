package dev.tandem.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.backend.OptimizerOps.Buffers;
import dev.tandem.backend.OptimizerOps.Scalar;
import dev.tandem.backend.OptimizerOps.Segment;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Device;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Five steps of each optimizer beside the reference's formulas; clipping, finiteness, averaging. */
class OptimizerConformance extends Kit {
    private static final int LENGTH = 1100;
    /** Settings that differ, gaps between, lengths that no vector divides, neighbours without a gap. */
    private static final List<Segment> SEGMENTS = List.of(
            new Segment(0, 500, 1, 0.01f, 0),
            new Segment(512, 1, 0.1f, 0, 0),
            new Segment(513, 30, 2, 0.5f, 0.03f),
            new Segment(544, 512, 1, 0, 0.01f),
            new Segment(1072, 17, 0, 0.1f, 0.1f));

    private static final List<Segment> WITHOUT_L1 = SEGMENTS.stream()
            .map(s -> new Segment(s.offset(), s.count(), s.learningRateFactor(), s.weightDecay(), 0))
            .toList();

    /** An update with two kinds of state; it may use fewer. */
    private interface Update {
        void run(Device device, Buffers buffers, Storage first, Storage second);
    }

    private record Named(String name, List<Segment> segments, Update update) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<Named> updates() {
        return List.of(
                named("SGD", (on, b, v, u) -> on.optimizer().sgd(b, null, 0, false)),
                named("momentum", (on, b, v, u) -> on.optimizer().sgd(b, v, 0.9f, false)),
                named("Nesterov", (on, b, v, u) -> on.optimizer().sgd(b, v, 0.9f, true)),
                named("AdaGrad", (on, b, s, u) -> on.optimizer().adaGrad(b, s, 1e-6f)),
                named("AdaDelta", (on, b, s, u) -> on.optimizer().adaDelta(b, s, u, 0.9f, 1e-6f)),
                named("RMSProp", (on, b, s, v) -> on.optimizer().rmsProp(b, s, null, 0.9f, 1e-6f, 0)),
                named("RMSProp with momentum", (on, b, s, v) -> on.optimizer().rmsProp(b, s, v, 0.99f, 1e-3f, 0.9f)),
                named("Adam", (on, b, m, s) -> on.optimizer().adam(b, m, s, 0.9f, 0.999f, 1e-6f, false)),
                named("AdamW", (on, b, m, s) -> on.optimizer().adam(b, m, s, 0.8f, 0.99f, 1e-3f, true)),
                new Named("LARS", WITHOUT_L1, (on, b, v, u) -> on.optimizer().lars(b, v, 0.9f, 0.02f, 1e-8f)));
    }

    private static Named named(String name, Update update) {
        return new Named(name, SEGMENTS, update);
    }

    /** Buffers on one device. */
    private static final class Run implements AutoCloseable {
        final Device device;
        final Storage parameters;
        final Storage gradients; // which an update only reads
        final Storage first;
        final Storage second;
        final Storage scalars;
        final Buffers buffers;
        private final Held held = new Held();

        Run(Device device, List<Segment> segments) {
            this(device, segments, LENGTH);
        }

        Run(Device device, List<Segment> segments, int length) {
            this.device = device;
            Draw draw = new Draw(1);
            // Parts of larger buffers, as a network's are.
            parameters = held.add(Arrival.VIEW.put(device, draw.normal(length)));
            gradients = held.add(Arrival.VIEW.put(device, draw.normal(length)));
            first = held.add(Values.vector(new double[length]).upload(device));
            second = held.add(Values.vector(new double[length]).upload(device));
            scalars = held.add(Values.vector(new double[Scalar.values().length]).upload(device));
            buffers = new Buffers(parameters, gradients, segments, scalars);
            set(0.1, 1, 1, 0);
        }

        void set(double learningRate, int step, double scale, double notFinite) {
            set(learningRate, step, scale, notFinite, 0);
        }

        void set(double learningRate, int step, double scale, double notFinite, int skipped) {
            Values.vector(learningRate, step, scale, 0, notFinite, skipped).uploadInto(device, scalars);
        }

        double[] read(Storage storage) {
            return storage instanceof ReferenceStorage
                    ? ((ReferenceStorage) storage).toDoubles()
                    : Values.download(device, storage);
        }

        double scalar(Scalar scalar) {
            return read(scalars)[scalar.ordinal()];
        }

        @Override
        public void close() {
            held.close();
        }
    }

    @ParameterizedTest
    @MethodSource("updates")
    void fiveStepsFollowTheFormula(Named named) {
        try (Run here = new Run(device, named.segments);
                Run there = new Run(reference, named.segments)) {
            double[] before = here.read(here.parameters);
            for (int step = 1; step <= 5; step++) {
                for (Run run : List.of(here, there)) {
                    // The rate and the scale differ from step to step, as a schedule's and a loss scaler's do.
                    run.set(0.1 / step, step, step % 2 == 0 ? 0.5 : 2, 0);
                    new Draw(step).normal(LENGTH).uploadInto(run.device, run.gradients);
                    named.update.run(run.device, run.buffers, run.first, run.second);
                }
                String what = named + ", step " + step;
                // A step is a few products and a root; parameters and state are of size 1.
                Tolerance tolerance = Tolerance.elementwise(DType.FLOAT32).times(4);
                tolerance.check(
                        what + ": parameters",
                        here.parameters.shape(),
                        there.read(there.parameters),
                        here.read(here.parameters));
                tolerance.check(what + ": state", here.first.shape(), there.read(there.first), here.read(here.first));
                Tolerance.EXACT.check(
                        what + ": gradients afterwards",
                        here.gradients.shape(),
                        there.read(there.gradients),
                        here.read(here.gradients));
                Tolerance.EXACT.check(
                        what + ": scalars afterwards",
                        here.scalars.shape(),
                        Arrays.stream(there.read(there.scalars))
                                .map(x -> (float) x)
                                .toArray(),
                        here.read(here.scalars));
                tolerance.check(
                        what + ": state 2", here.second.shape(), there.read(there.second), here.read(here.second));
            }
            double[] after = here.read(here.parameters);
            for (int gap : gaps()) {
                assertThat(after[gap]).as("parameter %d in a gap", gap).isEqualTo(before[gap]);
            }
            assertThat(after[3]).isNotEqualTo(before[3]);
        }
    }

    /** What was frozen at first and is trained from the fourth step on: Adam corrects for its own number of steps. */
    @ParameterizedTest
    @MethodSource("updates")
    void elementsThatCameLaterCountTheirOwnSteps(Named named) {
        List<Segment> segments = List.of(new Segment(0, 500, 1, 0.01f, 0), new Segment(512, 301, 1, 0.01f, 0, 3));
        try (Run here = new Run(device, segments);
                Run there = new Run(reference, segments)) {
            for (Run run : List.of(here, there)) {
                run.set(0.1, 4, 1, 0);
                named.update.run(run.device, run.buffers, run.first, run.second);
            }
            Tolerance.elementwise(DType.FLOAT32)
                    .times(40)
                    .check(
                            named.toString(),
                            here.parameters.shape(),
                            there.read(there.parameters),
                            here.read(here.parameters));
        }
    }

    @ParameterizedTest
    @MethodSource("updates")
    void longSegmentsAreSharedOutAmongThreads(Named named) {
        List<Segment> segments =
                List.of(new Segment(5, 200_003, 1, 0.01f, 0), new Segment(200_010, 99_980, 0.5f, 0, 0));
        try (Run here = new Run(device, segments, 300_000);
                Run there = new Run(reference, segments, 300_000)) {
            for (Run run : List.of(here, there)) {
                run.device.optimizer().globalNorm(run.buffers, 100);
                run.device.optimizer().checkFinite(run.buffers);
                named.update.run(run.device, run.buffers, run.first, run.second);
            }
            // Among so many there are gradients that nearly cancel with the decay, and are then divided by their size.
            Tolerance.elementwise(DType.FLOAT32)
                    .times(40)
                    .check(
                            named.toString(),
                            here.parameters.shape(),
                            there.read(there.parameters),
                            here.read(here.parameters));
        }
    }

    private static int[] gaps() {
        return java.util.stream.IntStream.range(0, LENGTH)
                .filter(i -> SEGMENTS.stream().noneMatch(s -> i >= s.offset() && i < s.offset() + s.count()))
                .toArray();
    }

    @ParameterizedTest
    @MethodSource("updates")
    void nothingChangesAfterAGradientThatIsNotFinite(Named named) {
        try (Run run = new Run(device, named.segments)) {
            named.update.run(device, run.buffers, run.first, run.second);
            List<Storage> all = List.of(run.parameters, run.first, run.second);
            List<double[]> before = all.stream().map(run::read).toList();
            Values.vector(nanAt(77)).uploadInto(device, run.gradients);
            run.set(0.1, 2, 1, 0);
            device.optimizer().checkFinite(run.buffers);
            assertThat(run.scalar(Scalar.FOUND_NOT_FINITE)).isEqualTo(1);
            named.update.run(device, run.buffers, run.first, run.second);
            for (int i = 0; i < all.size(); i++) {
                assertThat(run.read(all.get(i))).isEqualTo(before.get(i));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("updates")
    void stepsThatWereLeftOutAreNotCounted(Named named) {
        try (Run one = new Run(device, named.segments);
                Run fourth = new Run(device, named.segments)) {
            named.update.run(device, one.buffers, one.first, one.second);
            fourth.set(0.1, 4, 1, 0, 3);
            named.update.run(device, fourth.buffers, fourth.first, fourth.second);
            assertThat(fourth.read(fourth.parameters)).isEqualTo(one.read(one.parameters));
            assertThat(fourth.scalar(Scalar.SKIPPED)).isEqualTo(3);
        }
    }

    @Test
    void checkFiniteCountsTheStepsThatItLeavesOut() {
        try (Run run = new Run(device, SEGMENTS)) {
            device.optimizer().checkFinite(run.buffers);
            assertThat(run.scalar(Scalar.SKIPPED)).isZero();
            Values.vector(nanAt(77)).uploadInto(device, run.gradients);
            device.optimizer().checkFinite(run.buffers);
            device.optimizer().checkFinite(run.buffers);
            assertThat(run.scalar(Scalar.SKIPPED)).isEqualTo(2);
        }
    }

    private static double[] nanAt(int index) {
        double[] numbers = new Draw(9).normal(LENGTH).numbers();
        numbers[index] = Double.NaN;
        return numbers;
    }

    @Test
    void anEarlierFlagDoesNotStick() {
        try (Run run = new Run(device, SEGMENTS)) {
            run.set(0.1, 1, 1, 1);
            device.optimizer().checkFinite(run.buffers);
            assertThat(run.scalar(Scalar.FOUND_NOT_FINITE)).isZero();
        }
    }

    @Test
    void checkFiniteSeesEveryElementOfTheSegmentsAndNoGap() {
        try (Run run = new Run(device, SEGMENTS)) {
            for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY}) {
                for (int at : new int[] {0, 1, 15, 499, 512, 513, 542, 544, 1055, 1072, 1088}) {
                    assertFound(run, at, bad, 1);
                }
                for (int at : new int[] {500, 511, 543, 1056, 1071, 1089, 1099}) {
                    assertFound(run, at, bad, 0);
                }
            }
        }
    }

    private void assertFound(Run run, int at, double bad, double expected) {
        double[] numbers = new Draw(9).normal(LENGTH).numbers();
        numbers[at] = bad;
        Values.vector(numbers).uploadInto(device, run.gradients);
        device.optimizer().checkFinite(run.buffers);
        assertThat(run.scalar(Scalar.FOUND_NOT_FINITE)).as("%s at %d", bad, at).isEqualTo(expected);
    }

    @Test
    void largeButFiniteGradientsAreFinite() {
        try (Run run = new Run(device, SEGMENTS)) {
            double[] numbers = new double[LENGTH];
            Arrays.fill(numbers, Float.MAX_VALUE);
            Values.vector(numbers).uploadInto(device, run.gradients);
            device.optimizer().checkFinite(run.buffers);
            assertThat(run.scalar(Scalar.FOUND_NOT_FINITE)).isZero();
        }
    }

    @Test
    void globalNormClips() {
        for (float maxNorm : new float[] {0, 1, 1e6f}) {
            for (double scale : new double[] {1, 0.25}) {
                try (Run here = new Run(device, SEGMENTS);
                        Run there = new Run(reference, SEGMENTS)) {
                    for (Run run : List.of(here, there)) {
                        double[] gradients = run.read(run.gradients);
                        gradients[505] = 1e9; // a gap
                        Values.vector(gradients).uploadInto(run.device, run.gradients);
                        run.set(0.1, 1, scale, 0);
                        run.device.optimizer().globalNorm(run.buffers, maxNorm);
                    }
                    new Tolerance(1e-5, true)
                            .check(
                                    "scalars, max norm " + maxNorm,
                                    here.scalars.shape(),
                                    there.read(there.scalars),
                                    here.read(here.scalars));
                    if (maxNorm != 1) {
                        assertThat(here.scalar(Scalar.GRADIENT_SCALE)).isEqualTo(scale);
                    }
                }
            }
        }
    }

    @Test
    void clipByValueClampsWhatIsScaled() {
        try (Run here = new Run(device, SEGMENTS);
                Run there = new Run(reference, SEGMENTS)) {
            for (Run run : List.of(here, there)) {
                run.set(0.1, 1, 0.5, 0);
                run.device.optimizer().clipByValue(run.buffers, 0.3f);
            }
            Tolerance.elementwise(DType.FLOAT32)
                    .check("gradients", here.gradients.shape(), there.read(there.gradients), here.read(here.gradients));
            assertThat(here.scalar(Scalar.GRADIENT_SCALE)).isEqualTo(1);
        }
    }

    @Test
    void clippedStepsFollowTheFormula() {
        try (Run here = new Run(device, SEGMENTS);
                Run there = new Run(reference, SEGMENTS)) {
            for (Run run : List.of(here, there)) {
                run.device.optimizer().globalNorm(run.buffers, 0.5f);
                run.device.optimizer().sgd(run.buffers, run.first, 0.9f, false);
            }
            Tolerance.elementwise(DType.FLOAT32)
                    .check(
                            "parameters",
                            here.parameters.shape(),
                            there.read(there.parameters),
                            here.read(here.parameters));
        }
    }

    @Test
    void larsTakesThePlainRateWhereANormIsZero() {
        List<Segment> segments = List.of(new Segment(0, 8, 1, 0.1f, 0), new Segment(8, 8, 1, 0.1f, 0));
        try (Run here = new Run(device, segments);
                Run there = new Run(reference, segments)) {
            for (Run run : List.of(here, there)) {
                double[] parameters = run.read(run.parameters);
                double[] gradients = run.read(run.gradients);
                Arrays.fill(parameters, 0, 8, 0);
                Arrays.fill(gradients, 8, 16, 0);
                Values.vector(parameters).uploadInto(run.device, run.parameters);
                Values.vector(gradients).uploadInto(run.device, run.gradients);
                run.device.optimizer().lars(run.buffers, run.first, 0.9f, 0.02f, 1e-8f);
            }
            Tolerance.elementwise(DType.FLOAT32)
                    .check(
                            "parameters",
                            here.parameters.shape(),
                            there.read(there.parameters),
                            here.read(here.parameters));
        }
    }

    @Test
    void lerpMovesTowardTheSource() {
        for (float weight : new float[] {0, 0.001f, 0.5f, 1}) {
            checkForward(
                    Tolerance.elementwise(DType.FLOAT32),
                    (on, in) -> {
                        Storage target = on.memory().copy(in[0]);
                        on.optimizer().lerp(target, in[1], weight);
                        return target;
                    },
                    new Draw(2).normal(1027),
                    new Draw(3).normal(1027).plain());
        }
    }

    @Test
    void noSegmentsChangeNothing() {
        for (Named named : updates()) {
            try (Run run = new Run(device, List.of())) {
                double[] before = run.read(run.parameters);
                named.update.run(device, run.buffers, run.first, run.second);
                assertThat(run.read(run.parameters)).isEqualTo(before);
            }
        }
    }
}
