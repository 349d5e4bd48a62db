package example;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.backend.DeviceOptions;
import dev.tandem.nn.Linear;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Scope;
import dev.tandem.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The report of what is live names the lines that asked for it. */
class LeakReportTest {
    private static final DeviceOptions TRACED = DeviceOptions.DEFAULT.withTraceAllocations(true);

    @Test
    void theLargestBlockIsFirstWithSizeTypeShapeAndLine() {
        try (Device device = Device.open("cpu", TRACED)) {
            Tensor small = Tensor.full(device, 1, dev.tandem.tensor.DType.FLOAT32, 100);
            Tensor large = leak(device);
            List<String> report = device.memory().liveReport();
            assertThat(report).hasSize(2);
            assertThat(report.getFirst())
                    .contains("float32 [1024, 512]", "2.0 MiB")
                    .contains("LeakReportTest.leak(LeakReportTest.java:");
            assertThat(report.getLast()).contains("float32 [100]", "LeakReportTest.theLargestBlockIsFirst");
            assertThat(small.isReleased() || large.isReleased()).isFalse();
        }
    }

    private static Tensor leak(Device device) {
        return Tensor.full(device, 0, dev.tandem.tensor.DType.FLOAT32, 1024, 512);
    }

    @Test
    void whatALayerMadeIsReportedWithTheLayerAndTheProgramsLine() {
        try (Device device = Device.open("cpu", TRACED)) {
            Linear layer = new Linear(300, 700);
            layer.initialize(device, 1);
            int before = device.memory().liveReport().size();
            Tensor kept;
            try (Scope step = Scope.open()) {
                Tensor input = Tensor.full(device, 1, dev.tandem.tensor.DType.FLOAT32, 40, 300);
                kept = step.keep(layer.apply(input).detach());
            }
            List<String> report = device.memory().liveReport();
            assertThat(report).hasSize(before + 1);
            assertThat(report)
                    .filteredOn(line -> line.contains("float32 [40, 700]"))
                    .singleElement()
                    .asString()
                    .contains("dev.tandem.nn.", "example.LeakReportTest.whatALayerMade");
            kept.release();
            assertThat(device.memory().liveReport()).hasSize(before);
        }
    }

    @Test
    void withoutTracingTheReportNamesShapesOnly() {
        try (Device device = Device.open("cpu")) {
            leak(device);
            assertThat(device.memory().liveReport())
                    .singleElement()
                    .asString()
                    .contains("float32 [1024, 512]")
                    .doesNotContain("LeakReportTest");
        }
    }
}
