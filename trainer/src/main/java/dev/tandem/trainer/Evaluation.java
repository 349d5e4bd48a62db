package dev.tandem.trainer;

/**
 * How good a network is on a data set.
 *
 * @param loss mean of an image, by the function that it was measured with; cross-entropy unless another was chosen
 * @param top1 share of images whose label scores highest, 0 to 1; {@code top5} likewise for the five highest
 */
public record Evaluation(long images, double loss, double top1, double top5, double seconds) {
    public double imagesPerSecond() {
        return images / seconds;
    }
}
