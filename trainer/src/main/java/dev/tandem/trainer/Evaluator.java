package dev.tandem.trainer;

import dev.tandem.data.Batch;
import dev.tandem.data.BatchLoader;
import dev.tandem.data.BrokenImages;
import dev.tandem.data.BrokenLimit;
import dev.tandem.data.ImageDataset;
import dev.tandem.nn.Module;
import dev.tandem.tensor.Autograd;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Scope;
import dev.tandem.tensor.Tensor;
import java.util.function.BooleanSupplier;

/** Measures a network on a data set, in evaluation mode and in the set's order. */
public final class Evaluator {
    private Evaluator() {}

    /**
     * By its cross-entropy.
     *
     * @throws IllegalArgumentException if the data set does not fit the network, saying how
     */
    public static Evaluation evaluate(
            Module model, NetworkSpec spec, ImageDataset dataset, int batchSize, Device device) {
        return evaluate(model, spec, dataset, batchSize, device, null);
    }

    /** As above, and counts what each class was taken for. Of photos that cannot be read some are left out, see {@link BrokenLimit#USUAL}. */
    public static Evaluation evaluate(
            Module model,
            NetworkSpec spec,
            ImageDataset dataset,
            int batchSize,
            Device device,
            ConfusionMatrix confusion) {
        return evaluate(model, spec, dataset, batchSize, device, confusion, LossFunction.crossEntropy());
    }

    /**
     * By another loss, such as the one that it was trained with.
     *
     * @param confusion null if not wanted
     */
    public static Evaluation evaluate(
            Module model,
            NetworkSpec spec,
            ImageDataset dataset,
            int batchSize,
            Device device,
            ConfusionMatrix confusion,
            LossFunction loss) {
        BrokenImages broken = new BrokenImages(dataset, BrokenLimit.USUAL);
        return evaluate(model, spec, dataset, batchSize, device, confusion, loss, broken);
    }

    /**
     * As above.
     *
     * @param broken keeps in mind images that cannot be read, which are left out
     * @throws dev.tandem.data.TooManyBrokenException if there are more of them than may be
     */
    public static Evaluation evaluate(
            Module model,
            NetworkSpec spec,
            ImageDataset dataset,
            int batchSize,
            Device device,
            ConfusionMatrix confusion,
            LossFunction loss,
            BrokenImages broken) {
        return evaluate(model, spec, dataset, batchSize, device, confusion, loss, broken, () -> false);
    }

    /** @param stop asked after each batch; true ends the measurement with what there is, if that is anything */
    static Evaluation evaluate(
            Module model,
            NetworkSpec spec,
            ImageDataset dataset,
            int batchSize,
            Device device,
            ConfusionMatrix confusion,
            LossFunction loss,
            BrokenImages broken,
            BooleanSupplier stop) {
        DataChecks.check(spec, dataset);
        boolean before = model.isTraining();
        model.setTraining(false);
        long start = System.nanoTime();
        Metrics metrics = new Metrics();
        try (Autograd.NoGrad off = Autograd.noGrad();
                BatchLoader loader =
                        BatchLoader.inOrder(dataset, Math.min(batchSize, dataset.size()), device.threads(), broken)) {
            for (Batch batch = loader.next(); batch != null; batch = loader.next()) {
                try (Scope scope = Scope.open()) {
                    Tensor logits = model.apply(InputBatches.images(batch, spec, device));
                    DataChecks.checkOutput(spec, logits);
                    float value = loss.apply(logits, InputBatches.labels(batch, device))
                            .item();
                    float[] scores = logits.toFloatArray();
                    metrics.add(value, scores, spec.classes(), batch.labels());
                    if (confusion != null) {
                        confusion.add(scores, batch.labels());
                    }
                }
                if (stop.getAsBoolean()) {
                    break;
                }
            }
        } finally {
            model.setTraining(before);
        }
        DataChecks.requireSome(metrics.images(), dataset);
        double seconds = (System.nanoTime() - start) / 1e9;
        return new Evaluation(metrics.images(), metrics.loss(), metrics.top1(), metrics.top5(), seconds);
    }
}
