package dev.tandem.trainer;

import dev.tandem.backend.OutOfDeviceMemoryException;
import dev.tandem.data.Batch;
import dev.tandem.data.BatchLoader;
import dev.tandem.data.BrokenImages;
import dev.tandem.data.TooManyBrokenException;
import dev.tandem.data.image.ImageException;
import dev.tandem.io.BrokenFileException;
import dev.tandem.io.SafeTensors;
import dev.tandem.nn.AuxiliaryHeads;
import dev.tandem.nn.Losses;
import dev.tandem.nn.Module;
import dev.tandem.nn.Weights;
import dev.tandem.optim.Optimizer;
import dev.tandem.optim.Plateau;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Scope;
import dev.tandem.tensor.Tensor;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Trains a network on a data set: batches, steps, validation each epoch, checkpoints.
 *
 * <pre>{@code
 * TrainingResult result = Trainer.builder(model, spec)
 *         .trainOn(Datasets.mnist(Split.TRAIN))
 *         .validateOn(Datasets.mnist(Split.TEST))
 *         .optimizer(new Sgd(model, 0.05f).momentum(0.9f))
 *         .learningRate(Schedule.cosine(0.05, 0, 5 * 468)) // without it 0.05 throughout
 *         .epochs(5)
 *         .train();
 * }</pre>
 */
public final class Trainer {
    private static final String PLATEAU = "plateau.";
    private static final String RATE = "learningRate";
    private static final Logger LOG = LoggerFactory.getLogger(Trainer.class);

    private final TrainerBuilder settings;
    private final Module model;
    private final Optimizer optimizer;
    private final Device device;
    private final BrokenImages brokenTraining;
    private final BrokenImages brokenValidation; // null where nothing is validated on
    private final RunData data; // null where no checkpoint will hold it
    private final DivergenceDiagnosis diagnosis = new DivergenceDiagnosis();
    private final long startNanos = System.nanoTime();
    private volatile boolean stopRequested;
    private boolean started;
    private BatchLoader loader; // while it runs

    private final TrainingProgress progress = new TrainingProgress();
    private double learningRate; // of the last step
    private Evaluation validation;
    private double lastTrainLoss = Double.NaN;
    private double secondsToFirstStep = Double.NaN;
    private long savedAtStep = -1;

    Trainer(TrainerBuilder settings) {
        this.settings = settings;
        this.model = settings.model;
        this.optimizer = settings.optimizer;
        this.device = model.flatParameters().device();
        DataChecks.check(settings.spec, settings.trainData);
        if (settings.validationData != null) {
            DataChecks.check(settings.spec, settings.validationData);
        }
        BatchLoader.requireBatch(settings.trainData, settings.batchSize);
        this.data = settings.runFolder == null ? null : new RunData(settings.trainData, settings.validationData);
        this.brokenTraining = new BrokenImages(settings.trainData, settings.maxBroken);
        this.brokenValidation =
                settings.validationData == null ? null : new BrokenImages(settings.validationData, settings.maxBroken);
    }

    /** A trainer of an initialised network. */
    public static TrainerBuilder builder(Module model, NetworkSpec spec) {
        return new TrainerBuilder(model, spec);
    }

    /** Asks training to stop after the step under way, with a checkpoint. From any thread. */
    public void requestStop() {
        stopRequested = true;
    }

    public long batchesPerEpoch() {
        return settings.trainData.size() / settings.batchSize;
    }

    public int epochs() {
        return settings.epochs;
    }

    public int batchSize() {
        return settings.batchSize;
    }

    public NetworkSpec spec() {
        return settings.spec;
    }

    /** Steps done, those of the run that was resumed included. */
    public long step() {
        return progress.step;
    }

    /**
     * Trains to the last epoch, or until {@link #requestStop}. Once. Nobody else may train in the run folder meanwhile.
     *
     * @throws IllegalStateException if it ran already
     * @throws RunInUseException if somebody else trains in the run folder
     * @throws TooManyBrokenException if more photos cannot be read than {@link TrainerBuilder#maxBroken} says
     */
    public TrainingResult run() {
        if (started) {
            throw new IllegalStateException("trainer: it has run already; build another one");
        }
        started = true;
        try (RunFolder.Hold held = settings.runFolder == null ? null : settings.runFolder.hold()) {
            device.seed(settings.seed);
            device.memory().resetPeak();
            if (settings.resume && settings.runFolder.hasCheckpoint()) {
                restore(settings.runFolder.newestCheckpoint());
            }
            settings.callbacks.forEach(callback -> callback.onStart(this));
            runEpochs();
            TrainingResult result = finish();
            settings.callbacks.forEach(callback -> callback.onEnd(this, result));
            return result;
        }
    }

    private void runEpochs() {
        try (BatchLoader opened = BatchLoader.shuffled(
                settings.trainData,
                settings.batchSize,
                settings.seed,
                settings.augmentation,
                device.threads(),
                brokenTraining)) {
            loader = opened;
            if (progress.epoch < settings.epochs) {
                lookForBrokenPhotos();
            }
            while (progress.epoch < settings.epochs && !stopRequested) {
                runEpoch();
            }
        } catch (TooManyBrokenException e) {
            if (progress.step > 0) { // what was computed is kept
                checkpoint();
            }
            throw e;
        }
    }

    private void lookForBrokenPhotos() {
        brokenTraining.lookForThem(device.threads());
        brokenTraining
                .lostClasses()
                .forEach(each -> LOG.warn(
                        "{}: no image of class {} can be read, so it will not be learnt",
                        settings.trainData.name(),
                        each));
        if (brokenValidation != null) {
            brokenValidation.lookForThem(device.threads());
        }
    }

    private void runEpoch() {
        long start = System.nanoTime();
        long waitedBefore = loader.nanosWaited();
        long imagesBefore = progress.metrics.images();
        settings.freezing.apply(model, progress.epoch + 1);
        model.flatParameters().gradients(); // makes room for what is frozen no more
        model.setTraining(true);
        loader.startEpoch(progress.epoch, progress.batchInEpoch);
        for (Batch batch = loader.next(); batch != null; batch = loader.next()) {
            float loss = trainOn(batch);
            report(loss, start, waitedBefore, imagesBefore);
            if (stopRequested) {
                checkpoint();
                return;
            }
            if (settings.checkpointEvery > 0 && progress.step % settings.checkpointEvery == 0) {
                checkpoint();
            }
        }
        DataChecks.requireSome(progress.metrics.images(), settings.trainData);
        double seconds = (System.nanoTime() - start) / 1e9;
        endEpoch(seconds, (progress.metrics.images() - imagesBefore) / seconds, share(waitedBefore, start));
    }

    private float trainOn(Batch batch) {
        Losses.checkLabels(batch.labels(), settings.spec.classes());
        if (settings.schedule != null) {
            optimizer.setLearningRate((float) settings.schedule.at(progress.step));
        }
        learningRate = rate(progress.step);
        try (Scope scope = Scope.open()) {
            model.flatParameters().clearGradients();
            Tensor images = InputBatches.images(batch, settings.spec, device);
            Tensor labels = InputBatches.labels(batch, device);
            List<Tensor> outputs = AuxiliaryHeads.outputs(model, images);
            DataChecks.checkOutput(settings.spec, outputs.get(0));
            Tensor loss = AuxiliaryHeads.loss(model, outputs, logits -> settings.loss.apply(logits, labels));
            float value = loss.item();
            if (!Float.isFinite(value)) {
                boolean inputFinite = Float.isFinite(images.sum().item());
                throw diagnosis.explain(progress.step + 1, progress.epoch + 1, value, learningRate, inputFinite);
            }
            diagnosis.saw(value);
            loss.backward();
            optimizer.step();
            progress.metrics.add(value, outputs.get(0).toFloatArray(), settings.spec.classes(), batch.labels());
            progress.step++;
            progress.batchInEpoch = batch.number() + 1;
            if (Double.isNaN(secondsToFirstStep)) {
                secondsToFirstStep = secondsSinceStart();
            }
            return value;
        } catch (OutOfDeviceMemoryException e) {
            throw MemoryAdvice.explain(e, settings.batchSize, model);
        }
    }

    private double rate(long ofStep) {
        return settings.schedule == null ? optimizer.learningRate() : settings.schedule.at(ofStep);
    }

    private void report(float loss, long epochStart, long waitedBefore, long imagesBefore) {
        double seconds = (System.nanoTime() - epochStart) / 1e9;
        Callback.Step done = new Callback.Step(
                progress.step,
                progress.epoch + 1,
                progress.batchInEpoch,
                (int) loader.batchesPerEpoch(),
                loss,
                learningRate,
                (progress.metrics.images() - imagesBefore) / seconds,
                share(waitedBefore, epochStart));
        settings.callbacks.forEach(callback -> callback.onStep(this, done));
    }

    private double share(long waitedBefore, long start) {
        return (double) (loader.nanosWaited() - waitedBefore) / Math.max(1, System.nanoTime() - start);
    }

    private void endEpoch(double seconds, double imagesPerSecond, double waitingShare) {
        if (settings.validationData != null) {
            Evaluation measured = Evaluator.evaluate(
                    model,
                    settings.spec,
                    settings.validationData,
                    settings.batchSize,
                    device,
                    null,
                    settings.loss,
                    brokenValidation,
                    () -> stopRequested);
            if (stopRequested) { // measured on some of the images only: resuming measures anew
                checkpoint();
                return;
            }
            validation = measured;
            if (settings.schedule instanceof Plateau plateau) {
                plateau.observe(validation.loss());
            }
        }
        lastTrainLoss = progress.metrics.loss();
        Callback.Epoch done = new Callback.Epoch(
                progress.epoch + 1,
                progress.step,
                progress.metrics.loss(),
                progress.metrics.top1(),
                progress.metrics.top5(),
                learningRate,
                imagesPerSecond,
                waitingShare,
                seconds,
                validation);
        progress.endEpoch();
        record(done);
        checkpoint();
        settings.callbacks.forEach(callback -> callback.onEpoch(this, done));
    }

    private void record(Callback.Epoch done) {
        boolean better = validation != null && progress.saw(validation);
        if (settings.runFolder == null) {
            return;
        }
        MetricsFile.append(settings.runFolder.metrics(), MetricsLine.of(done, settings.loss.name()));
        if (better) {
            save(settings.runFolder.best());
        }
    }

    /** The network as it is, with the number of epochs behind it. */
    private void save(Path file) {
        Map<String, String> metadata = settings.spec.toMetadata();
        metadata.put(NetworkSpec.EPOCH, Integer.toString(progress.epoch));
        Weights.save(model, file, metadata);
    }

    // Checkpoints
    // ------------------------------------------------------------------------------------------------------

    private void checkpoint() {
        if (settings.runFolder == null || savedAtStep == progress.step) {
            return;
        }
        Path file = settings.runFolder.checkpoint(progress.step);
        Checkpoint.write(file, model, optimizer, state());
        savedAtStep = progress.step;
        settings.runFolder.keepLast(settings.keepCheckpoints);
        settings.callbacks.forEach(callback -> callback.onCheckpoint(this, file));
    }

    private Map<String, String> state() {
        long[] random = device.random().snapshot();
        Map<String, String> values = new LinkedHashMap<>(settings.spec.toMetadata());
        values.putAll(progress.values());
        values.putAll(data.values(brokenTraining));
        values.put("batchSize", Integer.toString(settings.batchSize));
        values.put("seed", Long.toString(settings.seed));
        values.put("optimizerSteps", Long.toString(optimizer.stepCount()));
        values.put("randomSeed", Long.toString(random[0]));
        values.put("randomOffset", Long.toString(random[1]));
        if (settings.schedule instanceof Plateau plateau) {
            plateau.state().forEach((name, value) -> values.put(PLATEAU + name, value));
        }
        values.put(RATE, Float.toString(optimizer.learningRate()));
        if (settings.runFolder.configText() != null) {
            values.put(Checkpoint.CONFIG, settings.runFolder.configText());
        }
        return values;
    }

    private void restore(Checkpoint checkpoint) {
        sameAsBefore(checkpoint, "batchSize", settings.batchSize);
        sameAsBefore(checkpoint, "seed", settings.seed);
        data.requireSame(checkpoint);
        progress.restore(checkpoint);
        lookForBest();
        settings.freezing.apply(model, progress.epoch + 1);
        checkpoint.restore(model, optimizer, checkpoint.number("optimizerSteps"));
        device.random().restore(checkpoint.number("randomSeed"), checkpoint.number("randomOffset"));
        if (settings.schedule instanceof Plateau plateau) {
            plateau.restore(checkpoint.valuesWithPrefix(PLATEAU));
        }
        restoreRate(checkpoint);
        savedAtStep = progress.step;
        MetricsFile.cut(settings.runFolder.metrics(), progress.epoch + 1);
    }

    /** Where the weights of the best epoch are lost, the next epoch is the best so far. */
    private void lookForBest() {
        if (Double.isNaN(progress.bestTop1)) {
            return;
        }
        try (Arena arena = Arena.ofConfined()) {
            SafeTensors.read(settings.runFolder.best(), arena, SafeTensors.Integrity.SKIP);
        } catch (BrokenFileException | UncheckedIOException e) {
            LOG.warn(
                    "{}; the best epoch so far is lost, and the best of those to come takes its place", e.getMessage());
            progress.forgetBest();
        }
    }

    /** Without a schedule the rate is what it was, whoever set it. */
    private void restoreRate(Checkpoint checkpoint) {
        if (settings.schedule == null && checkpoint.values().containsKey(RATE)) {
            float saved = Float.parseFloat(checkpoint.value(RATE));
            if (saved != optimizer.learningRate()) {
                LOG.warn(
                        "{}: the run goes on with its learning rate of {}, not with the {} of the optimizer given; a"
                                + " schedule would count",
                        checkpoint.file(),
                        saved,
                        optimizer.learningRate());
            }
            optimizer.setLearningRate(saved);
        }
        learningRate = rate(Math.max(0, progress.step - 1));
    }

    private static void sameAsBefore(Checkpoint checkpoint, String name, long now) {
        if (checkpoint.number(name) != now) {
            throw new IllegalArgumentException(
                    checkpoint.file() + ": the run was started with " + name + " " + checkpoint.number(name)
                            + ", now it is " + now
                            + "; resume with the same, or start a new run from these weights");
        }
    }

    /** What there is at the end is a result, also where it was stopped early. */
    private TrainingResult finish() {
        Path weights = null;
        Path best = null;
        if (settings.runFolder != null) {
            checkpoint();
            weights = settings.runFolder.finalWeights();
            save(weights);
            best = !Double.isNaN(progress.bestTop1) ? settings.runFolder.best() : null;
        }
        boolean inFirstEpoch = Double.isNaN(lastTrainLoss) && progress.metrics.images() > 0;
        return new TrainingResult(
                progress.epoch >= settings.epochs,
                progress.epoch,
                progress.step,
                inFirstEpoch ? progress.metrics.loss() : lastTrainLoss,
                validation,
                progress.bestTop1,
                progress.bestEpoch,
                secondsSinceStart(),
                secondsToFirstStep,
                device.memoryStats().peakBytes(),
                weights,
                best,
                broken());
    }

    private List<ImageException> broken() {
        List<ImageException> all = new ArrayList<>(brokenTraining.list());
        if (brokenValidation != null) {
            all.addAll(brokenValidation.list());
        }
        return List.copyOf(all);
    }

    private double secondsSinceStart() {
        return (System.nanoTime() - startNanos) / 1e9;
    }
}
