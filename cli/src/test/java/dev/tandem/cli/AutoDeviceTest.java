package dev.tandem.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tandem.tensor.Device;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Why there is no GPU interests only those who would have computed on it. */
class AutoDeviceTest {
    private static final String REMARK = "cuda is not used: ";

    private static String log(String... arguments) {
        PrintStream before = System.err;
        ByteArrayOutputStream log = new ByteArrayOutputStream();
        System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
        try {
            assertThat(CommandRun.of(arguments).exitCode()).isZero();
        } finally {
            System.setErr(before);
        }
        return log.toString(StandardCharsets.UTF_8);
    }

    @Test
    void commandsThatDoNotComputeDoNotSayWhy() {
        assertThat(log("models")).doesNotContain(REMARK);
        assertThat(log("summary", "lenet5")).doesNotContain(REMARK);
        assertThat(log("bench", "--device", "cpu", "--model", "linear", "--batch", "2", "--steps", "1"))
                .doesNotContain(REMARK);
    }

    @Test
    void theChoiceOfTheCpuIsExplainedOnce() {
        assumeTrue(Device.available().stream().noneMatch(device -> device.name().startsWith("cuda")), "a GPU is here");

        assertThat(log("bench", "--model", "linear", "--batch", "2", "--steps", "1")
                        .split(REMARK, -1))
                .hasSize(2);
    }
}
