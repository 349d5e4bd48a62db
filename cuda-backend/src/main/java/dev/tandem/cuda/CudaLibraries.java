package dev.tandem.cuda;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeSet;
import java.util.stream.Stream;
import jcuda.nvrtc.JNvrtc;

/**
 * NVRTC, cuBLAS and cuDNN, found and loaded before any class of JCuda is touched: in the folder that somebody named, the redist
 * jar, the system's loader, the folders of CUDA's and pip's installers. CUDA 12 comes before 13. What is loaded here is what
 * JCuda's natives get, since the process has it by that name.
 */
final class CudaLibraries {
    private static final String HOW_TO_MEND = "; install CUDA 12 or 13 and cuDNN 9, name their folder (--cuda-home,"
            + " TANDEM_CUDA_HOME), or build with the Maven profile cuda-redist";

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

    /** Where they are looked for, in this order. */
    private enum Place {
        NAMED,
        SYSTEM,
        WELL_KNOWN
    }

    /** What cuDNN opens when it is used; of the others it has, none of our operations is made. */
    private static final List<String> CUDNN_PARTS =
            List.of("graph", "ops", "cnn", "heuristic", "engines_precompiled", "engines_runtime_compiled");

    private final Map<Library, Loaded> loaded = new EnumMap<>(Library.class);
    private final List<String> complaints = new ArrayList<>();
    private final List<Path> folders = new ArrayList<>();
    private boolean isJarUnusable;
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
            isJarUnusable = true;
            complaints.add("NVIDIA's libraries cannot be unpacked from their jar: " + e.getMessage());
        }
        Place before = Place.SYSTEM;
        for (Library library : Library.values()) {
            before = load(library, before);
        }
    }

    /**
     * @param before where the library before this one was found: an installation's libraries fit together, and cuDNN's file has
     *     the same name for every CUDA
     */
    private Place load(Library library, Place before) {
        List<Place> order = before == Place.WELL_KNOWN
                ? List.of(Place.NAMED, Place.WELL_KNOWN, Place.SYSTEM)
                : List.of(Place.values());
        for (int release : library.releases) {
            for (Place place : order) {
                if (load(library, release, place)) {
                    return place;
                }
            }
        }
        return before;
    }

    private boolean load(Library library, int release, Place place) {
        String soname = library.prefix + release;
        return switch (place) {
            case NAMED -> loadFrom(folders, library, release, soname);
            case SYSTEM -> loadFromSystem(library, soname);
            case WELL_KNOWN -> loadFrom(besideCublas(CudaFolders.wellKnown()), library, release, soname);
        };
    }

    /** With those of cuBLAS's installation first: of several Pythons each may have a cuDNN, for its own CUDA. */
    private List<Path> besideCublas(List<Path> places) {
        if (!loaded.containsKey(Library.CUBLAS)) {
            return places;
        }
        Path installation =
                Path.of(loaded.get(Library.CUBLAS).path).resolve("../../..").normalize();
        return places.stream()
                .sorted(Comparator.comparing(place -> !place.startsWith(installation)))
                .toList();
    }

    private boolean loadFrom(List<Path> places, Library library, int release, String soname) {
        if (library == Library.NVRTC) {
            // NVRTC opens its built-in declarations by name, which finds them only where they are loaded already.
            places.forEach(folder -> CudaFolders.matching(folder, "libnvrtc-builtins.so." + release + ".*")
                    .forEach(CudaLibraries::tryFile));
        }
        for (Path folder : places) {
            Path file = folder.resolve(soname);
            if (Files.exists(file) && (library != Library.CUDNN || loadParts(folder)) && complaintOf(file) == null) {
                loaded.put(library, new Loaded(soname, file.toString()));
                return true;
            }
        }
        return false;
    }

    private boolean loadFromSystem(Library library, String soname) {
        try {
            SymbolLookup.libraryLookup(soname, Arena.global());
        } catch (IllegalArgumentException e) {
            return false;
        }
        for (String part : library == Library.CUDNN ? CUDNN_PARTS : List.<String>of()) {
            String name = partName(part);
            try {
                SymbolLookup.libraryLookup(name, Arena.global());
            } catch (IllegalArgumentException e) {
                complaints.add("cuDNN's " + name + " cannot be loaded by the system (ldd tells what it lacks)");
                return false;
            }
        }
        loaded.put(library, new Loaded(soname, fileInProcess(soname)));
        return true;
    }

    /**
     * cuDNN ends the process where a part cannot be loaded, such as for want of libz, so all are before it is. None is taken from a
     * folder that has not all.
     */
    private boolean loadParts(Path folder) {
        List<Path> parts =
                CUDNN_PARTS.stream().map(part -> folder.resolve(partName(part))).toList();
        for (Path part : parts) {
            if (!Files.exists(part)) {
                complaints.add(part + " is missing, which cuDNN needs");
                return false;
            }
        }
        return parts.stream().allMatch(part -> complaintOf(part) == null);
    }

    private static String partName(String part) {
        return "libcudnn_" + part + ".so.9";
    }

    /** Where the process has a library from that the system's loader found. */
    private static String fileInProcess(String soname) {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.filter(line -> line.contains("/" + soname))
                    .map(line -> line.substring(line.indexOf('/')))
                    .findFirst()
                    .orElse("the system's");
        } catch (IOException | UncheckedIOException e) {
            return "the system's";
        }
    }

    /** Null if it could be loaded, else why not, which is then remembered. */
    private String complaintOf(Path file) {
        String failure = tryFile(file);
        if (failure != null) {
            String hint = failure.contains("failed to map segment")
                    ? "; its disk may be mounted noexec: XDG_CACHE_HOME names another for what is unpacked"
                    : "";
            complaints.add(file + " cannot be loaded (" + failure + hint + ")");
        }
        return failure;
    }

    /** Null if it could be loaded, else why not. */
    private static String tryFile(Path file) {
        try {
            System.load(file.toAbsolutePath().toString());
            return null;
        } catch (UnsatisfiedLinkError e) {
            return e.getMessage().replace(file.toAbsolutePath() + ": ", "");
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
        if (LibraryVersions.cudaOfCudnn() == release()) {
            bound = true;
        } else {
            complaints.add("cuDNN (" + get(Library.CUDNN).orElseThrow().path + ") is made for CUDA "
                    + LibraryVersions.cudaOfCudnn() + ", cuBLAS ("
                    + get(Library.CUBLAS).orElseThrow().path + ") is of CUDA " + release()
                    + ", and cuDNN needs its own; name a folder that holds both of one CUDA (--cuda-home,"
                    + " TANDEM_CUDA_HOME)");
        }
    }

    /** The release of CUDA that cuBLAS is of, such as 12. */
    int release() {
        return Integer.parseInt(soname(Library.CUBLAS).substring(Library.CUBLAS.prefix.length()));
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
        if (missing().isEmpty() || isJarUnusable) {
            return Optional.of(String.join("; ", complaints));
        }
        String details = complaints.isEmpty() ? "" : "; " + complaints.getFirst();
        if (complaints.size() > 1) {
            details += "; " + (complaints.size() - 1) + " more: tandem doctor";
        }
        List<String> names = new ArrayList<>();
        missing().forEach(library -> names.add(library.name + " (" + library.names() + ")"));
        return Optional.of(String.join(", ", names) + " not found" + details + HOW_TO_MEND);
    }

    /** What could not be loaded, with why and what to do; there may be others that could. */
    List<String> complaints() {
        return complaints;
    }

    /** That a library is not there, with what to do unless a complaint says that. */
    String isMissing(Library library) {
        return library.names() + " was not found" + (isJarUnusable ? "" : HOW_TO_MEND);
    }

    /** The release of a library that is bound, as people write it. */
    String version(Library library) {
        return LibraryVersions.of(library, soname(library));
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

    /** The architecture to compile for a GPU: its own, or the newest before it of the same generation, whose code it runs too. */
    OptionalInt architectureFor(int gpu) {
        Integer nearest = architectures().floor(gpu);
        return nearest == null || nearest / 10 != gpu / 10 ? OptionalInt.empty() : OptionalInt.of(nearest);
    }
}
