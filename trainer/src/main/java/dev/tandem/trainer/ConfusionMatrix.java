package dev.tandem.trainer;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** How often images of each class were taken for each class. */
public final class ConfusionMatrix {
    /** Images of one class that were taken for another. */
    public record Mistake(int label, int prediction, long count) {}

    private final long[][] counts; // [label][prediction]

    public ConfusionMatrix(int classes) {
        counts = new long[classes][classes];
    }

    /** @param scores {@code [N, classes]}, row by row; the highest one counts, of equal ones the first */
    void add(float[] scores, long[] labels) {
        int classes = counts.length;
        for (int i = 0; i < labels.length; i++) {
            int best = 0;
            for (int c = 1; c < classes; c++) {
                if (scores[i * classes + c] > scores[i * classes + best]) {
                    best = c;
                }
            }
            counts[(int) labels[i]][best]++;
        }
    }

    public int classes() {
        return counts.length;
    }

    public long count(int label, int prediction) {
        return counts[label][prediction];
    }

    /** Images of a class. */
    public long images(int label) {
        long sum = 0;
        for (long count : counts[label]) {
            sum += count;
        }
        return sum;
    }

    /** The share of a class's images that were recognised, 0 to 1; NaN where there are none. */
    public double accuracy(int label) {
        return (double) counts[label][label] / images(label);
    }

    /** The most frequent mistakes first. */
    public List<Mistake> mistakes() {
        List<Mistake> mistakes = new ArrayList<>();
        for (int label = 0; label < counts.length; label++) {
            for (int prediction = 0; prediction < counts.length; prediction++) {
                if (label != prediction && counts[label][prediction] > 0) {
                    mistakes.add(new Mistake(label, prediction, counts[label][prediction]));
                }
            }
        }
        mistakes.sort(Comparator.comparingLong(Mistake::count).reversed());
        return mistakes;
    }
}
