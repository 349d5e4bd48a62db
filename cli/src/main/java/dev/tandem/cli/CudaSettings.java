package dev.tandem.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The option that says where NVIDIA's libraries are. */
class CudaSettings {
    /** Where the CUDA backend looks first. */
    private static final String PROPERTY = "tandem.cuda.home";

    @Option(
            names = "--cuda-home",
            paramLabel = "FOLDER",
            description = "Where CUDA's and cuDNN's libraries are, if they are not found (default: TANDEM_CUDA_HOME).")
    Path cudaHome;

    /** Must come before any device is asked for. */
    final void applyCudaHome() {
        if (cudaHome == null) {
            return;
        }
        if (!Files.isDirectory(cudaHome)) {
            throw new UsageException(
                    "--cuda-home " + cudaHome + ": there is no such folder; name the one that CUDA is in");
        }
        System.setProperty(PROPERTY, cudaHome.toString());
    }
}
