package dev.tandem.trainer;

import dev.tandem.data.ImageDataset;
import dev.tandem.data.TooManyBrokenException;
import dev.tandem.nn.Losses;
import dev.tandem.tensor.Tensor;
import java.util.List;
import java.util.stream.IntStream;

/** Whether data and network belong together, before any time is spent. */
public final class DataChecks {
    private DataChecks() {}

    /** @throws IllegalArgumentException if they do not, saying how */
    public static void check(NetworkSpec spec, ImageDataset dataset) {
        if (dataset.size() < 1) {
            throw new IllegalArgumentException("data set " + dataset.name() + ": it has no images");
        }
        if (dataset.channels() != spec.channels()
                || dataset.height() != spec.height()
                || dataset.width() != spec.width()) {
            throw new IllegalArgumentException("data set " + dataset.name() + ": its images are " + dataset.channels()
                    + "×"
                    + dataset.height() + "×" + dataset.width() + ", the network " + spec.model() + " was built for "
                    + spec.channels() + "×" + spec.height() + "×" + spec.width()
                    + " (channels × height × width); choose another data set, or build the network for these images");
        }
        if (dataset.classNames().size() > spec.classes()) {
            throw new IllegalArgumentException("data set " + dataset.name() + ": it has "
                    + dataset.classNames().size()
                    + " classes, the network " + spec.model() + " tells " + spec.classes()
                    + " apart; build the network for this data set");
        }
        checkOrder(spec, dataset);
        try {
            Losses.checkLabels(
                    IntStream.range(0, dataset.size()).mapToLong(dataset::label).toArray(), spec.classes());
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("data set " + dataset.name() + ": " + e.getMessage(), e);
        }
    }

    /** Names may be other words for the same classes, but not the same words for others. */
    private static void checkOrder(NetworkSpec spec, ImageDataset dataset) {
        List<String> names = dataset.classNames();
        for (int i = 0; i < names.size(); i++) {
            int place = spec.classNames().indexOf(names.get(i));
            if (place >= 0 && !names.get(i).equals(spec.classNames().get(i))) {
                throw new IllegalArgumentException("data set " + dataset.name() + ": class " + i + " is "
                        + names.get(i) + ", which is class " + place + " of the network " + spec.model()
                        + "; the order must be the same, as labelledAs(spec.classNames()) of a data set makes it");
            }
        }
    }

    /**
     * @param logits {@code [N, classes]}
     * @throws IllegalArgumentException if they are not the scores of as many classes as the network's description names
     */
    static void checkOutput(NetworkSpec spec, Tensor logits) {
        if (logits.rank() != 2 || logits.size(1) != spec.classes()) {
            throw new IllegalArgumentException("network " + spec.model() + ": it gives " + logits.shape()
                    + " for a batch, and its NetworkSpec names " + spec.classes() + " classes; it must give [N, "
                    + spec.classes() + "], a score for each of them");
        }
    }

    /** @throws TooManyBrokenException if nothing was seen of a data set, since none of its images can be read */
    static void requireSome(long imagesSeen, ImageDataset dataset) {
        if (imagesSeen == 0) {
            throw TooManyBrokenException.all(dataset);
        }
    }
}
