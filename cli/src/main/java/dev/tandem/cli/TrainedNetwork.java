package dev.tandem.cli;

import dev.tandem.io.BrokenFileException;
import dev.tandem.io.HostTensor;
import dev.tandem.io.SafeTensors;
import dev.tandem.io.WeightsFile;
import dev.tandem.models.ModelEntry;
import dev.tandem.models.ModelOptions;
import dev.tandem.models.Models;
import dev.tandem.nn.Module;
import dev.tandem.nn.Weights;
import dev.tandem.tensor.Device;
import dev.tandem.trainer.LossFunction;
import dev.tandem.trainer.NetworkSpec;
import dev.tandem.trainer.RunFolder;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A network with its weights, as a file or run folder holds it.
 *
 * @param file null where the weights are start values
 * @param epoch of the run, after which they were saved; null where the file does not tell
 */
record TrainedNetwork(Path file, NetworkSpec spec, Module network, String epoch) {
    private static final String MODEL = "tandem.model";
    private static final String CHECKPOINT = "tandem.checkpoint";
    private static final String CHECKPOINT_PREFIX = "model.";

    /** As below, the best ones of a run folder. */
    static Path locate(Path given) {
        return locate(given, null);
    }

    /**
     * The weights that a path means: itself, or those of a run folder; null means the newest run in {@code runs}.
     *
     * @param use which ones of a run folder; null for the best where there are any, else the final ones
     */
    static Path locate(Path given, RunWeights.Use use) {
        List<String> wanted = RunWeights.files(use);
        String names = String.join(" and no ", wanted);
        if (given == null) {
            return Runs.newest(Runs.folder(), run -> inRun(run, wanted) != null)
                    .map(run -> inRun(run, wanted))
                    .orElseThrow(() -> new UsageException("there is no trained network in runs/"
                            + (use == null ? "" : " with " + names)
                            + "; train one (tandem train), or name its weights file or run folder"));
        }
        if (Files.isDirectory(given)) {
            Path file = inRun(given, wanted);
            if (file == null && use == null && WeightsFile.isIn(given)) {
                return given;
            }
            if (file == null && !Files.isRegularFile(RunFolder.at(given).config())) {
                throw new UsageException("folder " + given + ": it is no run of tandem train (it has no " + names
                        + "), and holds no model.safetensors; name a run folder or a weights file");
            }
            if (file == null && inRun(given, RunWeights.files(null)) != null) {
                throw new UsageException("--use " + use + ": run folder " + given + " has no " + names
                        + "; leave it out, to take what there is");
            }
            if (file == null) {
                throw new UsageException("run folder " + given + ": it has no " + names
                        + "; a run has weights after its first epoch (tandem train --resume --run "
                        + Format.word(given)
                        + " goes on)");
            }
            return file;
        }
        if (!Files.isRegularFile(WeightsFile.whole(given))) {
            throw new UsageException("weights " + given + ": there is no such file or folder");
        }
        if (use != null) {
            throw new UsageException(
                    "--use " + use + ": " + given + " is a file, and it is taken; --use chooses in a" + " run folder");
        }
        return given;
    }

    private static Path inRun(Path run, List<String> wanted) {
        return wanted.stream()
                .map(run::resolve)
                .filter(Files::isRegularFile)
                .findFirst()
                .orElse(null);
    }

    /** The file, of which epoch it is, and how to have the other one where it was chosen among two. */
    String origin(RunWeights.Use use) {
        String of = epoch == null ? "" : ", epoch " + epoch;
        return file + of + (isChosen(use) ? ", the best one; --use final takes the last" : "");
    }

    /** Whether the best weights were taken and the last ones are of another epoch. */
    private boolean isChosen(RunWeights.Use use) {
        if (use != null || file == null || !file.getFileName().toString().equals(RunWeights.BEST)) {
            return false;
        }
        Path last = file.resolveSibling(RunWeights.FINAL);
        try (Arena arena = Arena.ofConfined()) {
            Map<String, String> metadata =
                    SafeTensors.read(last, arena, SafeTensors.Integrity.SKIP).metadata();
            return epoch == null || !epoch.equals(metadata.get(NetworkSpec.EPOCH));
        } catch (UncheckedIOException | BrokenFileException e) {
            return false; // there is no other to choose
        }
    }

    /** Says in a line which weights were chosen, where nobody did. */
    void tellChoice(Console console, RunWeights.Use use) {
        if (isChosen(use)) {
            console.note("tandem: the weights are " + origin(use));
        }
    }

    /** How weights were trained: on which data, and to which loss. */
    record Training(String data, LossFunction loss) {}

    /** Of the run that weights lie in; empty if they lie in none. */
    static Optional<Training> training(Path weights) {
        RunFolder run = RunFolder.at(weights.toAbsolutePath().getParent());
        if (!run.holdsRun()) {
            return Optional.empty();
        }
        Map<String, Object> config = RunConfig.read(run);
        String smoothing = String.valueOf(config.getOrDefault("labelSmoothing", 0));
        return Optional.of(new Training(
                String.valueOf(config.get("data")), LossFunction.crossEntropy(Float.parseFloat(smoothing))));
    }

    /**
     * Reads a weights file and builds its network.
     *
     * @param model what to build where the file does not tell; null to refuse such a file
     */
    static TrainedNetwork open(Path file, ModelEntry model, Device device, Console console) {
        return open(file, model, new NetworkSize(), device, console);
    }

    /** @param size what the file does not tell; where it does, the two must agree */
    static TrainedNetwork open(Path file, ModelEntry model, NetworkSize size, Device device, Console console) {
        WeightsFile contents = WeightsFile.read(file);
        ForeignWeights foreign = new ForeignWeights(file.toString(), contents, console);
        NetworkSpec spec;
        if (!tells(contents) && model == null) {
            throw new UsageException(file + ": the file does not tell which network it is of; "
                    + foreign.looksLike().orElse("name it with --model"));
        }
        if (tells(contents)) {
            spec = NetworkSpec.fromMetadata(file.toString(), contents.metadata());
            if (model != null && !model.name().equals(spec.model())) {
                throw new UsageException("--model " + model.name() + ": " + file + " holds weights of " + spec.model()
                        + "; leave it out");
            }
        } else {
            spec = asPublished(model, size.of(model));
        }
        size.checkAgainst(file, spec);
        Module network = build(spec, device);
        if (tells(contents)) {
            Weights.load(file.toString(), weights(contents), network, true);
        } else {
            foreign.loadInto(network, model, size.of(model), name -> false);
        }
        network.setTraining(false);
        return new TrainedNetwork(file, spec, network, contents.metadata().get(NetworkSpec.EPOCH));
    }

    /** With random start values. */
    static TrainedNetwork untrained(ModelEntry model, NetworkSize size, Device device) {
        NetworkSpec spec = asPublished(model, size.of(model));
        Module network = build(spec, device);
        network.setTraining(false);
        return new TrainedNetwork(null, spec, network, null);
    }

    private static Module build(NetworkSpec spec, Device device) {
        ModelOptions options = new ModelOptions(spec.classes(), spec.channels(), spec.height(), spec.settings());
        Module network = NetworkSize.build(Models.get(spec.model()), options);
        network.initialize(device, 0);
        return network;
    }

    /** For weights of others: images prepared as for the published weights, and numbers for classes. */
    private static NetworkSpec asPublished(ModelEntry model, ModelOptions options) {
        List<String> names = IntStream.range(0, options.classes())
                .mapToObj(Integer::toString)
                .toList();
        return new NetworkSpec(
                model.name(),
                options.channels(),
                options.imageSize(),
                options.imageSize(),
                names,
                PublishedPixels.resize(model, options.imageSize()),
                PublishedPixels.normalization(model, options.channels()),
                options.settings());
    }

    /** Puts a file's weights into a network that is about to be trained; those of another network are refused. */
    static void loadInto(Module network, ModelEntry entry, ModelOptions options, String file, Console console) {
        WeightsFile contents = WeightsFile.read(Path.of(file));
        checkModel(file, contents, entry.name());
        if (tells(contents)) {
            Weights.load(file, weights(contents), network, true);
        } else {
            new ForeignWeights(file, contents, console).loadInto(network, entry, options, name -> false);
        }
    }

    /** Whether the file says which network it is of. */
    static boolean tells(WeightsFile contents) {
        return contents.metadata().containsKey(MODEL);
    }

    static void checkModel(String file, WeightsFile contents, String wanted) {
        String model = contents.metadata().get(MODEL);
        if (model != null && !model.equals(wanted)) {
            throw new IllegalArgumentException(
                    file + ": it holds weights of " + model + ", not of " + wanted + "; use --model " + model);
        }
    }

    /** The network's tensors; a checkpoint has the optimizer's beside them. */
    static Map<String, HostTensor> weights(WeightsFile contents) {
        if (!contents.metadata().containsKey(CHECKPOINT)) {
            return contents.tensors();
        }
        Map<String, HostTensor> weights = new LinkedHashMap<>();
        contents.tensors().forEach((name, tensor) -> {
            if (name.startsWith(CHECKPOINT_PREFIX)) {
                weights.put(name.substring(CHECKPOINT_PREFIX.length()), tensor);
            }
        });
        return weights;
    }
}
