package dev.tandem.cuda;

import dev.tandem.tensor.Device;
import dev.tandem.tensor.Tensor;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A Java of its own that opens a device: what a process has once loaded, or lost, it never gets rid of. */
final class CudaProcess {
    private CudaProcess() {}

    /** What it printed. */
    static String run(String device, Map<String, String> environment) throws IOException, InterruptedException {
        return run(device, environment, System.getProperty("java.class.path"));
    }

    static String run(String device, Map<String, String> environment, String classPath)
            throws IOException, InterruptedException {
        return run(CudaProcess.class, environment, classPath, device);
    }

    /** Runs another class's {@code main}. */
    static String run(Class<?> main, Map<String, String> environment, String classPath, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                System.getProperty("java.home") + File.separator + "bin" + File.separator + "java",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                classPath,
                main.getName()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().remove(CudaFolders.VARIABLE);
        builder.environment().putAll(environment);
        Process process = builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(5, TimeUnit.MINUTES)) {
            process.destroyForcibly();
        }
        return output;
    }

    /** Computes until something fails, at most a hundred times; then once more, and closes. */
    public static void main(String[] arguments) {
        try (Device device = Device.open(arguments[0])) {
            System.out.println("opened " + device.name());
            for (int i = 0; i < 100; i++) {
                if (compute() != 3) {
                    throw new AssertionError("1 + 2 is wrong");
                }
            }
            System.out.println("computed");
        } catch (RuntimeException e) {
            System.out.println(e.getMessage());
            afterwards();
        }
        System.out.println("closed");
    }

    private static float compute() {
        return Tensor.scalar(1).add(Tensor.scalar(2)).item();
    }

    private static void afterwards() {
        try (Device again = Device.open("cpu")) {
            System.out.println("the CPU still computes " + (compute() == 3));
        }
    }
}
