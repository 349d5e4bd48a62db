package dev.tandem.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.tensor.DType;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every kernel is machine code for Ampere, Hopper and Blackwell; nvcc needs no GPU for that, but it must be installed. */
@Tag("slow")
class KernelCompilationTest {
    private static final List<String> ARCHITECTURES = List.of("80", "90", "100");

    @TempDir
    Path folder;

    /** A kernel file with types that it is asked for. */
    record Source(String file, DType element, DType other) {
        @Override
        public String toString() {
            return file + " for " + element + (other == element ? "" : " and " + other);
        }
    }

    static List<Source> sources() {
        List<Source> all = new ArrayList<>();
        for (String file : List.of(
                "elementwise",
                "binary",
                "reduce",
                "random",
                "pad",
                "pool",
                "batch_norm",
                "layer_norm",
                "local_response_norm",
                "images")) {
            all.add(new Source(file, DType.FLOAT32, DType.FLOAT32));
            all.add(new Source(file, DType.BFLOAT16, DType.BFLOAT16));
        }
        all.add(new Source("reduce", DType.INT64, DType.INT64));
        all.add(new Source("binary", DType.UINT8, DType.UINT8));
        all.add(new Source("copy", DType.INT32, DType.INT32));
        all.add(new Source("copy", DType.BFLOAT16, DType.BFLOAT16));
        all.add(new Source("cast", DType.FLOAT16, DType.INT64));
        all.add(new Source("cross_entropy", DType.FLOAT32, DType.INT64));
        all.add(new Source("cross_entropy", DType.FLOAT32, DType.FLOAT32));
        all.add(new Source("optimizer", DType.FLOAT32, DType.FLOAT32));
        return all;
    }

    @ParameterizedTest
    @MethodSource("sources")
    void compiles(Source source) throws IOException, InterruptedException {
        String compiler = Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .map(place -> place + File.separator + "nvcc")
                .filter(file -> Files.isExecutable(Path.of(file)))
                .findFirst()
                .orElse(null);
        Assumptions.assumeTrue(compiler != null, "no nvcc on the path: kernels are not compiled for real GPUs");
        Path file = Files.writeString(
                folder.resolve(source.file + ".cu"), KernelSource.of(source.file, source.element, source.other));
        List<String> command = new ArrayList<>(List.of(compiler, "-std=c++17", "-fatbin", "-o"));
        command.add(folder.resolve("kernels.fatbin").toString());
        ARCHITECTURES.forEach(each -> command.add("-gencode=arch=compute_" + each + ",code=sm_" + each));
        command.add(file.toString());
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
    }
}
