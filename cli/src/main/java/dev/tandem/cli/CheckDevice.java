package dev.tandem.cli;

import dev.tandem.backend.DeviceOptions;
import dev.tandem.backend.OutOfDeviceMemoryException;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Tensor;

/** The device under check. */
final class CheckDevice {
    private static final int LOST = 3;

    private CheckDevice() {}

    static Device open(CheckSettings settings) {
        return open(settings.device(), settings);
    }

    static Device open(String name, CheckSettings settings) {
        DeviceOptions options = DeviceOptions.DEFAULT;
        return Device.open(name, settings.threads() == null ? options : options.withThreads(settings.threads()));
    }

    /** Adds two numbers on it, and says so and ends this process if it cannot: nothing else will work in here. */
    static void endIfLost(String name, CheckEvents events) {
        try (Device device = Device.open(name)) {
            device.random();
            if (Tensor.scalar(1).add(Tensor.scalar(2)).item() == 3) {
                return;
            }
            events.lost("it adds 1 and 2 to something else than 3");
        } catch (OutOfDeviceMemoryException e) {
            return; // full, which is no fault of its own
        } catch (RuntimeException e) {
            events.lost(e.getMessage());
        }
        Runtime.getRuntime().halt(LOST);
    }
}
