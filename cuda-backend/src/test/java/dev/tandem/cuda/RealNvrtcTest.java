package dev.tandem.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.cuda.simulation.SimulatedCuda;
import dev.tandem.io.UserFolders;
import dev.tandem.tensor.DType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * NVIDIA's own NVRTC compiles every kernel for every type that Java asks for, as it does on a user's machine; it needs no GPU for
 * that. The Maven profile {@code real-nvrtc} brings one of CUDA 13; else it is looked for where {@code CudaFolders} looks, and
 * where the profile {@code cuda-redist} has unpacked it.
 */
@Tag("slow")
class RealNvrtcTest {
    private static final Pattern KERNEL = Pattern.compile("extern \"C\" __global__ void (\\w+)\\(");

    @TempDir
    Path folder;

    /** In a process of its own: this one has the simulated NVRTC. The other libraries are simulated there too. */
    @Test
    void compilesEveryKernelWithoutAWord() throws IOException, InterruptedException {
        Optional<Path> place = placeOfNvrtc();
        if (place.isEmpty()) {
            System.err.println(
                    "NO REAL NVRTC: kernels are not compiled by it; install CUDA's, or use the Maven profile real-nvrtc");
        }
        Assumptions.assumeTrue(place.isPresent(), "no NVRTC of NVIDIA's");
        boolean is12 = Files.exists(place.get().resolve("libnvrtc.so.12"));
        for (Path library : CudaFolders.matching(is12 ? SimulatedCuda.folder() : SimulatedCuda.folder13(), "*.so*")) {
            if (!library.getFileName().toString().contains("nvrtc")) {
                Files.copy(library, folder.resolve(library.getFileName()));
            }
        }
        for (Path library : CudaFolders.matching(place.get(), "libnvrtc*.so.*")) {
            Files.copy(library, folder.resolve(library.getFileName()));
        }

        String output = CudaProcess.run(
                RealNvrtcTest.class,
                Map.of(CudaFolders.VARIABLE, folder.toString()),
                System.getProperty("java.class.path"));

        assertThat(output).contains("compiled ").doesNotContain("FAULT");
    }

    private static Optional<Path> placeOfNvrtc() {
        List<Path> places = new ArrayList<>();
        Optional.ofNullable(System.getProperty("tandem.nvrtc")).map(Path::of).ifPresent(places::add);
        places.addAll(CudaFolders.wellKnown());
        places.addAll(CudaFolders.matching(UserFolders.cache(), "cuda-redist-*"));
        return places.stream()
                .filter(each -> !CudaFolders.matching(each, "libnvrtc.so.1[23]").isEmpty())
                .findFirst();
    }

    /** Compiles and says what is wrong. */
    public static void main(String[] arguments) {
        CudaLibraries libraries = CudaLibraries.load();
        String release = libraries.version(CudaLibraries.Library.NVRTC);
        SortedSet<Integer> architectures = new TreeSet<>(List.of(80, 90, 100, 120));
        architectures.retainAll(libraries.architectures());
        List<KernelCompilationTest.Source> sources = sources();
        for (int architecture : architectures) {
            KernelCompiler compiler = new KernelCompiler("sm_" + architecture, architecture, release);
            sources.forEach(source -> compile(compiler, source));
        }
        System.out.println("compiled " + sources.size() + " sources for " + architectures + " by NVRTC " + release);
    }

    private static void compile(KernelCompiler compiler, KernelCompilationTest.Source source) {
        String text = KernelSource.of(source.file(), source.element(), source.other());
        try {
            KernelCompiler.Compiled compiled = compiler.run(source.file(), text);
            if (!compiled.log().isEmpty()) {
                System.out.println("FAULT " + source + ": " + compiled.log());
            }
            String machineCode = new String(compiled.cubin(), StandardCharsets.ISO_8859_1);
            Matcher kernels = KERNEL.matcher(text);
            while (kernels.find()) {
                if (!machineCode.contains("\0.text." + kernels.group(1) + "\0")) {
                    System.out.println("FAULT " + source + ": no kernel " + kernels.group(1));
                }
            }
        } catch (CudaException e) {
            System.out.println("FAULT " + e.getMessage());
        }
    }

    /** Every file with every type that an operation may ask for. */
    private static List<KernelCompilationTest.Source> sources() {
        List<DType> floating = List.of(DType.FLOAT32, DType.BFLOAT16, DType.FLOAT16);
        List<DType> all = List.of(DType.values());
        List<KernelCompilationTest.Source> sources = new ArrayList<>();
        for (String file : List.of("elementwise", "binary", "reduce", "pad")) {
            add(sources, file, all);
        }
        for (String file : List.of("random", "pool", "batch_norm", "layer_norm", "local_response_norm", "images")) {
            add(sources, file, floating);
        }
        add(sources, "copy", List.of(DType.UINT8, DType.BFLOAT16, DType.INT32, DType.INT64));
        add(sources, "optimizer", List.of(DType.FLOAT32));
        for (DType from : all) {
            all.stream()
                    .filter(to -> to != from)
                    .forEach(to -> sources.add(new KernelCompilationTest.Source("cast", from, to)));
        }
        for (DType target : List.of(DType.FLOAT32, DType.INT32, DType.INT64, DType.UINT8)) {
            sources.add(new KernelCompilationTest.Source("cross_entropy", DType.FLOAT32, target));
        }
        return sources;
    }

    private static void add(List<KernelCompilationTest.Source> sources, String file, List<DType> types) {
        types.forEach(type -> sources.add(new KernelCompilationTest.Source(file, type, type)));
    }
}
