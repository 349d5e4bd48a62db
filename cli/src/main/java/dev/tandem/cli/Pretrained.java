package dev.tandem.cli;

import dev.tandem.data.Normalization;
import dev.tandem.data.Resize;
import dev.tandem.io.HostTensor;
import dev.tandem.io.WeightsFile;
import dev.tandem.models.ModelEntry;
import dev.tandem.models.ModelOptions;
import dev.tandem.models.Models;
import dev.tandem.nn.Module;
import dev.tandem.nn.Weights;
import dev.tandem.trainer.NetworkSpec;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Weights to start from, which others or an earlier run trained, perhaps for other classes. */
final class Pretrained {
    private final String file;
    private final WeightsFile contents;

    private Pretrained(String file, WeightsFile contents) {
        this.file = file;
        this.contents = contents;
    }

    /** @throws dev.tandem.io.BrokenFileException if it is damaged */
    static Pretrained read(String file) {
        return new Pretrained(file, WeightsFile.read(Path.of(file)));
    }

    /** What network it is of and for which images, where it is Tandem's own; else it does not tell. */
    Optional<NetworkSpec> spec() {
        return TrainedNetwork.tells(contents)
                ? Optional.of(NetworkSpec.fromMetadata(file, contents.metadata()))
                : Optional.empty();
    }

    /** @throws UsageException if it does not tell */
    ModelEntry model() {
        return Models.get(spec().orElseThrow(() -> new UsageException("--pretrained " + file
                        + ": the file does not tell which network it is of; "
                        + new ForeignWeights(file, contents, null).looksLike().orElse("name it with --model")))
                .model());
    }

    /**
     * What pixels went through where it was trained: as it tells, or as the network's published weights want it.
     *
     * @throws UsageException if that is not known for images of so many channels
     */
    Normalization normalization(ModelEntry entry, int channels) {
        Normalization normalization = spec().map(NetworkSpec::normalization)
                .orElseGet(() ->
                        PublishedPixels.normalization(entry, entry.pixels().mean().length));
        if (normalization.mean().length != channels) {
            throw new UsageException("--pretrained " + file + ": its pixels' normalisation is known for "
                    + normalization.mean().length + " channels, the images have " + channels
                    + "; say what it was with --normalization");
        }
        return normalization;
    }

    /** How photos were scaled where it was trained, as it tells or as the network's published weights want it. */
    Resize resize(ModelEntry entry, int imageSize) {
        return spec().map(spec -> spec.height() == imageSize ? spec.resize() : Resize.usual(imageSize))
                .orElseGet(() -> PublishedPixels.resize(entry, imageSize));
    }

    /** @throws IllegalArgumentException if it tells of another network */
    void checkModel(ModelEntry entry) {
        TrainedNetwork.checkModel(file, contents, entry.name());
    }

    /**
     * Overwrites a network's parameters, but for a head that does not fit: that keeps its start values.
     *
     * @return what became of the head, in a line
     * @throws dev.tandem.nn.WeightsMismatchException if anything else does not fit, listing all of it
     */
    String loadInto(Module network, ModelEntry entry, ModelOptions options, Console console) {
        Set<String> head = entry.head(options);
        List<String> left = TrainedNetwork.tells(contents)
                ? loadOwn(network, head)
                : new ForeignWeights(file, contents, console).loadInto(network, entry, options, head::contains);
        String names = String.join(", ", head);
        if (left == null) {
            return file + ": all of it is taken, with its head for " + options.classes() + " classes (" + names + ")";
        }
        return file + ": the head (" + names + ") is made anew for " + options.classes() + " classes; the file has "
                + (left.isEmpty() ? "none" : String.join(", ", left));
    }

    private List<String> loadOwn(Module network, Set<String> head) {
        Map<String, HostTensor> tensors = TrainedNetwork.weights(contents);
        List<String> left = Weights.loadAllBut(head::contains, file, tensors, network);
        return left.isEmpty() && tensors.keySet().containsAll(head) ? null : left;
    }
}
