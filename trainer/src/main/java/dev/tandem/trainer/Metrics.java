package dev.tandem.trainer;

/** Sums up loss and accuracy over batches. Its state is four numbers, so that a resumed epoch reports the same. */
final class Metrics {
    private double lossSum;
    private long images;
    private long top1;
    private long top5;

    /**
     * @param loss the batch's mean loss
     * @param scores {@code [N, classes]}, row by row
     */
    void add(float loss, float[] scores, int classes, long[] labels) {
        for (int i = 0; i < labels.length; i++) {
            int better = higherThan(scores, i * classes, classes, (int) labels[i]);
            top1 += better < 1 ? 1 : 0;
            top5 += better < 5 ? 1 : 0;
        }
        lossSum += (double) loss * labels.length;
        images += labels.length;
    }

    /** How many classes score above the label's, or as high at a lower index, as argmax would take. A NaN counts as wrong. */
    private static int higherThan(float[] scores, int from, int classes, int label) {
        float own = scores[from + label];
        if (Float.isNaN(own)) {
            return classes;
        }
        int higher = 0;
        for (int c = 0; c < classes; c++) {
            float other = scores[from + c];
            if (other > own || (other == own && c < label) || Float.isNaN(other)) {
                higher++;
            }
        }
        return higher;
    }

    long images() {
        return images;
    }

    /** The mean loss of an image. */
    double loss() {
        return lossSum / images;
    }

    double top1() {
        return (double) top1 / images;
    }

    double top5() {
        return (double) top5 / images;
    }

    /** Everything there is to know, for a checkpoint. */
    String snapshot() {
        return Double.toHexString(lossSum) + "," + images + "," + top1 + "," + top5;
    }

    static Metrics restore(String snapshot) {
        String[] parts = snapshot.split(",");
        Metrics metrics = new Metrics();
        metrics.lossSum = Double.parseDouble(parts[0]);
        metrics.images = Long.parseLong(parts[1]);
        metrics.top1 = Long.parseLong(parts[2]);
        metrics.top5 = Long.parseLong(parts[3]);
        return metrics;
    }
}
