package dev.tandem.cuda;

import dev.tandem.io.UserFolders;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Where NVIDIA's libraries may lie. */
final class CudaFolders {
    /** The folder that {@code --cuda-home} names. */
    static final String PROPERTY = "tandem.cuda.home";

    static final String VARIABLE = "TANDEM_CUDA_HOME";

    private CudaFolders() {}

    /** The folder that somebody named, by the property or the variable. */
    static Optional<Path> named() {
        String property = System.getProperty(PROPERTY);
        String name = property != null ? property : System.getenv(VARIABLE);
        return name == null || name.isBlank() ? Optional.empty() : Optional.of(Path.of(name));
    }

    /** Folders inside a CUDA installation that hold libraries; compat holds drivers that are newer than the system's. */
    static List<Path> inside(Path home) {
        List<Path> folders = new ArrayList<>(List.of(home));
        for (String name : List.of("lib64", "lib", "compat", "targets/x86_64-linux/lib")) {
            folders.add(home.resolve(name));
        }
        folders.removeIf(folder -> !Files.isDirectory(folder));
        return folders;
    }

    /** Where CUDA's, pip's and conda's installers put libraries without telling the system's loader. */
    static List<Path> wellKnown() {
        return wellKnown(System.getenv(), UserFolders.home(), Path.of("/"));
    }

    /** @param root of the file system */
    static List<Path> wellKnown(Map<String, String> environment, Path home, Path root) {
        Set<Path> folders = new LinkedHashSet<>();
        for (String parent : List.of("usr/local", "opt")) {
            for (Path cuda : matching(root.resolve(parent), "cuda*")) {
                folders.addAll(inside(cuda));
            }
        }
        for (Path python : PythonFolders.installations(environment, home, root)) {
            for (Path packages : PythonFolders.packages(python)) {
                for (Path part : matching(packages.resolve("nvidia"), "*")) {
                    folders.addAll(inside(part));
                }
            }
            if (Files.isDirectory(python.resolve("conda-meta"))) { // conda has libraries beside Python, not below it
                folders.add(python.resolve("lib"));
            }
        }
        return List.copyOf(folders);
    }

    /** The entries of a folder with such a name, newest version first; empty where it cannot be read. */
    static List<Path> matching(Path folder, String pattern) {
        List<Path> found = new ArrayList<>();
        if (Files.isDirectory(folder)) {
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, pattern)) {
                entries.forEach(found::add);
            } catch (IOException | UncheckedIOException | java.nio.file.DirectoryIteratorException e) {
                return List.of(); // what cannot be read cannot be loaded either
            }
        }
        found.sort(Comparator.reverseOrder());
        return found;
    }
}
