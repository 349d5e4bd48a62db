package dev.tandem.trainer;

import dev.tandem.data.BrokenImages;
import dev.tandem.data.ImageDataset;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The images of a run as its checkpoints describe them, since a run goes on only with those that it began with. */
final class RunData {
    /** Names of the training images that could not be read, a line each. */
    static final String BROKEN = "trainBroken";

    private static final String IMAGES = "trainImages";
    private static final String LABELS = "trainLabels";
    private static final String FILES = "trainFiles";
    private static final String VALIDATION_FILES = "validationFiles";
    private static final Logger LOG = LoggerFactory.getLogger(RunData.class);

    private final ImageDataset training;
    private final ImageDataset validation; // null where nothing is validated on
    private final String files;
    private final String validationFiles;

    /** Looks at all files. */
    RunData(ImageDataset training, ImageDataset validation) {
        this.training = training;
        this.validation = validation;
        this.files = training.fingerprint();
        this.validationFiles = validation == null ? "" : validation.fingerprint();
    }

    /** For a checkpoint. */
    Map<String, String> values(BrokenImages broken) {
        Map<String, String> values = new LinkedHashMap<>();
        values.put(IMAGES, Integer.toString(training.size()));
        values.put(LABELS, labelsFingerprint());
        values.put(FILES, files);
        values.put(VALIDATION_FILES, validationFiles);
        values.put(BROKEN, String.join("\n", broken.fingerprints()));
        return values;
    }

    /**
     * The order of the images follows from their number; checkpoints of earlier versions do not tell. Other validation images
     * change nothing of the training but what it is measured by, so they are only mentioned.
     *
     * @throws IllegalArgumentException if the images to train on are others, saying how
     */
    void requireSame(Checkpoint checkpoint) {
        if (checkpoint.values().containsKey(IMAGES)) {
            String difference = difference(checkpoint);
            if (difference != null) {
                throw new IllegalArgumentException(checkpoint.file() + ": the run was started on " + difference + " ("
                        + training.name()
                        + "), and would not go on as if it had never stopped; put the data back as it was,"
                        + " or start a new run with --weights");
            }
        }
        if (!checkpoint.values().getOrDefault(VALIDATION_FILES, validationFiles).equals(validationFiles)) {
            LOG.warn(
                    "{}: earlier epochs were measured on other validation images than those of {}",
                    checkpoint.file(),
                    validation == null ? "none" : validation.name());
        }
    }

    private String difference(Checkpoint checkpoint) {
        if (checkpoint.number(IMAGES) != training.size()) {
            return checkpoint.number(IMAGES) + " images, now there are " + training.size();
        }
        if (!checkpoint.value(LABELS).equals(labelsFingerprint())) {
            return "as many images, but other class names or labels";
        }
        return checkpoint.values().getOrDefault(FILES, files).equals(files)
                ? null
                : "as many images of each class, but files of other names or sizes";
    }

    /** Eight hexadecimal digits (CRC-32) that change with the class names, their order, and almost surely with any label. */
    private String labelsFingerprint() {
        CRC32 sum = new CRC32();
        sum.update(String.join("\n", training.classNames()).getBytes(StandardCharsets.UTF_8));
        ByteBuffer labels = ByteBuffer.allocate(Integer.BYTES * training.size());
        for (int i = 0; i < training.size(); i++) {
            labels.putInt(training.label(i));
        }
        sum.update(labels.flip());
        return String.format("%08x", sum.getValue());
    }
}
