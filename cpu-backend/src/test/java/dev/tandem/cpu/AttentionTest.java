package dev.tandem.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.backend.NeuralOps.AttentionGradient;
import dev.tandem.backend.NeuralOps.Result;
import dev.tandem.tensor.Shape;
import org.junit.jupiter.api.Test;

/** What the conformance kit's small cases do not reach: runs of heads, not-a-numbers, oneDNN's implementations. */
class AttentionTest {
    @Test
    void headsThatDoNotFitAtOnceAreDoneInRuns() {
        // A head has 1.1 million scores, so that two threads do two heads a run; five heads make three runs.
        int heads = 5;
        int t = 1000;
        int s = 1100;
        int d = 3;
        int e = 2;
        try (TestRuntime test = new TestRuntime(2)) {
            float[] q = TestRuntime.normal(1, heads * t * d);
            float[] k = TestRuntime.normal(2, heads * s * d);
            float[] v = TestRuntime.normal(3, heads * s * e);
            float[] dy = TestRuntime.normal(4, heads * t * e);
            CpuStorage query = test.floats(Shape.of(1, heads, t, d), q);
            CpuStorage key = test.floats(Shape.of(1, heads, s, d), k);
            CpuStorage value = test.floats(Shape.of(1, heads, s, e), v);
            Attention attention = new Attention(test.runtime, new Softmax(test.runtime));
            Result forward = attention.forward(query, key, value, 0.5f);
            AttentionGradient back =
                    attention.backward(test.floats(Shape.of(1, heads, t, e), dy), query, key, value, 0.5f);

            float[] y = new float[dy.length];
            float[] dq = new float[q.length];
            float[] dk = new float[k.length];
            float[] dv = new float[v.length];
            for (int head = 0; head < heads; head++) {
                naive(head, t, s, d, e, q, k, v, dy, y, dq, dk, dv);
            }
            // Sums of a thousand float32 terms around 1.
            TestRuntime.assertClose(test.array(forward.output()), y, 1e-5);
            TestRuntime.assertClose(test.array(back.query()), dq, 1e-5);
            TestRuntime.assertClose(test.array(back.key()), dk, 1e-4);
            TestRuntime.assertClose(test.array(back.value()), dv, 1e-4);
            test.release(forward.output(), back.query(), back.key(), back.value());
        }
    }

    /** One head, row by row in double precision. */
    private static void naive(
            int head,
            int t,
            int s,
            int d,
            int e,
            float[] q,
            float[] k,
            float[] v,
            float[] dy,
            float[] y,
            float[] dq,
            float[] dk,
            float[] dv) {
        double[][] keyGradients = new double[s][d];
        double[][] valueGradients = new double[s][e];
        for (int row = head * t; row < (head + 1) * t; row++) {
            double[] p = new double[s];
            double sum = 0;
            for (int j = 0; j < s; j++) {
                double score = 0;
                for (int c = 0; c < d; c++) {
                    score += (double) q[row * d + c] * k[(head * s + j) * d + c];
                }
                p[j] = Math.exp(0.5 * score);
                sum += p[j];
            }
            double[] dp = new double[s];
            double mean = 0;
            double[] output = new double[e];
            for (int j = 0; j < s; j++) {
                p[j] /= sum;
                for (int c = 0; c < e; c++) {
                    output[c] += p[j] * v[(head * s + j) * e + c];
                    dp[j] += (double) dy[row * e + c] * v[(head * s + j) * e + c];
                    valueGradients[j][c] += p[j] * dy[row * e + c];
                }
                mean += p[j] * dp[j];
            }
            double[] queryGradient = new double[d];
            for (int j = 0; j < s; j++) {
                double ds = 0.5 * p[j] * (dp[j] - mean);
                for (int c = 0; c < d; c++) {
                    queryGradient[c] += ds * k[(head * s + j) * d + c];
                    keyGradients[j][c] += ds * q[row * d + c];
                }
            }
            copy(output, y, row * e);
            copy(queryGradient, dq, row * d);
        }
        for (int j = 0; j < s; j++) {
            copy(keyGradients[j], dk, (head * s + j) * d);
            copy(valueGradients[j], dv, (head * s + j) * e);
        }
    }

    private static void copy(double[] from, float[] to, int at) {
        for (int i = 0; i < from.length; i++) {
            to[at + i] = (float) from[i];
        }
    }

    @Test
    void aKeyThatIsNotANumberShowsInEveryOutput() {
        try (TestRuntime test = new TestRuntime(1)) {
            float[] keys = TestRuntime.normal(2, 5 * 4);
            keys[6] = Float.NaN;
            Result result = new Attention(test.runtime, new Softmax(test.runtime))
                    .forward(
                            test.floats(Shape.of(1, 1, 3, 4), TestRuntime.normal(1, 3 * 4)),
                            test.floats(Shape.of(1, 1, 5, 4), keys),
                            test.floats(Shape.of(1, 1, 5, 2), TestRuntime.normal(3, 5 * 2)),
                            1);
            for (float value : test.array(result.output())) {
                assertThat(value).isNaN();
            }
            test.release(result.output());
        }
    }

    /** Those whose names start with ref are plain loops. */
    @Test
    void productsRunOptimised() {
        try (TestRuntime test = new TestRuntime(1)) {
            for (boolean transposeA : new boolean[] {false, true}) {
                for (boolean transposeB : new boolean[] {false, true}) {
                    BatchedProduct product = new BatchedProduct(12, 197, 64, 197, transposeA, transposeB, 0.125f);
                    assertThat(product.primitive(test.runtime).implementation()).doesNotStartWith("ref");
                }
            }
        }
    }
}
