package dev.tandem.cuda;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import jcuda.jcublas.JCublas2;
import jcuda.jcudnn.JCudnn;
import jcuda.nvrtc.JNvrtc;

/**
 * NVRTC, cuBLAS and cuDNN, found and loaded before any class of JCuda is touched: in the folder that somebody named, the redist
 * jar, the system's loader, the folders of CUDA's and pip's installers. CUDA 12 comes before 13. What is loaded here is what
 * JCuda's natives get, since the process has it by that name.
 */
final class CudaLibraries {
    /** NVIDIA's libraries, in the order to load them. */
    enum Library {
        NVRTC("NVRTC", "libnvrtc.so.", 12, 13),
        CUBLAS_LT("cuBLASLt", "libcublasLt.so.", 12, 13),
        CUBLAS("cuBLAS", "libcublas.so.", 12, 13),
        CUDNN("cuDNN", "libcudnn.so.", 9),
        NCCL("NCCL", "libnccl.so.", 2);

        final String name;
        private final String prefix;
        private final int[] releases;

        Library(String name, String prefix, int... releases) {
            this.name = name;
            this.prefix = prefix;
            this.releases = releases;
        }

        /** What its files may be called: {@code libcublas.so.12 or libcublas.so.13}. */
        String names() {
            List<String> names = new ArrayList<>();
            for (int release : releases) {
                names.add(prefix + release);
            }
            return String.join(" or ", names);
        }
    }

    /** A library in this process. */
    record Loaded(String soname, String path) {}

    private final Map<Library, Loaded> loaded = new EnumMap<>(Library.class);
    private final List<String> complaints = new ArrayList<>();
    private final List<Path> folders = new ArrayList<>();
    private boolean bound;

    private CudaLibraries() {}

    /** Loads what there is; {@link #problem} tells what is missing. */
    static CudaLibraries load() {
        CudaLibraries libraries = new CudaLibraries();
        libraries.find();
        if (libraries.missing().isEmpty()) {
            libraries.bind();
        }
        return libraries;
    }

    private void find() {
        CudaFolders.named().ifPresent(home -> folders.addAll(CudaFolders.inside(home)));
        try {
            RedistJar.folder().ifPresent(folders::add);
        } catch (IOException e) {
            complaints.add("NVIDIA's libraries cannot be unpacked from their jar (" + e.getMessage() + ")");
        }
        for (Library library : Library.values()) {
            for (int release : library.releases) {
                if (!loaded.containsKey(library)) {
                    load(library, release);
                }
            }
        }
    }

    private void load(Library library, int release) {
        String soname = library.prefix + release;
        if (library == Library.NVRTC) {
            // NVRTC opens its built-in declarations by name, which finds them only where they are loaded already.
            folders.forEach(folder -> tryFiles(CudaFolders.matching(folder, "libnvrtc-builtins.so." + release + ".*")));
        }
        if (loadFrom(folders, library, soname)) {
            return;
        }
        try {
            SymbolLookup.libraryLookup(soname, Arena.global());
            loaded.put(library, new Loaded(soname, "the system's"));
        } catch (IllegalArgumentException e) {
            loadFrom(CudaFolders.wellKnown(), library, soname);
        }
    }

    private boolean loadFrom(List<Path> places, Library library, String soname) {
        for (Path folder : places) {
            Path file = folder.resolve(soname);
            if (Files.exists(file)) {
                if (library == Library.NVRTC && places != folders) {
                    tryFiles(CudaFolders.matching(folder, "libnvrtc-builtins.so.*"));
                }
                String failure = tryFile(file);
                if (failure == null) {
                    loaded.put(library, new Loaded(soname, file.toString()));
                    return true;
                }
                complaints.add(file + " cannot be loaded (" + failure + ")");
            }
        }
        return false;
    }

    private static void tryFiles(List<Path> files) {
        files.forEach(CudaLibraries::tryFile);
    }

    /** Null if it could be loaded, else why not. */
    private static String tryFile(Path file) {
        try {
            System.load(file.toAbsolutePath().toString());
            return null;
        } catch (UnsatisfiedLinkError e) {
            return e.getMessage();
        }
    }

    /** Loads JCuda on top, which fails where a library is older than it needs. */
    private void bind() {
        try {
            JCudaNatives.load(soname(Library.CUBLAS), soname(Library.NVRTC));
        } catch (IOException | LinkageError e) {
            String message = String.valueOf(e.getMessage()).strip();
            complaints.add("JCuda cannot be loaded (" + message.substring(message.lastIndexOf('\n') + 1) + ")");
            return;
        }
        bound = true;
    }

    /** Loads JCuda's binding of the driver, which must be there. */
    void bindDriver() throws IOException {
        JCudaNatives.loadDriver(soname(Library.CUBLAS), soname(Library.NVRTC));
    }

    private String soname(Library library) {
        return loaded.get(library).soname;
    }

    Optional<Loaded> get(Library library) {
        return Optional.ofNullable(loaded.get(library));
    }

    /** Those of the libraries that no GPU can do without. */
    List<Library> missing() {
        List<Library> missing = new ArrayList<>();
        for (Library library : List.of(Library.NVRTC, Library.CUBLAS_LT, Library.CUBLAS, Library.CUDNN)) {
            if (!loaded.containsKey(library)) {
                missing.add(library);
            }
        }
        return missing;
    }

    boolean areUsable() {
        return bound;
    }

    /** Why they cannot be used and how to mend it; empty if they can. */
    Optional<String> problem() {
        if (bound) {
            return Optional.empty();
        }
        String details = complaints.isEmpty() ? "" : "; " + String.join("; ", complaints);
        if (missing().isEmpty()) {
            return Optional.of(String.join("; ", complaints));
        }
        List<String> names = new ArrayList<>();
        missing().forEach(library -> names.add(library.name + " (" + library.names() + ")"));
        return Optional.of(String.join(", ", names) + " not found" + details + "; " + howToMend());
    }

    static String howToMend() {
        return "install CUDA 12 or 13 and cuDNN 9, name their folder (--cuda-home, TANDEM_CUDA_HOME), or build with the"
                + " Maven profile cuda-redist";
    }

    /** The release of a library that is bound, as people write it. */
    String version(Library library) {
        return switch (library) {
            case NVRTC -> {
                int[] major = new int[1];
                int[] minor = new int[1];
                JNvrtc.nvrtcVersion(major, minor);
                yield major[0] + "." + minor[0];
            }
            case CUBLAS, CUBLAS_LT -> property(0) + "." + property(1) + "." + property(2);
            case CUDNN -> {
                long version = JCudnn.cudnnGetVersion();
                yield version / 10_000 + "." + version / 100 % 100 + "." + version % 100;
            }
            case NCCL -> "2";
        };
    }

    private static int property(int which) {
        int[] value = new int[1];
        JCublas2.cublasGetProperty(which, value);
        return value[0];
    }

    /** The architectures that NVRTC compiles for, such as 90. */
    TreeSet<Integer> architectures() {
        int[] count = new int[1];
        JNvrtc.nvrtcGetNumSupportedArchs(count);
        int[] numbers = new int[count[0]];
        JNvrtc.nvrtcGetSupportedArchs(numbers);
        TreeSet<Integer> result = new TreeSet<>();
        for (int number : numbers) {
            result.add(number);
        }
        return result;
    }
}
