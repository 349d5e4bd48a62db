package dev.tandem.cuda;

import dev.tandem.backend.DeviceInfo;
import dev.tandem.backend.Finding;
import dev.tandem.cuda.CudaLibraries.Library;
import java.util.ArrayList;
import java.util.List;

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
        int architecture = machine.driver().architecture(index);
        return machine.libraries().architectureFor(architecture).isPresent()
                ? Finding.ok(device.name(), text)
                : Finding.fail(device.name(), text + "; " + unsupported(machine.libraries(), architecture));
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
