package dev.tandem.inspect;

import dev.tandem.data.Batch;
import dev.tandem.data.BatchLoader;
import dev.tandem.data.BrokenImages;
import dev.tandem.data.BrokenLimit;
import dev.tandem.data.ImageDataset;
import dev.tandem.nn.Module;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Scope;
import dev.tandem.tensor.Tensor;
import dev.tandem.trainer.DataChecks;
import dev.tandem.trainer.InputBatches;
import dev.tandem.trainer.NetworkSpec;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.IntConsumer;

/**
 * Which images of a data set a network finds most like given ones: those whose {@link Features} are nearest, as in figure 4 of
 * Krizhevsky et al. 2012 (https://papers.nips.cc/paper/4824).
 */
public final class NearestImages {
    /**
     * @param index in the data set
     * @param label its class
     * @param distance Euclidean, between the features
     */
    public record Neighbour(int index, int label, double distance) {}

    private static final Comparator<Neighbour> NEAREST_FIRST =
            Comparator.comparingDouble(Neighbour::distance).thenComparingInt(Neighbour::index);

    private NearestImages() {}

    /**
     * Images that cannot be read are left out.
     *
     * @param queries {@code [Q, C, H, W]}, as the network takes them
     * @param most how many for each query; fewer where the data set is smaller
     * @param progress told after each batch how many images were seen
     * @return for each query its neighbours, the nearest first
     * @throws IllegalArgumentException if the data set does not fit the network, saying how
     */
    public static List<List<Neighbour>> find(
            Module network,
            NetworkSpec spec,
            Tensor queries,
            ImageDataset dataset,
            int most,
            int batchSize,
            Device device,
            IntConsumer progress) {
        DataChecks.check(spec, dataset);
        Features features = Features.of(network, queries.slice(0, 0, 1));
        float[][] wanted = features.compute(queries);
        List<PriorityQueue<Neighbour>> nearest = new ArrayList<>(); // each with the farthest on top
        for (int i = 0; i < wanted.length; i++) {
            nearest.add(new PriorityQueue<>(NEAREST_FIRST.reversed()));
        }
        int seen = 0;
        try (BatchLoader loader = BatchLoader.inOrder(
                dataset,
                Math.min(batchSize, dataset.size()),
                device.threads(),
                new BrokenImages(dataset, BrokenLimit.ANY))) {
            for (Batch batch = loader.next(); batch != null; batch = loader.next()) {
                try (Scope scope = Scope.open()) {
                    float[][] rows = features.compute(InputBatches.images(batch, spec, device));
                    for (int i = 0; i < rows.length; i++) {
                        offer(nearest, wanted, rows[i], batch.image(i), (int) batch.labels()[i], most);
                    }
                    seen += rows.length;
                }
                progress.accept(seen);
            }
        }
        return nearest.stream()
                .map(each -> each.stream().sorted(NEAREST_FIRST).toList())
                .toList();
    }

    private static void offer(
            List<PriorityQueue<Neighbour>> nearest, float[][] wanted, float[] row, int index, int label, int most) {
        for (int q = 0; q < wanted.length; q++) {
            PriorityQueue<Neighbour> found = nearest.get(q);
            found.add(new Neighbour(index, label, distance(wanted[q], row)));
            if (found.size() > most) {
                found.poll();
            }
        }
    }

    private static double distance(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            double difference = (double) a[i] - b[i];
            sum += difference * difference;
        }
        return Math.sqrt(sum);
    }
}
