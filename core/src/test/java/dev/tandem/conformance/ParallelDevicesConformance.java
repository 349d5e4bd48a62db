package dev.tandem.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.backend.Activation;
import dev.tandem.backend.NeuralOps;
import dev.tandem.backend.PoolKind;
import dev.tandem.backend.Storage;
import dev.tandem.backend.Window;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Several threads, each with a device of its own, at the same time: what replicas of a network do. */
class ParallelDevicesConformance extends Kit {
    @Test
    void devicesOnDifferentThreadsDoNotDisturbEachOther() throws InterruptedException, ExecutionException {
        double[] expected;
        try (Held held = new Held()) {
            Storage result = held.add(compute(reference));
            expected = ((ReferenceStorage) result).toDoubles();
        }
        ExecutorService threads = Executors.newFixedThreadPool(3);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                running.add(threads.submit(() -> work(expected)));
            }
            for (Future<?> one : running) {
                one.get();
            }
        } finally {
            threads.shutdown();
        }
    }

    private void work(double[] expected) {
        try (Device own = Device.open(deviceName())) {
            long live = own.memoryStats().liveStorages();
            for (int round = 0; round < 10; round++) {
                try (Held held = new Held()) {
                    Storage result = held.add(compute(own));
                    Tolerance.sum(17 * 9)
                            .check("round " + round, result.shape(), expected, Values.download(own, result));
                }
            }
            assertThat(own.memoryStats().liveStorages()).isEqualTo(live);
        }
    }

    /** A convolution, a pooling and a matrix product. */
    private static Storage compute(Device on) {
        try (Held held = new Held()) {
            Draw draw = new Draw(1);
            Storage x = held.add(draw.normal(4, 17, 9, 9).upload(on));
            Storage weight = held.add(draw.weights(17 * 9, 24, 17, 3, 3).upload(on));
            Storage y = held.add(on.neural().convolution(x, weight, null, Window.square(3, 1, 1), 1, Activation.RELU));
            NeuralOps.Result pooled = on.neural().pool(PoolKind.MAX, y, Window.square(3, 3, 0), true);
            held.add(pooled.saved());
            Storage flat = held.add(on.memory().reshape(held.add(pooled.output()), Shape.of(4, 24 * 9)));
            return on.math().matmul(flat, flat, false, true, null, null, null);
        }
    }
}
