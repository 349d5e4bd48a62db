package dev.tandem.benchmarks;

import dev.tandem.backend.Activation;
import dev.tandem.backend.BinaryOp;
import dev.tandem.backend.Storage;
import dev.tandem.backend.UnaryOp;
import dev.tandem.backend.Window;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * What an operation of the CUDA backend costs on the host: Java, JNI or FFM, and the entrance of the simulated library, which from
 * the second call on does nothing. {@code benchmarks/host-cost.sh} builds the simulation and starts this with its folder.
 */
public final class HostCost {
    /** Everything that computes or copies. */
    private static final String IDLE =
            "cuLaunchKernel,cuMemcpyDtoDAsync,cublasGemmStridedBatchedEx,cudnnSoftmaxForward,"
                    + "cudnnConvolutionForward,cudnnConvolutionBackwardData,cudnnConvolutionBackwardFilter";

    private static final int WARMUP_CALLS = 50_000;
    private static final int ROUNDS = 31;
    private static final int CALLS = 4_000;

    private HostCost() {}

    /** @param args the folder of the simulated CUDA */
    public static void main(String[] args) throws Throwable {
        System.setProperty("tandem.cuda.home", args[0]);
        try (Device device = Device.open("cuda")) {
            Map<String, Runnable> operations = operations(device);
            operations.values().forEach(Runnable::run); // plans, compiles, and fills the pool
            beIdle(Path.of(args[0]));
            System.out.println("| operation | µs, median | fastest round |\n|---|---:|---:|");
            for (Map.Entry<String, Runnable> operation : operations.entrySet()) {
                double[] micros = measure(operation.getValue());
                System.out.printf(
                        Locale.ROOT, "| %s | %.2f | %.2f |%n", operation.getKey(), micros[ROUNDS / 2], micros[0]);
            }
        }
    }

    private static Map<String, Runnable> operations(Device device) {
        Window window = Window.square(3, 1, 1);
        Storage images = numbers(device, 2, 4, 6, 6);
        Storage weight = numbers(device, 8, 4, 3, 3);
        Storage bias = numbers(device, 8);
        Storage gradient = numbers(device, 2, 8, 6, 6);
        Storage weightGradient = numbers(device, 8, 4, 3, 3);
        Storage matrix = numbers(device, 8, 8);
        Map<String, Runnable> operations = new LinkedHashMap<>();
        operations.put("convolution", () -> device.neural()
                .convolution(images, weight, null, window, 1, null)
                .release());
        operations.put("convolution with bias and ReLU", () -> device.neural()
                .convolution(images, weight, bias, window, 1, Activation.RELU)
                .release());
        operations.put("convolution, gradient of the input", () -> device.neural()
                .convolutionBackwardInput(gradient, weight, images.shape(), window, 1)
                .release());
        operations.put("convolution, gradient of the weight", () -> device.neural()
                .convolutionBackwardWeight(images, gradient, window, 1, weightGradient, null));
        operations.put("matrix product", () -> device.math()
                .matmul(matrix, matrix, false, false, null, null, null)
                .release());
        operations.put(
                "ReLU", () -> device.math().unary(UnaryOp.RELU, images, 0, 0).release());
        operations.put(
                "addition",
                () -> device.math().binary(BinaryOp.ADD, images, images).release());
        operations.put(
                "softmax", () -> device.neural().softmax(matrix, 1, false).release());
        return operations;
    }

    private static Storage numbers(Device device, long... sizes) {
        Storage storage = device.memory().allocate(Shape.of(sizes), DType.FLOAT32);
        device.memory().fill(storage, 1);
        return storage;
    }

    /** Steers the simulation, as its README tells. */
    private static void beIdle(Path folder) throws Throwable {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment set = SymbolLookup.libraryLookup(folder.resolve("libcuda.so.1"), Arena.global())
                    .findOrThrow("tandem_sim_set");
            int status = (int) Linker.nativeLinker()
                    .downcallHandle(
                            set, FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS))
                    .invokeExact(arena.allocateFrom("IDLE"), arena.allocateFrom(IDLE));
            if (status != 0) {
                throw new IllegalStateException("the simulation refuses IDLE: " + status);
            }
        }
    }

    /** Microseconds a call in each round, fastest first. */
    private static double[] measure(Runnable operation) {
        for (int i = 0; i < WARMUP_CALLS; i++) {
            operation.run();
        }
        double[] micros = new double[ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
            long start = System.nanoTime();
            for (int i = 0; i < CALLS; i++) {
                operation.run();
            }
            micros[round] = (System.nanoTime() - start) / 1e3 / CALLS;
        }
        Arrays.sort(micros);
        return micros;
    }
}
