package dev.tandem.inspect;

import dev.tandem.backend.DeviceOptions;
import dev.tandem.nn.Module;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Tensor;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A device for each test, and what tests draw at random. */
abstract class OnCpu {
    Device device;

    @BeforeEach
    void open() {
        device = Device.open("cpu", DeviceOptions.DEFAULT.withThreads(1));
    }

    @AfterEach
    void close() {
        device.close();
    }

    <M extends Module> M initialised(M network) {
        network.initialize(device, 5);
        return network;
    }

    static float[] random(int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextDouble(-1, 1);
        }
        return values;
    }

    Tensor image(int channels, int height, int width) {
        return Tensor.of(device, random(channels * height * width, 3), 1, channels, height, width);
    }

    static double[] weights(Module network, String name) {
        float[] values = network.parameters().get(name).value().toFloatArray();
        double[] result = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            result[i] = values[i];
        }
        return result;
    }
}
