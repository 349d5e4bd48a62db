package dev.tandem.cli;

import dev.tandem.backend.DeviceInfo;
import dev.tandem.backend.Finding;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Tensor;
import java.util.Locale;

/** What the device and its libraries are, and whether it opens and computes. */
final class MachineCheck {
    private MachineCheck() {}

    static void run(CheckSettings settings, CheckEvents events) {
        for (Finding finding : Examination.ofThisMachine()) {
            String level = finding.level() == Finding.Level.OK
                    ? ""
                    : finding.level().name().toLowerCase(Locale.ROOT) + ": ";
            events.fact(finding.subject(), level + finding.text());
        }
        try (Device device = CheckDevice.open(settings)) {
            DeviceInfo info = device.info();
            events.fact("device", info.name() + ", " + info.model() + ", " + Format.bytes(info.memoryBytes()));
            info.details().forEach(events::fact);
            float sum = Tensor.scalar(1).add(Tensor.scalar(2)).item();
            events.verdict(sum == 3, info.name(), "opened, 1 + 2 = " + sum);
        }
    }
}
