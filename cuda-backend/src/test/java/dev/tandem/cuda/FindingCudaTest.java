package dev.tandem.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.tandem.backend.ReadyNatives;
import dev.tandem.cuda.simulation.SimulatedCuda;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
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
    void librariesThatLieReadyAreCopiedOnlyToRelinkThem() throws IOException, InterruptedException {
        Path natives = Files.createDirectory(folder.resolve("natives"));
        for (String name : List.of("JCudaRuntime", "JCudaDriver", "JNvrtc", "JCublas2", "JCudnn")) {
            String file = "lib" + name + "-12.6.0-linux-x86_64.so";
            try (InputStream in = FindingCudaTest.class.getResourceAsStream("/lib/" + file)) {
                Files.copy(in, natives.resolve(file));
            }
        }

        assertThat(openReady(natives, SimulatedCuda.folder())).contains("opened cuda:0", "computed");
        assertThat(copies()).isEmpty();
        assertThat(openReady(natives, SimulatedCuda.folder13())).contains("opened cuda:0", "computed");
        assertThat(copies()).singleElement().asString().contains("libcublas.so.13-libnvrtc.so.13");
    }

    private String openReady(Path natives, Path home) throws IOException, InterruptedException {
        return CudaProcess.run(
                "cuda",
                Map.of(
                        CudaFolders.VARIABLE,
                        home.toString(),
                        "XDG_CACHE_HOME",
                        folder.resolve("cache").toString(),
                        "JAVA_TOOL_OPTIONS",
                        "-D" + ReadyNatives.PROPERTY + "=" + natives));
    }

    private List<Path> copies() {
        return CudaFolders.matching(folder.resolve("cache/tandem"), "jcuda-*");
    }

    /** As the Maven profile cuda-redist brings it; the driver is never in it. */
    @Test
    void librariesInARedistJarAreUnpackedAndFound() throws IOException, InterruptedException {
        Path driver = Files.createDirectory(folder.resolve("driver"));
        Path jar = folder.resolve("cuda-redist.jar");
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
            for (Path library : CudaFolders.matching(SimulatedCuda.folder(), "*.so*")) {
                if (library.endsWith("libcuda.so.1")) {
                    Files.copy(library, driver.resolve("libcuda.so.1"));
                } else {
                    out.putNextEntry(new ZipEntry("org/bytedeco/cuda/linux-x86_64/" + library.getFileName()));
                    Files.copy(library, out);
                }
            }
        }
        Path cache = folder.resolve("cache");

        String output = CudaProcess.run(
                "cuda",
                Map.of(CudaFolders.VARIABLE, driver.toString(), "XDG_CACHE_HOME", cache.toString()),
                System.getProperty("java.class.path") + File.pathSeparator + jar);

        assertThat(output).contains("opened cuda:0", "computed");
        Path unpacked =
                CudaFolders.matching(cache.resolve("tandem"), "cuda-redist-*").get(0);
        assertThat(Files.getPosixFilePermissions(unpacked)).isEqualTo(PosixFilePermissions.fromString("rwx------"));
        assertThat(unpacked.resolve("libcudnn.so.9"))
                .hasSameBinaryContentAs(SimulatedCuda.folder().resolve("libcudnn.so.9"));
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
