package dev.tandem.benchmarks.djl;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterServer;
import ai.djl.training.ParameterStore;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import dev.tandem.benchmarks.Contender;
import dev.tandem.benchmarks.ContenderServer;
import dev.tandem.benchmarks.TrainingCase;
import java.io.IOException;

/**
 * DJL training one case on the CPU, as fast as its public interface lets it.
 *
 * <p>A step is what {@code EasyTrain.trainBatch} and {@code Trainer.step} do, in a sub-scope of the manager, with two
 * mends in DJL's favour: a parameter server that hands gradients to the optimizer without the copy that DJL's own makes
 * for several devices, and, for the networks that gain by it, images whose memory is channels-last, which PyTorch's
 * convolutions take up by themselves. The graph optimizer is off; it is for TorchScript and has no effect here.
 */
public final class DjlContender implements Contender {
    private static final Device[] CPU = {Device.cpu()};

    /** Held, since DJL closes a model's arrays when the collector finds it unreachable. */
    private final Model model;

    private final NDManager manager;
    private final Block block;
    private final Loss crossEntropy = Loss.softmaxCrossEntropyLoss();
    private final ParameterStore parameters;
    private final NDList images;
    private final NDList labels;

    DjlContender(TrainingCase trainingCase, boolean channelsLast) {
        model = Model.newInstance(trainingCase.name(), Device.cpu(), "PyTorch");
        manager = model.getNDManager();
        block = DjlNetworks.of(trainingCase);
        model.setBlock(block);

        int batch = trainingCase.batch();
        int channels = trainingCase.channels();
        int size = trainingCase.imageSize();
        Shape shape = new Shape(batch, channels, size, size);
        block.initialize(manager, DataType.FLOAT32, shape);
        images = new NDList(
                channelsLast
                        ? manager.randomNormal(new Shape(batch, size, size, channels))
                                .transpose(0, 3, 1, 2)
                        : manager.randomNormal(shape));
        labels = new NDList(manager.randomInteger(0, trainingCase.classes(), new Shape(batch), DataType.INT64));

        parameters = new ParameterStore(manager, false);
        parameters.setParameterServer(new SingleDevice(sgd()), CPU);
    }

    private static Optimizer sgd() {
        return Optimizer.sgd()
                .setLearningRateTracker(Tracker.fixed(TrainingCase.LEARNING_RATE))
                .optMomentum(TrainingCase.MOMENTUM)
                .optWeightDecays(TrainingCase.WEIGHT_DECAY)
                .build();
    }

    @Override
    public float step() {
        try (NDManager scope = manager.newSubManager()) {
            scope.tempAttachAll(images, labels);
            NDArray loss;
            try (GradientCollector collector = manager.getEngine().newGradientCollector()) {
                NDList logits = block.forward(parameters, images, true);
                loss = crossEntropy.evaluate(labels, logits);
                collector.backward(loss);
            }
            parameters.updateAllParameters();
            return loss.getFloat();
        }
    }

    /** Hands the one device's gradients to the optimizer as they are. */
    private record SingleDevice(Optimizer optimizer) implements ParameterServer {
        @Override
        public void init(String parameterId, NDArray[] values) {}

        @Override
        public void update(String parameterId, NDArray[] gradients, NDArray[] values) {
            optimizer.update(parameterId, values[0], gradients[0]);
        }

        @Override
        public void close() {}
    }

    /** Arguments: case, threads, and nchw or nhwc to choose the images' layout instead of taking the faster one. */
    public static void main(String[] args) throws IOException {
        TrainingCase trainingCase = TrainingCase.named(args[0]);
        System.setProperty("ai.djl.offline", "true");
        System.setProperty("ai.djl.pytorch.num_threads", args[1]);
        System.setProperty("ai.djl.pytorch.num_interop_threads", "1");
        System.setProperty("ai.djl.pytorch.graph_optimizer", "false");
        System.setProperty("org.slf4j.simpleLogger.log.ai.djl", "error");
        boolean channelsLast =
                args.length > 2 ? args[2].equals("nhwc") : !trainingCase.name().startsWith("resnet");
        ContenderServer.serve(new DjlContender(trainingCase, channelsLast), System.in, System.out);
    }
}
