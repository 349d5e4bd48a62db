package dev.tandem.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tandem.tensor.Device;
import dev.tandem.tensor.Scope;
import dev.tandem.tensor.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Gives tests the device under test: the backend's whose build runs them, else the reference. */
public abstract class OnDevice {
    protected Device device;
    private Scope scope;

    @BeforeEach
    void openDevice() {
        device = Device.open(System.getProperty("tandem.conformance.device", "reference"));
        scope = Scope.open();
    }

    @AfterEach
    void closeDevice() {
        scope.close();
        device.close();
    }

    /** The reference has no backward of neural operations. */
    protected boolean hasBackward() {
        return !device.name().equals("reference");
    }

    /** Within 1e-5 absolute: values are near 1 and operations few, so float32 rounding stays well below. */
    protected static void assertValues(Tensor actual, double... expected) {
        float[] values = actual.toFloatArray();
        assertThat(values).hasSameSizeAs(expected);
        for (int i = 0; i < expected.length; i++) {
            assertThat((double) values[i]).as("element " + i).isCloseTo(expected[i], within(1e-5));
        }
    }

    /** 0, 1, 2, … as one image. */
    protected static Tensor image(int height, int width) {
        return Tensor.arange(height * width).reshape(1, 1, height, width);
    }
}
