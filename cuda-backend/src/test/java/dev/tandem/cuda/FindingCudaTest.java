package dev.tandem.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
        Path cache = folder.resolve("cache");

        assertThat(openFrom(redistJar(), cache)).contains("opened cuda:0", "computed");
        assertThat(Files.getPosixFilePermissions(unpacked(cache)))
                .isEqualTo(PosixFilePermissions.fromString("rwx------"));
        assertThat(unpacked(cache).resolve("libcudnn.so.9"))
                .hasSameBinaryContentAs(SimulatedCuda.folder().resolve("libcudnn.so.9"));
    }

    private Path driver() throws IOException {
        return Files.createDirectories(folder.resolve("driver"));
    }

    private Path redistJar() throws IOException {
        Path jar = folder.resolve("cuda-redist.jar");
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
            for (Path library : CudaFolders.matching(SimulatedCuda.folder(), "*.so*")) {
                if (library.endsWith("libcuda.so.1")) {
                    Files.copy(library, driver().resolve("libcuda.so.1"));
                } else {
                    out.putNextEntry(new ZipEntry("org/bytedeco/cuda/linux-x86_64/" + library.getFileName()));
                    Files.copy(library, out);
                }
            }
        }
        return jar;
    }

    private String openFrom(Path jar, Path cache) throws IOException, InterruptedException {
        return CudaProcess.run(
                "cuda",
                Map.of(CudaFolders.VARIABLE, driver().toString(), "XDG_CACHE_HOME", cache.toString()),
                System.getProperty("java.class.path") + File.pathSeparator + jar);
    }

    private static Path unpacked(Path cache) {
        return CudaFolders.matching(cache.resolve("tandem"), "cuda-redist-*").getFirst();
    }

    /** As it is after Ctrl-C or a kill in the middle of unpacking. */
    @Test
    void unpackingGoesOnWhereItWasBrokenOff() throws IOException, InterruptedException {
        Path jar = redistJar();
        Path cache = folder.resolve("cache");
        openFrom(jar, cache);
        Path unpacked = unpacked(cache);
        Files.delete(unpacked.resolve("libcudnn.so.9"));
        Files.writeString(unpacked.resolve("libcublas.so.12"), "cut");
        Files.writeString(unpacked.resolve("libcudnn.so.9.part"), "cut");

        assertThat(openFrom(jar, cache)).contains("opened cuda:0", "computed");
        assertThat(unpacked.resolve("libcublas.so.12"))
                .hasSameBinaryContentAs(SimulatedCuda.folder().resolve("libcublas.so.12"));
        assertThat(CudaFolders.matching(unpacked, "*.part")).isEmpty();
    }

    @Test
    void aFolderThatCannotTakeTheLibrariesIsNamedWithWhatToDo() throws IOException, InterruptedException {
        Path noFolder = Files.writeString(folder.resolve("file"), "");

        assertThat(openFrom(redistJar(), noFolder))
                .startsWith("device cuda: NVIDIA's libraries cannot be unpacked from their jar: " + noFolder)
                .contains("; free some space, or name another folder with XDG_CACHE_HOME\n");
        assertThatThrownBy(() -> RedistJar.requireSpace(Long.MAX_VALUE, folder))
                .hasMessageMatching("they need \\d+\\.\\d GiB in " + folder + ", where \\d+\\.\\d GiB are free");
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

    /** cuDNN itself would end the process, at its first call. */
    @Test
    void aMissingPartOfCudnnIsNamed() throws IOException, InterruptedException {
        copyAllBut("libcudnn_ops.so.9");

        assertThat(open("cuda", folder))
                .contains("libcudnn_ops.so.9 is missing, which cuDNN needs", "cuDNN (libcudnn.so.9) not found");
    }

    @Test
    void cudnnForAnotherCudaIsRefused() throws IOException, InterruptedException {
        copyAllBut("libcudnn.so.9");
        Files.copy(SimulatedCuda.folder13().resolve("libcudnn.so.9"), folder.resolve("libcudnn.so.9"));

        assertThat(open("cuda", folder))
                .contains(
                        "libcudnn.so.9) is made for CUDA 13, cuBLAS (",
                        "libcublas.so.12) is of CUDA 12, and cuDNN needs its own; name a folder that holds both of one CUDA");
    }

    @Test
    void ofSeveralPythonsCudnnComesFromThatOfCublas() throws IOException, InterruptedException {
        Path first = folder.resolve("first");
        Path second = folder.resolve("second");
        install(SimulatedCuda.folder13(), first, "cudnn", "libcudnn*");
        install(SimulatedCuda.folder(), second, "cudnn", "libcudnn*");
        install(SimulatedCuda.folder(), second, "cublas", "libcublas*");
        install(SimulatedCuda.folder(), second, "cuda_nvrtc", "libnvrtc*");
        Files.copy(SimulatedCuda.folder().resolve("libcuda.so.1"), driver().resolve("libcuda.so.1"));

        String output = CudaProcess.run(
                "cuda",
                Map.of(
                        CudaFolders.VARIABLE,
                        driver().toString(),
                        "VIRTUAL_ENV",
                        first.toString(),
                        "CONDA_PREFIX",
                        second.toString()));

        assertThat(output).contains("opened cuda:0", "computed");
    }

    /** As pip does. */
    private static void install(Path libraries, Path python, String part, String pattern) throws IOException {
        Path target = Files.createDirectories(python.resolve("lib/python3.13/site-packages/nvidia/" + part + "/lib"));
        for (Path library : CudaFolders.matching(libraries, pattern)) {
            Files.copy(library, target.resolve(library.getFileName()));
        }
    }

    @Test
    void aDriverOlderThanTheLibrariesIsRefused() throws IOException, InterruptedException {
        String output = CudaProcess.run(
                "cuda",
                Map.of(CudaFolders.VARIABLE, SimulatedCuda.folder13().toString(), "TANDEM_SIM_DRIVER", "12040"));

        assertThat(output)
                .startsWith(
                        "device cuda: the NVIDIA driver serves CUDA up to 12.4, the libraries that were found are of"
                                + " CUDA 13 (" + SimulatedCuda.folder13().resolve("libcublas.so.13")
                                + "); install a newer driver, or an older CUDA");
    }

    @ParameterizedTest
    @CsvSource({"700, CUDA_ERROR_ILLEGAL_ADDRESS", "810, CUDA_ERROR_MPS_CLIENT_TERMINATED"})
    void aLostDeviceSaysInWhichStepAndEndsCleanly(String status, String name) throws IOException, InterruptedException {
        String output = CudaProcess.run(
                "cuda",
                Map.of(
                        CudaFolders.VARIABLE,
                        SimulatedCuda.folder().toString(),
                        "TANDEM_SIM_FAIL",
                        "cuLaunchKernel:7:" + status));

        assertThat(output)
                .containsPattern("cuda:0: (arithmetic of float32 \\[]|fill) failed in step 1: the driver says" + " "
                        + name + " \\(.+\\)")
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
