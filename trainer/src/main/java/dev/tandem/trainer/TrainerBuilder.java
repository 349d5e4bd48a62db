package dev.tandem.trainer;

import dev.tandem.data.Augmentation;
import dev.tandem.data.BrokenLimit;
import dev.tandem.data.ImageDataset;
import dev.tandem.nn.Module;
import dev.tandem.optim.Optimizer;
import dev.tandem.optim.Schedule;
import dev.tandem.optim.Sgd;
import java.util.ArrayList;
import java.util.List;

/** The settings of a {@link Trainer}. Whatever is not set has the default that its method names. */
public final class TrainerBuilder {
    final Module model;
    final NetworkSpec spec;
    ImageDataset trainData;
    ImageDataset validationData;
    Optimizer optimizer;
    Schedule schedule; // null for the optimizer's own rate
    LossFunction loss = LossFunction.crossEntropy();
    Augmentation augmentation = Augmentation.NONE;
    Freezing freezing = Freezing.NONE;
    int batchSize = 128;
    int epochs = 10;
    long seed = 0;
    RunFolder runFolder;
    boolean resume;
    long checkpointEvery;
    int keepCheckpoints = 3;
    BrokenLimit maxBroken = BrokenLimit.USUAL;
    final List<Callback> callbacks = new ArrayList<>();

    TrainerBuilder(Module model, NetworkSpec spec) {
        this.model = required("network", model);
        this.spec = required("description of the network", spec);
    }

    /** Required. */
    public TrainerBuilder trainOn(ImageDataset data) {
        trainData = data;
        return this;
    }

    /** Measured after each epoch; by default nothing is. */
    public TrainerBuilder validateOn(ImageDataset data) {
        validationData = data;
        return this;
    }

    /** Made of the network that is trained; SGD at 0.01 with momentum 0.9 by default. */
    public TrainerBuilder optimizer(Optimizer optimizer) {
        this.optimizer = optimizer;
        return this;
    }

    /**
     * Counted in steps: sets the optimizer's rate before each; by default the optimizer keeps its own. A {@link
     * dev.tandem.optim.Plateau} is told the validation loss after each epoch.
     */
    public TrainerBuilder learningRate(Schedule schedule) {
        this.schedule = schedule;
        return this;
    }

    /** Also measured on the validation data; cross-entropy by default. */
    public TrainerBuilder loss(LossFunction loss) {
        this.loss = required("loss", loss);
        return this;
    }

    /** None by default. */
    public TrainerBuilder augmentation(Augmentation augmentation) {
        this.augmentation = augmentation;
        return this;
    }

    /**
     * Which parameters stay as they are, and until when; by default none. An optimizer that is made after {@link Freezing#apply}
     * takes no memory for them.
     */
    public TrainerBuilder freezing(Freezing freezing) {
        this.freezing = freezing;
        return this;
    }

    /** 128 by default. */
    public TrainerBuilder batchSize(int batchSize) {
        this.batchSize = atLeastOne("batch size", batchSize);
        return this;
    }

    /** 10 by default. */
    public TrainerBuilder epochs(int epochs) {
        this.epochs = atLeastOne("epochs", epochs);
        return this;
    }

    /** Of the order of images, augmentation and dropout; 0 by default. */
    public TrainerBuilder seed(long seed) {
        this.seed = seed;
        return this;
    }

    /** Where to leave checkpoints, metrics and weights; nothing is written by default. */
    public TrainerBuilder runFolder(RunFolder folder) {
        this.runFolder = folder;
        return this;
    }

    /** Goes on from the run folder's newest checkpoint, bit for bit as if training had not stopped. */
    public TrainerBuilder resume(boolean resume) {
        this.resume = resume;
        return this;
    }

    /** A checkpoint every so many steps, beside the one after each epoch; 0 (the default) for none. */
    public TrainerBuilder checkpointEvery(long steps) {
        if (steps < 0) {
            throw new IllegalArgumentException("checkpoint every " + steps + " steps: must not be negative");
        }
        this.checkpointEvery = steps;
        return this;
    }

    /** How many of the newest checkpoints stay; 3 by default. */
    public TrainerBuilder keepCheckpoints(int count) {
        this.keepCheckpoints = atLeastOne("checkpoints to keep", count);
        return this;
    }

    /**
     * How many photos may be broken, of those to train on and of those to validate on; 1 % by default. They are left out of their
     * batches and listed in the result; with more, training ends, before its first step where a look at the files shows them.
     */
    public TrainerBuilder maxBroken(BrokenLimit limit) {
        this.maxBroken = limit;
        return this;
    }

    public TrainerBuilder callback(Callback callback) {
        callbacks.add(required("callback", callback));
        return this;
    }

    private static <T> T required(String what, T value) {
        if (value == null) {
            throw new IllegalArgumentException("trainer: the " + what + " is null");
        }
        return value;
    }

    private static int atLeastOne(String name, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + ": " + value + " given, must be at least 1");
        }
        return value;
    }

    /**
     * @throws IllegalStateException if something required is missing
     * @throws IllegalArgumentException if data, network and settings do not fit each other
     */
    public Trainer build() {
        if (trainData == null) {
            throw new IllegalStateException("trainer: no training data; call trainOn(dataset)");
        }
        if (resume && runFolder == null) {
            throw new IllegalStateException("trainer: nothing to resume from; call runFolder(RunFolder.open(path))");
        }
        freezing.apply(model, 1);
        if (optimizer == null) {
            optimizer = new Sgd(model, 0.01f).momentum(0.9f);
        }
        if (!optimizer.isOf(model)) {
            throw new IllegalArgumentException("trainer: " + optimizer + " was made for another network than "
                    + spec.model() + ", which it would never change; make it of the network that is trained");
        }
        return new Trainer(this);
    }

    /** Builds the trainer and runs it. */
    public TrainingResult train() {
        return build().run();
    }
}
