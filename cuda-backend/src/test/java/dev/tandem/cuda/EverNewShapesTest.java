package dev.tandem.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.backend.OptimizerOps.Buffers;
import dev.tandem.backend.OptimizerOps.Segment;
import dev.tandem.backend.Storage;
import dev.tandem.backend.Window;
import dev.tandem.cuda.simulation.SimulatedCuda;
import dev.tandem.cuda.simulation.SimulationControl;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Shape;
import java.util.List;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Programs whose shapes or settings never repeat leave no descriptors and tables behind. */
class EverNewShapesTest {
    private static final int KEPT = 1024;
    private static final int A_FEW_BLOCKS = 100; // of memory, since later shapes are larger

    @BeforeEach
    void onlyTheSimulationCounts() {
        Assumptions.assumeFalse(OnSimulatedCuda.IS_REAL);
    }

    /** Handles and memory that are live after so many steps, and after twice as many. */
    private static void assertFlat(int steps, IntConsumer step) {
        SimulationControl control = SimulatedCuda.control();
        for (int i = 0; i < steps; i++) {
            step.accept(i);
        }
        int live = control.leaks().size();
        for (int i = steps; i < 2 * steps; i++) {
            step.accept(i);
        }
        assertThat(control.leaks().size()).isLessThan(live + A_FEW_BLOCKS);
    }

    @Test
    void descriptorsOfConvolutionsAreDestroyed() {
        try (Device device = Device.open("cuda")) {
            Storage weight = zeros(device, 2, 1, 1, 1);
            assertFlat(KEPT + 100, i -> {
                Storage x = zeros(device, 1, 1, 1 + i / 50, 1 + i % 50);
                device.neural()
                        .convolution(x, weight, null, Window.square(1, 1, 0), 1, null)
                        .release();
                x.release();
            });
            weight.release();
        }
    }

    @Test
    void descriptorsOfSoftmaxAreDestroyed() {
        try (Device device = Device.open("cuda")) {
            assertFlat(KEPT + 100, i -> {
                Storage x = zeros(device, 1 + i / 50, 1 + i % 50);
                device.neural().softmax(x, 1, false).release();
                x.release();
            });
        }
    }

    @Test
    void tablesOfOptimizersAreFreed() {
        try (Device device = Device.open("cuda")) {
            Storage parameters = zeros(device, 8);
            Storage gradients = zeros(device, 8);
            Storage scalars = zeros(device, 6);
            assertFlat(KEPT + 100, i -> {
                List<Segment> segments = List.of(new Segment(0, 8, 1, i, 0));
                device.optimizer().sgd(new Buffers(parameters, gradients, segments, scalars), null, 0, false);
            });
            parameters.release();
            gradients.release();
            scalars.release();
        }
    }

    private static Storage zeros(Device device, long... shape) {
        Storage storage = device.memory().allocate(Shape.of(shape), DType.FLOAT32);
        device.memory().fill(storage, 0);
        return storage;
    }
}
