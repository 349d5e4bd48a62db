package example;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.backend.DeviceOptions;
import dev.tandem.nn.Conv2d;
import dev.tandem.nn.Module;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Tensor;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Devices that a program leaves open: on threads that end, and until the process itself ends. */
class ForgottenDevicesTest {
    private static final DeviceOptions ONE_THREAD = DeviceOptions.DEFAULT.withThreads(1);
    private static final long MEBIBYTE = 1 << 20;

    /** 32 MiB of tensors and a network on a device that nobody closes. */
    private static void openAndForget() {
        Device device = Device.open("cpu", ONE_THREAD);
        Module network = new Conv2d(3, 16, 3);
        network.initialize(device, 0);
        network.apply(Tensor.ones(1, 3, 64, 64));
        Tensor.ones(8 * MEBIBYTE);
    }

    private static void onThreadsThatEnd(int threads) throws InterruptedException {
        for (int i = 0; i < threads; i++) {
            Thread thread = new Thread(ForgottenDevicesTest::openAndForget);
            thread.start();
            thread.join();
        }
    }

    private static long residentBytes() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmRSS"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) << 10)
                .findFirst()
                .orElseThrow();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void memoryStaysFlatHoweverManyThreadsForgetTheirDevice() throws Exception {
        onThreadsThatEnd(5);
        long before = residentBytes();
        onThreadsThatEnd(30);
        // One device, of the last thread, is open as before; Java's own heap may have grown a little.
        assertThat(residentBytes() - before).isLessThan(150 * MEBIBYTE);
    }

    /** Computes, and leaves the closing to a hook. */
    public static final class Program {
        public static void main(String[] arguments) {
            Device device = Device.open("cpu", ONE_THREAD);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                device.close();
                System.out.println("closed");
            }));
            System.out.println("computed " + Tensor.ones(3).sum().item());
            if (arguments.length > 0) {
                for (; ; ) { // until the signal comes
                    Tensor.ones(100_000).sum().release();
                }
            }
            System.exit(0);
        }
    }

    private static Process start(String... arguments) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                System.getProperty("java.home") + File.separator + "bin" + File.separator + "java",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Program.class.getName());
        builder.command().addAll(java.util.List.of(arguments));
        return builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
    }

    @Test
    void aShutdownHookClosesADevice() throws Exception {
        Process process = start();
        assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .isEqualTo("computed 3.0\nclosed\n");
        assertThat(process.waitFor()).isZero();
    }

    @Test
    void aShutdownHookClosesADeviceThatComputes() throws Exception {
        Process process = start("on");
        byte[] first = new byte[13];
        assertThat(process.getInputStream().readNBytes(first, 0, 13)).isEqualTo(13);
        process.toHandle().destroy(); // asks it to end; hooks run
        assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .isEqualTo("closed\n");
    }
}
