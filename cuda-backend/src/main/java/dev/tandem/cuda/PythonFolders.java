package dev.tandem.cuda;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Python installations and virtual environments, found without running Python: PyTorch brings NVIDIA's libraries along. */
final class PythonFolders {
    /** More links than this in a row are a circle. */
    private static final int MOST_LINKS = 10;

    private PythonFolders() {}

    /** Those that somebody activated, then those on the path, then those in usual places; some may not exist. */
    static Set<Path> installations(Map<String, String> environment, Path home, Path root) {
        Set<Path> found = new LinkedHashSet<>();
        for (String variable : List.of("VIRTUAL_ENV", "CONDA_PREFIX")) {
            if (environment.containsKey(variable)) {
                found.add(Path.of(environment.get(variable)));
            }
        }
        for (String folder : environment.getOrDefault("PATH", "").split(":")) {
            if (folder.startsWith("/")) {
                for (String name : List.of("python3", "python")) {
                    found.addAll(around(Path.of(folder, name)));
                }
            }
        }
        for (String name : List.of(".venv", "venv", ".local")) {
            found.add(home.resolve(name));
        }
        found.addAll(CudaFolders.matching(home.resolve(".pyenv/versions"), "*"));
        found.addAll(withEnvironments(CudaFolders.matching(home, "*{conda,forge,mamba}*")));
        found.addAll(withEnvironments(CudaFolders.matching(root.resolve("opt"), "*")));
        for (String name : List.of("venv", ".venv", "usr/local", "usr")) {
            found.add(root.resolve(name));
        }
        return found;
    }

    /** Of a program {@code …/bin/python3}: the folder above, and the same for what it links to, link by link. */
    private static List<Path> around(Path program) {
        List<Path> found = new ArrayList<>();
        Path file = program;
        for (int i = 0; i < MOST_LINKS && Files.exists(file); i++) {
            Path bin = file.getParent();
            if (bin != null && bin.getParent() != null) {
                found.add(bin.getParent());
            }
            if (!Files.isSymbolicLink(file)) {
                break;
            }
            try {
                file = file.resolveSibling(Files.readSymbolicLink(file)).normalize();
            } catch (IOException e) {
                break; // what cannot be read leads nowhere
            }
        }
        return found;
    }

    /** And conda's environments, which lie below its own. */
    private static List<Path> withEnvironments(List<Path> installations) {
        List<Path> all = new ArrayList<>(installations);
        installations.forEach(each -> all.addAll(CudaFolders.matching(each.resolve("envs"), "*")));
        return all;
    }

    /** The folders that an installation's packages lie in. */
    static List<Path> packages(Path installation) {
        List<Path> found = new ArrayList<>();
        for (String lib : List.of("lib", "lib64")) {
            for (Path python : CudaFolders.matching(installation.resolve(lib), "python3*")) {
                found.add(python.resolve("site-packages"));
                found.add(python.resolve("dist-packages"));
            }
        }
        return found;
    }
}
