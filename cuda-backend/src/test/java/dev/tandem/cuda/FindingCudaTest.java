package dev.tandem.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.tandem.cuda.simulation.SimulatedCuda;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a process finds, or says that it lacks. Each needs a process of its own. */
class FindingCudaTest {
    @TempDir
    Path folder;

    @BeforeAll
    static void needsAMachineWithoutCuda() {
        boolean hasDriver = Files.exists(Path.of("/proc/driver/nvidia/version"));
        boolean hasCudnn =
                CudaFolders.wellKnown().stream().anyMatch(place -> Files.exists(place.resolve("libcudnn.so.9")));
        assumeFalse(hasDriver || hasCudnn || OnSimulatedCuda.IS_REAL, "a real CUDA would be found");
    }

    private static String open(String device, Path home) throws IOException, InterruptedException {
        return CudaProcess.run(device, Map.of(CudaFolders.VARIABLE, home.toString()));
    }

    @Test
    void cuda12IsFoundInTheNamedFolder() throws IOException, InterruptedException {
        assertThat(open("cuda", SimulatedCuda.folder())).contains("opened cuda:0", "computed", "closed");
    }

    @Test
    void cuda13IsFoundAndJCudaRelinkedToIt() throws IOException, InterruptedException {
        assertThat(open("cuda", SimulatedCuda.folder13())).contains("opened cuda:0", "computed", "closed");
    }

    @Test
    void withoutADriverTheMessageSaysSoAndWhatToDo() throws IOException, InterruptedException {
        assertThat(open("cuda", folder))
                .startsWith("device cuda: no NVIDIA driver was found (libcuda.so.1); install it on a machine with an"
                        + " NVIDIA GPU, or use --device cpu");
    }

    @Test
    void autoFallsBackToTheCpu() throws IOException, InterruptedException {
        assertThat(open("auto", folder)).contains("opened cpu", "computed");
    }

    @Test
    void aMissingLibraryIsNamedWithHowToMendIt() throws IOException, InterruptedException {
        copyAllBut("libcudnn.so.9");

        assertThat(open("cuda", folder))
                .startsWith(
                        "device cuda: cuDNN (libcudnn.so.9) not found; install CUDA 12 or 13 and cuDNN 9, name their"
                                + " folder (--cuda-home, TANDEM_CUDA_HOME), or build with the Maven profile cuda-redist");
    }

    @Test
    void aBrokenLibraryIsNamed() throws IOException, InterruptedException {
        copyAllBut("libcudnn.so.9");
        Files.writeString(folder.resolve("libcudnn.so.9"), "not a library");

        assertThat(open("cuda", folder)).contains("libcudnn.so.9 cannot be loaded", "cuDNN (libcudnn.so.9) not found");
    }

    @Test
    void aLostDeviceSaysInWhichStepAndEndsCleanly() throws IOException, InterruptedException {
        String output = CudaProcess.run(
                "cuda",
                Map.of(
                        CudaFolders.VARIABLE,
                        SimulatedCuda.folder().toString(),
                        "TANDEM_SIM_FAIL",
                        "cuLaunchKernel:7:700"));

        assertThat(output)
                .containsPattern("cuda:0: (arithmetic of float32 \\[]|fill) failed in step 1: the driver says"
                        + " CUDA_ERROR_ILLEGAL_ADDRESS \\(.+\\)")
                .contains(
                        "CUDA_LAUNCH_BLOCKING=1 tells which",
                        "the device is lost: start again from a checkpoint",
                        "the CPU still computes true",
                        "closed");
    }

    private void copyAllBut(String missing) throws IOException {
        try (Stream<Path> files = Files.list(SimulatedCuda.folder())) {
            List<Path> libraries = files.filter(Files::isRegularFile).toList();
            for (Path library : libraries) {
                if (!library.getFileName().toString().equals(missing)) {
                    Files.copy(library, folder.resolve(library.getFileName()));
                }
            }
        }
    }
}
