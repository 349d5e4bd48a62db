package dev.tandem.data;

import dev.tandem.data.image.ImageException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Which images of a data set cannot be read, as they are come upon. They are skipped, until there are more than a limit. Safe for
 * use from several threads.
 */
public final class BrokenImages {
    private static final int LISTED = 5;
    private static final long MOST_NANOS_LOOKING = TimeUnit.SECONDS.toNanos(5);

    private final ImageDataset dataset;
    private final BrokenLimit limit;
    private final Map<Integer, ImageException> found = new TreeMap<>(); // by index

    public BrokenImages(ImageDataset dataset, BrokenLimit limit) {
        this.dataset = dataset;
        this.limit = limit;
    }

    /**
     * Keeps one in mind; the same one again counts once.
     *
     * @throws TooManyBrokenException if it is one too many
     */
    synchronized void add(int index, ImageException failure) {
        found.put(index, failure);
        if (found.size() > limit.allowed(dataset.size())) {
            throw new TooManyBrokenException(tooMany());
        }
    }

    private String tooMany() {
        return "photos " + dataset.name() + ": " + found.size() + " of those looked at cannot be read, and of "
                + dataset.size() + " at most " + limit.allowed(dataset.size()) + " may be so (" + limit + "): "
                + found.values().stream()
                        .limit(LISTED)
                        .map(each -> each.file() + ": " + each.reason())
                        .collect(Collectors.joining(" | "))
                + (found.size() > LISTED ? " | and " + (found.size() - LISTED) + " more" : "")
                + " — mend or delete them, or allow for more (--max-broken)";
    }

    /**
     * Looks at the images without decoding them, for five seconds at most, so that a data set with many broken ones costs no epoch.
     *
     * @throws TooManyBrokenException if there are more than may be, or none is left
     */
    public void lookForThem(int threads) {
        if (!dataset.cutsPhotos()) {
            return;
        }
        long start = System.nanoTime();
        try (Decoders decoders = new Decoders(threads)) {
            decoders.forEach(dataset.size(), index -> {
                if (System.nanoTime() - start < MOST_NANOS_LOOKING) {
                    try {
                        dataset.check(index);
                    } catch (ImageException e) {
                        add(index, e);
                    }
                }
            });
        }
        if (list().size() == dataset.size()) {
            throw TooManyBrokenException.all(dataset);
        }
    }

    /** Classes of which every image was found to be broken, by name. */
    public synchronized List<String> lostClasses() {
        Set<Integer> left = new HashSet<>();
        for (int i = 0; i < dataset.size(); i++) {
            if (!found.containsKey(i)) {
                left.add(dataset.label(i));
            }
        }
        return found.keySet().stream()
                .map(dataset::label)
                .distinct()
                .filter(label -> !left.contains(label))
                .map(dataset.classNames()::get)
                .toList();
    }

    /** Those found so far, in the data set's order. */
    public synchronized List<ImageException> list() {
        return List.copyOf(found.values());
    }

    /** What {@link ImageFolder#withRemoved} takes. */
    public synchronized List<String> fingerprints() {
        return found.keySet().stream().map(dataset::fingerprint).toList();
    }
}
