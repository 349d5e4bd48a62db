package dev.tandem.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A made-up file system, with PyTorch's libraries of CUDA 13 in some Python's packages. */
class CudaFoldersTest {
    @TempDir
    Path root;

    private Path home;
    private Path systemPython;

    @BeforeEach
    void makeSystem() throws IOException {
        home = Files.createDirectories(root.resolve("home/someone"));
        systemPython = file("usr/bin/python3.12");
    }

    private Path file(String name) throws IOException {
        Path file = root.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, "");
    }

    /** Returns the folders that libraries were put to. */
    private List<Path> pyTorchIn(String environment) throws IOException {
        String packages = environment + "/lib/python3.12/site-packages/nvidia/";
        return List.of(
                file(packages + "cu13/lib/libcublas.so.13").getParent(),
                file(packages + "cudnn/lib/libcudnn.so.9").getParent());
    }

    private List<Path> found(Map<String, String> environment) {
        return CudaFolders.wellKnown(environment, home, root);
    }

    @Test
    void theVirtualEnvironmentOfThePythonOnThePathIsFound() throws IOException {
        List<Path> libraries = pyTorchIn("srv/work/env");
        Path bin = Files.createDirectories(root.resolve("srv/work/env/bin"));
        Files.createSymbolicLink(bin.resolve("python3"), systemPython);

        assertThat(found(Map.of())).doesNotContainAnyElementsOf(libraries);
        assertThat(found(Map.of("PATH", "relative:" + root.resolve("usr/bin") + ":" + bin)))
                .containsAll(libraries);
    }

    @Test
    void linksToAVirtualEnvironmentsPythonAreFollowed() throws IOException {
        List<Path> libraries = pyTorchIn("srv/env");
        Path bin = Files.createDirectories(root.resolve("srv/env/bin"));
        Files.createSymbolicLink(bin.resolve("python"), systemPython);
        Path tools = Files.createDirectories(root.resolve("tools/bin"));
        Files.createSymbolicLink(tools.resolve("python"), Path.of("../../srv/env/bin/python"));

        assertThat(found(Map.of("PATH", tools.toString()))).containsAll(libraries);
    }

    @Test
    void linksInACircleEndTheSearch() throws IOException {
        Path bin = Files.createDirectories(root.resolve("circle/bin"));
        Files.createSymbolicLink(bin.resolve("python3"), bin.resolve("python"));
        Files.createSymbolicLink(bin.resolve("python"), bin.resolve("python3"));

        assertThat(found(Map.of("PATH", bin.toString()))).isEmpty();
    }

    @Test
    void anActivatedEnvironmentComesFirst() throws IOException {
        List<Path> usual = pyTorchIn("opt/venv");
        List<Path> activated = pyTorchIn("srv/env");

        assertThat(found(Map.of("VIRTUAL_ENV", root.resolve("srv/env").toString())))
                .containsAll(usual)
                .first()
                .isIn(parents(activated));
    }

    private static List<Path> parents(List<Path> libraries) {
        return libraries.stream().map(Path::getParent).toList();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "opt/venv",
                "opt/conda",
                "opt/conda/envs/torch",
                "venv",
                "home/someone/.venv",
                "home/someone/.local",
                "home/someone/miniconda3",
                "home/someone/miniforge3/envs/torch",
                "home/someone/.pyenv/versions/3.12.3",
                "usr/local",
                "usr"
            })
    void usualPlacesAreLookedAt(String place) throws IOException {
        List<Path> libraries = pyTorchIn(place);

        assertThat(found(Map.of())).containsAll(libraries);
    }

    @Test
    void condasOwnLibrariesAreFound() throws IOException {
        file("opt/conda/conda-meta/history");
        Path library = file("opt/conda/lib/libcudnn.so.9");

        assertThat(found(Map.of())).contains(library.getParent());
    }
}
