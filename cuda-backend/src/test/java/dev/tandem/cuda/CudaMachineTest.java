package dev.tandem.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.tandem.backend.DeviceOptions;
import dev.tandem.backend.Finding;
import dev.tandem.backend.OutOfDeviceMemoryException;
import dev.tandem.cuda.simulation.SimulatedCuda;
import dev.tandem.cuda.simulation.SimulationControl;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.DeviceException;
import dev.tandem.tensor.Shape;
import dev.tandem.tensor.Tensor;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Machines with GPUs that cannot be used, or hardly. */
class CudaMachineTest {
    private static final long MEBIBYTE = 1L << 20;
    private SimulationControl simulation;

    @BeforeEach
    void open() {
        assumeFalse(OnSimulatedCuda.IS_REAL, "needs a simulation to change");
        CudaMachine.get();
        simulation = SimulatedCuda.control();
    }

    @AfterEach
    void restore() {
        for (String setting : List.of("INIT", "DRIVER", "DEVICES", "ARCH", "USED")) {
            simulation.set(setting, "");
        }
        simulation.clear();
    }

    private String problemWith(String setting, String value) {
        simulation.set(setting, value);
        CudaMachine machine = CudaMachine.look();
        assertThat(machine.devices()).isEmpty();
        return machine.problem().orElseThrow();
    }

    @Test
    void aDriverWithoutAGpuSaysWhereToLook() {
        String message = "the NVIDIA driver sees no GPU; check nvidia-smi, CUDA_VISIBLE_DEVICES, and in a container"
                + " --gpus all";
        assertThat(problemWith("INIT", "100")).isEqualTo(message);
        simulation.set("INIT", "");
        assertThat(problemWith("DEVICES", "0")).isEqualTo(message);
    }

    @Test
    void aDriverThatDoesNotFitItsKernelModuleSaysSo() {
        assertThat(problemWith("INIT", "803"))
                .startsWith("the NVIDIA driver's library and kernel module do not fit together:"
                        + " CUDA_ERROR_SYSTEM_DRIVER_MISMATCH")
                .endsWith("restart the machine after a driver update, or remove the compat library");
    }

    @Test
    void aStubInPlaceOfTheDriverIsNamed() {
        assertThat(problemWith("INIT", "34"))
                .isEqualTo(
                        "the libcuda.so.1 that was found is CUDA's stub for linking programs, not NVIDIA's driver; take"
                                + " its folder out of LD_LIBRARY_PATH, or install the driver");
    }

    @Test
    void whatTheDriverWaitsForIsNamed() {
        assertThat(problemWith("INIT", "802"))
                .isEqualTo(
                        "the GPUs are not ready: CUDA_ERROR_SYSTEM_NOT_READY (system not yet initialized); machines whose"
                                + " GPUs are joined by NVSwitch need NVIDIA's fabric manager (systemctl start"
                                + " nvidia-fabricmanager)");
        assertThat(problemWith("INIT", "805"))
                .startsWith(
                        "the NVIDIA driver is shared through MPS, which does not answer: CUDA_ERROR_MPS_CONNECTION_FAILED")
                .endsWith("start nvidia-cuda-mps-control anew, or stop it and unset CUDA_MPS_PIPE_DIRECTORY");
    }

    @Test
    void anOldDriverSaysWhatIsNeeded() {
        assertThat(problemWith("DRIVER", "11040"))
                .isEqualTo("the NVIDIA driver serves CUDA up to 11.4, Tandem needs 12.0; install driver 525 or newer");
    }

    @Test
    void devicesHaveMemoryArchitectureAndDriver() {
        simulation.set("DEVICES", "2");
        CudaMachine machine = CudaMachine.look();

        assertThat(machine.problem()).isEmpty();
        assertThat(machine.devices()).extracting(device -> device.name()).containsExactly("cuda:0", "cuda:1");
        assertThat(machine.devices().get(1).memoryBytes()).isEqualTo(4096 * MEBIBYTE);
        assertThat(machine.devices().get(1).details())
                .containsEntry("architecture", "sm_90")
                .containsEntry("driver", "CUDA 12.6");
    }

    @Test
    void aThreadMayHaveSeveralGpusOpen() {
        simulation.set("DEVICES", "2");
        CudaMachine machine = CudaMachine.look();
        try (Device first = Device.of(CudaBackend.open(machine, 0, DeviceOptions.DEFAULT));
                Device second = Device.of(CudaBackend.open(machine, 1, DeviceOptions.DEFAULT))) {
            for (int round = 0; round < 3; round++) {
                for (Device device : List.of(first, second)) {
                    assertThat(Tensor.of(device, new float[] {1, 2, 3}, 3)
                                    .square()
                                    .sum()
                                    .item())
                            .isEqualTo(14);
                }
            }
        }
        assertThat(simulation.diagnoses()).isEmpty();
    }

    @Test
    void anArchitectureThatNvrtcDoesNotKnowIsRefused() {
        simulation.set("ARCH", "30");
        CudaMachine machine = CudaMachine.look();

        assertThatThrownBy(() -> CudaBackend.open(machine, 0, DeviceOptions.DEFAULT))
                .isInstanceOf(DeviceException.class)
                .hasMessageMatching(
                        "cuda:0: NVRTC 12\\.\\d+ compiles for sm_\\d+ to sm_\\d+, not for sm_30; this GPU is"
                                + " too old for this CUDA: install CUDA 12");
        assertThat(CudaExamination.findings(machine))
                .anyMatch(finding ->
                        finding.level() == Finding.Level.FAIL && finding.text().contains("not for sm_30"));
    }

    @Test
    void aGpuRunsKernelsCompiledForAnOlderOneOfItsGeneration() {
        simulation.set("ARCH", "91");
        CudaMachine machine = CudaMachine.look();
        try (Device device = Device.of(CudaBackend.open(machine, 0, DeviceOptions.DEFAULT))) {
            assertThat(Tensor.of(device, new float[] {1, 2, 3}, 3)
                            .square()
                            .sum()
                            .item())
                    .isEqualTo(14);
        }
        assertThat(CudaExamination.findings(machine)).allMatch(finding -> finding.level() == Finding.Level.OK);
    }

    @Test
    void doctorTellsTheVersionAndPathOfEveryLibrary() {
        List<Finding> findings = CudaExamination.findings(CudaMachine.look());

        assertThat(findings)
                .extracting(Finding::subject)
                .containsExactly("NVIDIA driver", "NVRTC", "cuBLASLt", "cuBLAS", "cuDNN", "NCCL", "cuda:0");
        assertThat(findings).allMatch(finding -> finding.level() == Finding.Level.OK);
        assertThat(findings.get(4).text())
                .matches("9\\.\\d+\\.\\d+, libcudnn\\.so\\.9, .*")
                .contains(SimulatedCuda.folder().toString());
    }

    @Test
    void doctorTriesWhetherTheLibrariesStart() {
        simulation.failCall("cudnnCreate", 1, 1001);

        Finding gpu = CudaExamination.findings(CudaMachine.look()).getLast();

        assertThat(gpu.level()).isEqualTo(Finding.Level.FAIL);
        assertThat(gpu.text())
                .startsWith("Simulated GPU, 4096 MiB, sm_90; cuda:0: opening cuDNN failed in step 1: cuDNN says"
                        + " CUDNN_STATUS_NOT_INITIALIZED");
        assertThat(CudaExamination.findings(CudaMachine.look()).getLast().text())
                .isEqualTo("Simulated GPU, 4096 MiB, sm_90, computes");
    }

    @Test
    void littleFreeMemoryIsToldWithAllNumbers() {
        simulation.set("USED", Long.toString(3896 * MEBIBYTE));
        try (Device device = Device.open("cuda")) {
            assertThatThrownBy(() -> device.memory().allocate(Shape.of(300 * MEBIBYTE), DType.UINT8))
                    .isInstanceOf(OutOfDeviceMemoryException.class)
                    .hasMessageMatching(
                            "cuda:0: no room for 300\\.0 MiB \\(uint8 \\[314572800]\\): .* in \\d+ blocks are"
                                    + " live, .* are cached, the peak was .*, the limit is 4096\\.0 MiB, .* MiB of the"
                                    + " device's 4096\\.0 MiB are free, of which 128\\.0 MiB stay for the libraries'"
                                    + " kernels; use a smaller batch or image size, or raise the limit");
        }
    }

    @Test
    void aGpuThatSomebodyHasForThemselvesIsNamed() {
        simulation.failCall("cuDevicePrimaryCtxRetain", 1, 46);

        assertThatThrownBy(() -> Device.open("cuda"))
                .isInstanceOf(DeviceException.class)
                .hasMessage("cuda:0: opening the device failed in step 1: the driver says CUDA_ERROR_DEVICE_UNAVAILABLE"
                        + " (CUDA-capable device(s) is/are busy or unavailable); nvidia-smi shows who uses the GPU and how"
                        + " much of its memory is free");
    }

    @Test
    void aGpuOnWhichTheLibrariesDoNotStartIsNotTaken() {
        List<String> before = simulation.leaks();
        simulation.failCall("cudnnCreate", 1, 1001);
        assertThatThrownBy(() -> Device.open("cuda"))
                .isInstanceOf(DeviceException.class)
                .hasMessageStartingWith(
                        "cuda:0: opening cuDNN failed in step 1: cuDNN says CUDNN_STATUS_NOT_INITIALIZED");
        assertThat(simulation.leaks()).isEqualTo(before);

        simulation.failCall("cudnnCreate", 1, 1001);
        try (Device device = Device.open("auto")) {
            assertThat(device.name()).isEqualTo("cpu");
        }
    }

    /** cuDNN loads a kernel when it first needs it, late in a training too. */
    @Test
    void thePoolLeavesMemoryForKernelsOfTheLibraries() {
        try (Device device = Device.open("cuda")) {
            long free = device.memory().freeBytes().orElseThrow();
            Shape most = Shape.of(free - 128 * MEBIBYTE);

            assertThatThrownBy(() -> device.memory().allocate(Shape.of(free - 100 * MEBIBYTE), DType.UINT8))
                    .isInstanceOf(OutOfDeviceMemoryException.class);
            device.memory().allocate(most, DType.UINT8).release();
        }
    }

    @Test
    void aFailureNamesOperationShapesAndTheLibrarysWords() {
        try (Device device = Device.open("cuda")) {
            var x = device.memory().allocate(Shape.of(2, 3), DType.FLOAT32);
            simulation.failCall("cublasGemmStridedBatchedEx", 1, 13);
            assertThatThrownBy(() -> device.math().matmul(x, x, false, true, null, null, null))
                    .hasMessageMatching("cuda:0: matmul of float32 \\[2, 2] failed in step 1: cuBLAS says"
                            + " CUBLAS_STATUS_EXECUTION_FAILED \\(.*\\)");
            simulation.failCall("cudnnSoftmaxForward", 1, 5000);
            assertThatThrownBy(() -> device.neural().softmax(x, 1, false))
                    .hasMessage("cuda:0: softmax of float32 [2, 3] failed in step 1: cuDNN says"
                            + " CUDNN_STATUS_EXECUTION_FAILED (the simulation gives no reason)");
            x.release();
        }
    }

    @Test
    void nothingIsLeftWhenAnotherThreadClosesADevice() throws InterruptedException {
        List<String> before = simulation.leaks();
        Device device = Device.open("cuda");
        device.random().normal(64, 100_000).relu().sum().item();
        Thread closer = new Thread(device::close);
        closer.start();
        closer.join();
        assertThat(simulation.leaks()).isEqualTo(before);
        assertThat(simulation.diagnoses()).isEmpty();
    }

    @Test
    void theDeviceOfAnEndedThreadIsGivenBackWhenTheNextIsOpened() throws InterruptedException {
        List<String> before = simulation.leaks();
        Thread forgetful = new Thread(() -> {
            Device device = Device.open("cuda");
            device.random().normal(64, 1000).relu().sum().item();
        });
        forgetful.start();
        forgetful.join();
        assertThat(simulation.leaks()).isNotEqualTo(before);
        try (Device next = Device.open("cuda")) {
            next.random().normal(64, 1000).relu().sum().item();
        }
        assertThat(simulation.leaks()).isEqualTo(before);
        assertThat(simulation.diagnoses()).isEmpty();
    }

    @Test
    void closingOneDeviceLeavesTheClosersOwnAtWork() throws InterruptedException {
        CompletableFuture<Device> other = new CompletableFuture<>();
        CountDownLatch done = new CountDownLatch(1);
        Thread owner = new Thread(() -> {
            other.complete(Device.open("cuda"));
            try {
                done.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        owner.start();
        try (Device own = Device.open("cuda")) {
            Tensor x = Tensor.ones(3);
            other.join().close();
            assertThat(x.sum().item()).isEqualTo(3);
        }
        done.countDown();
        owner.join();
        assertThat(simulation.diagnoses()).isEmpty();
    }

    @Test
    void nothingIsLeftWhenADeviceIsClosed() {
        List<String> before = simulation.leaks();
        try (Device device = Device.open("cuda")) {
            device.random().normal(64, 100_000).relu().sum().item();
        }
        assertThat(simulation.leaks()).isEqualTo(before);
        assertThat(simulation.diagnoses()).isEmpty();
    }
}
