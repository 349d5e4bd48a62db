package dev.tandem.cuda;

import dev.tandem.backend.DeviceInfo;
import dev.tandem.backend.DeviceOptions;
import dev.tandem.backend.Finding;
import dev.tandem.cuda.CudaLibraries.Library;
import dev.tandem.nn.functional.Functions;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Tells people what of CUDA is here. A machine without a GPU is healthy: it trains on its CPU. */
final class CudaExamination {
    private CudaExamination() {}

    static List<Finding> findings(CudaMachine machine) {
        List<Finding> findings = new ArrayList<>();
        if (machine.libraries() == null) {
            findings.add(withoutGpu(machine));
            return findings;
        }
        findings.add(Finding.ok(
                "NVIDIA driver",
                "serves CUDA up to " + CudaMachine.release(machine.driver().version()) + CudaMachine.moduleVersion()));
        for (Library library : Library.values()) {
            findings.add(library(machine.libraries(), library));
        }
        for (String complaint : machine.libraries().complaints()) {
            findings.add(
                    machine.libraries().areUsable()
                            ? Finding.warn("CUDA", complaint)
                            : Finding.fail("CUDA", complaint));
        }
        for (int index = 0; index < machine.devices().size(); index++) {
            findings.add(device(machine, index));
        }
        return findings;
    }

    private static Finding withoutGpu(CudaMachine machine) {
        String text = machine.problem().orElse("");
        return machine.driver() == null ? Finding.ok("CUDA", "not used: " + text) : Finding.warn("CUDA", text);
    }

    private static Finding library(CudaLibraries libraries, Library library) {
        return libraries
                .get(library)
                .map(loaded -> Finding.ok(
                        library.name,
                        (libraries.areUsable() ? libraries.version(library) + ", " : "") + loaded.soname() + ", "
                                + loaded.path()))
                .orElseGet(() -> library == Library.NCCL
                        ? Finding.ok(library.name, "not found; only training on several GPUs needs it")
                        : Finding.fail(library.name, libraries.isMissing(library)));
    }

    private static Finding device(CudaMachine machine, int index) {
        DeviceInfo device = machine.devices().get(index);
        String text = device.model() + ", " + (device.memoryBytes() >> 20) + " MiB, "
                + device.details().get("architecture");
        return fault(machine, index)
                .map(fault -> Finding.fail(device.name(), text + "; " + fault))
                .orElse(Finding.ok(device.name(), text + ", computes"));
    }

    /** Why a GPU does not compute with own kernels, cuBLAS and cuDNN; empty if it does. Libraries may be there and not start. */
    private static Optional<String> fault(CudaMachine machine, int index) {
        try (Device device = Device.of(CudaBackend.open(machine, index, DeviceOptions.DEFAULT))) {
            Tensor ones = Tensor.of(device, new float[] {1, 1, 1, 1}, 2, 2);
            float sum = Functions.softmax(ones.matmul(ones), 1).sum().item();
            return sum == 2 ? Optional.empty() : Optional.of("it computes " + sum + " where 2 is right");
        } catch (RuntimeException | LinkageError e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    /** Why kernels cannot be compiled for a GPU. */
    static String unsupported(CudaLibraries libraries, int architecture) {
        Integer newest = libraries.architectures().last();
        return "NVRTC " + libraries.version(Library.NVRTC) + " compiles for sm_"
                + libraries.architectures().first() + " to sm_" + newest + ", not for sm_" + architecture + "; "
                + (architecture > newest
                        ? "install a newer CUDA, or name the folder of one (--cuda-home, TANDEM_CUDA_HOME)"
                        : "this GPU is too old for this CUDA: install CUDA 12");
    }
}
