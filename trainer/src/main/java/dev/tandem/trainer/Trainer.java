package dev.tandem.trainer;

import dev.tandem.backend.OutOfDeviceMemoryException;
import dev.tandem.data.Batch;
import dev.tandem.data.BatchLoader;
import dev.tandem.data.BrokenImages;
import dev.tandem.data.TooManyBrokenException;
import dev.tandem.data.image.ImageException;
import dev.tandem.nn.AuxiliaryHeads;
import dev.tandem.nn.Module;
import dev.tandem.nn.Weights;
import dev.tandem.optim.Optimizer;
import dev.tandem.optim.Plateau;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Scope;
import dev.tandem.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Trains a network on a data set: batches, steps, validation each epoch, checkpoints.
 *
 * <pre>{@code
 * TrainingResult result = Trainer.builder(model, spec)
 *         .trainOn(Datasets.mnist(Split.TRAIN))
 *         .validateOn(Datasets.mnist(Split.TEST))
 *         .optimizer(new Sgd(model, 0.05f).momentum(0.9f))
 *         .learningRate(Schedule.constant(0.05))
 *         .epochs(5)
 *         .train();
 * }</pre>
 */
public final class Trainer {
    private static final String PLATEAU = "plateau.";
    private static final String IMAGES = "trainImages";
    private static final String LABELS = "trainLabels";
    private static final String FILES = "trainFiles";
    static final String BROKEN = "trainBroken"; // a line each

    private final TrainerBuilder settings;
    private final Module model;
    private final Optimizer optimizer;
    private final Device device;
    private final BatchLoader loader;
    private final BrokenImages brokenTraining;
    private final BrokenImages brokenValidation; // null where nothing is validated on
    private final String fingerprint; // of the training images; empty where no checkpoint will hold it
    private final DivergenceDiagnosis diagnosis = new DivergenceDiagnosis();
    private final long startNanos = System.nanoTime();
    private volatile boolean stopRequested;

    private long step; // steps done
    private int epoch; // 0-based, of the next step
    private int batchInEpoch; // of the next step
    private Metrics metrics = new Metrics();
    private double bestTop1 = Double.NaN;
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
        this.fingerprint = settings.runFolder == null ? "" : settings.trainData.fingerprint();
        this.brokenTraining = new BrokenImages(settings.trainData, settings.maxBroken);
        this.brokenValidation =
                settings.validationData == null ? null : new BrokenImages(settings.validationData, settings.maxBroken);
        this.loader = BatchLoader.shuffled(
                settings.trainData,
                settings.batchSize,
                settings.seed,
                settings.augmentation,
                device.threads(),
                brokenTraining);
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
        return loader.batchesPerEpoch();
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
        return step;
    }

    /**
     * Trains to the last epoch, or until {@link #requestStop}. Once.
     *
     * @throws TooManyBrokenException if more photos cannot be read than {@link TrainerBuilder#maxBroken} says
     */
    public TrainingResult run() {
        device.seed(settings.seed);
        device.memory().resetPeak();
        if (settings.resume && settings.runFolder.hasCheckpoint()) {
            restore(settings.runFolder.newestCheckpoint());
        }
        settings.callbacks.forEach(callback -> callback.onStart(this));
        try (loader) {
            if (epoch < settings.epochs) {
                lookForBrokenPhotos();
            }
            while (epoch < settings.epochs && !stopRequested) {
                runEpoch();
            }
        } catch (TooManyBrokenException e) {
            if (step > 0) { // what was computed is kept
                checkpoint();
            }
            throw e;
        }
        TrainingResult result = finish();
        settings.callbacks.forEach(callback -> callback.onEnd(this, result));
        return result;
    }

    private void lookForBrokenPhotos() {
        brokenTraining.lookForThem(device.threads());
        if (brokenValidation != null) {
            brokenValidation.lookForThem(device.threads());
        }
    }

    private void runEpoch() {
        long start = System.nanoTime();
        long waitedBefore = loader.nanosWaited();
        long imagesBefore = metrics.images();
        settings.freezing.apply(model, epoch + 1);
        model.flatParameters().gradients(); // makes room for what is frozen no more
        model.setTraining(true);
        loader.startEpoch(epoch, batchInEpoch);
        for (Batch batch = loader.next(); batch != null; batch = loader.next()) {
            float loss = trainOn(batch);
            report(loss, start, waitedBefore, imagesBefore);
            if (stopRequested) {
                checkpoint();
                return;
            }
            if (settings.checkpointEvery > 0 && step % settings.checkpointEvery == 0) {
                checkpoint();
            }
        }
        DataChecks.requireSome(metrics.images(), settings.trainData);
        double seconds = (System.nanoTime() - start) / 1e9;
        endEpoch(seconds, (metrics.images() - imagesBefore) / seconds, share(waitedBefore, start));
    }

    private float trainOn(Batch batch) {
        double learningRate = settings.schedule.at(step);
        try (Scope scope = Scope.open()) {
            optimizer.setLearningRate((float) learningRate);
            model.flatParameters().clearGradients();
            Tensor images = InputBatches.images(batch, settings.spec, device);
            Tensor labels = InputBatches.labels(batch, device);
            List<Tensor> outputs = AuxiliaryHeads.outputs(model, images);
            Tensor loss = AuxiliaryHeads.loss(model, outputs, logits -> settings.loss.apply(logits, labels));
            float value = loss.item();
            if (!Float.isFinite(value)) {
                boolean inputFinite = Float.isFinite(images.sum().item());
                throw diagnosis.explain(step + 1, epoch + 1, value, learningRate, inputFinite);
            }
            diagnosis.saw(value);
            loss.backward();
            optimizer.step();
            metrics.add(value, outputs.get(0).toFloatArray(), settings.spec.classes(), batch.labels());
            step++;
            batchInEpoch = batch.number() + 1;
            if (Double.isNaN(secondsToFirstStep)) {
                secondsToFirstStep = secondsSinceStart();
            }
            return value;
        } catch (OutOfDeviceMemoryException e) {
            throw MemoryAdvice.explain(e, settings.batchSize, model);
        }
    }

    private void report(float loss, long epochStart, long waitedBefore, long imagesBefore) {
        double seconds = (System.nanoTime() - epochStart) / 1e9;
        Callback.Step done = new Callback.Step(
                step,
                epoch + 1,
                batchInEpoch,
                (int) loader.batchesPerEpoch(),
                loss,
                settings.schedule.at(step - 1),
                (metrics.images() - imagesBefore) / seconds,
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
        lastTrainLoss = metrics.loss();
        Callback.Epoch done = new Callback.Epoch(
                epoch + 1,
                step,
                metrics.loss(),
                metrics.top1(),
                metrics.top5(),
                settings.schedule.at(Math.max(0, step - 1)),
                imagesPerSecond,
                waitingShare,
                seconds,
                validation);
        epoch++;
        batchInEpoch = 0;
        metrics = new Metrics();
        record(done);
        checkpoint();
        settings.callbacks.forEach(callback -> callback.onEpoch(this, done));
    }

    private void record(Callback.Epoch done) {
        boolean better = validation != null && !(validation.top1() <= bestTop1);
        if (better) {
            bestTop1 = validation.top1();
        }
        if (settings.runFolder == null) {
            return;
        }
        settings.runFolder.appendMetrics(MetricsLine.of(done));
        if (better) {
            Weights.save(model, settings.runFolder.best(), settings.spec.toMetadata());
        }
    }

    // Checkpoints
    // ------------------------------------------------------------------------------------------------------

    private void checkpoint() {
        if (settings.runFolder == null || savedAtStep == step) {
            return;
        }
        Path file = settings.runFolder.checkpoint(step);
        Checkpoint.write(file, model, optimizer, state());
        savedAtStep = step;
        settings.runFolder.keepLast(settings.keepCheckpoints);
        settings.callbacks.forEach(callback -> callback.onCheckpoint(this, file));
    }

    private Map<String, String> state() {
        long[] random = device.random().snapshot();
        Map<String, String> values = new LinkedHashMap<>(settings.spec.toMetadata());
        values.put("step", Long.toString(step));
        values.put("epoch", Integer.toString(epoch));
        values.put("batch", Integer.toString(batchInEpoch));
        values.put("batchSize", Integer.toString(settings.batchSize));
        values.put("seed", Long.toString(settings.seed));
        values.put(IMAGES, Integer.toString(settings.trainData.size()));
        values.put(LABELS, DataChecks.labelsFingerprint(settings.trainData));
        values.put(FILES, fingerprint);
        values.put(BROKEN, String.join("\n", brokenTraining.fingerprints()));
        values.put("optimizerSteps", Long.toString(optimizer.stepCount()));
        values.put("randomSeed", Long.toString(random[0]));
        values.put("randomOffset", Long.toString(random[1]));
        if (settings.schedule instanceof Plateau plateau) {
            plateau.state().forEach((name, value) -> values.put(PLATEAU + name, value));
        }
        values.put("metrics", metrics.snapshot());
        values.put("bestTop1", Double.toString(bestTop1));
        return values;
    }

    private void restore(Checkpoint checkpoint) {
        sameAsBefore(checkpoint, "batchSize", settings.batchSize);
        sameAsBefore(checkpoint, "seed", settings.seed);
        sameDataAsBefore(checkpoint);
        epoch = (int) checkpoint.number("epoch");
        settings.freezing.apply(model, epoch + 1);
        checkpoint.restore(model, optimizer, checkpoint.number("optimizerSteps"));
        step = checkpoint.number("step");
        batchInEpoch = (int) checkpoint.number("batch");
        device.random().restore(checkpoint.number("randomSeed"), checkpoint.number("randomOffset"));
        if (settings.schedule instanceof Plateau plateau) {
            plateau.restore(checkpoint.valuesWithPrefix(PLATEAU));
        }
        metrics = Metrics.restore(checkpoint.value("metrics"));
        bestTop1 = Double.parseDouble(checkpoint.value("bestTop1"));
        savedAtStep = step;
        settings.runFolder.cutMetrics(epoch + 1);
    }

    private static void sameAsBefore(Checkpoint checkpoint, String name, long now) {
        if (checkpoint.number(name) != now) {
            throw new IllegalArgumentException(
                    checkpoint.file() + ": the run was started with " + name + " " + checkpoint.number(name)
                            + ", now it is " + now + "; resume with the same, or start a new run with --weights");
        }
    }

    /** The order of the images follows from their number; checkpoints of earlier versions do not tell. */
    private void sameDataAsBefore(Checkpoint checkpoint) {
        if (!checkpoint.values().containsKey(IMAGES)) {
            return;
        }
        int images = settings.trainData.size();
        String difference = null;
        if (checkpoint.number(IMAGES) != images) {
            difference = checkpoint.number(IMAGES) + " images, now there are " + images;
        } else if (!checkpoint.value(LABELS).equals(DataChecks.labelsFingerprint(settings.trainData))) {
            difference = "as many images, but other class names or labels";
        } else if (!checkpoint.values().getOrDefault(FILES, fingerprint).equals(fingerprint)) {
            difference = "as many images of each class, but files of other names or sizes";
        }
        if (difference != null) {
            throw new IllegalArgumentException(checkpoint.file() + ": the run was started on " + difference + " ("
                    + settings.trainData.name()
                    + "), and would not go on as if it had never stopped; put the data back as it was,"
                    + " or start a new run with --weights");
        }
    }

    private TrainingResult finish() {
        boolean completed = epoch >= settings.epochs;
        Path weights = null;
        if (completed && settings.runFolder != null) {
            weights = settings.runFolder.finalWeights();
            Weights.save(model, weights, settings.spec.toMetadata());
        }
        return new TrainingResult(
                completed,
                epoch,
                step,
                lastTrainLoss,
                validation,
                bestTop1,
                secondsSinceStart(),
                secondsToFirstStep,
                device.memoryStats().peakBytes(),
                weights,
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
