package dev.tandem.cuda;

import dev.tandem.io.PrivateFolder;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * NVIDIA's libraries in a jar, which the Maven profile {@code cuda-redist} brings. They must be files to be loaded: at the first
 * start ever they are unpacked to a private folder, by one process at a time and each as a whole, so that a start after Ctrl-C
 * goes on with those that are missing.
 */
final class RedistJar {
    private static final Logger LOG = LoggerFactory.getLogger(RedistJar.class);
    private static final String RESOURCES = "/org/bytedeco/cuda/linux-x86_64/";
    private static final String CUBLAS = "libcublas.so.12";
    private static final String UNFINISHED = ".part";
    private static final List<String> CUDNN_PARTS = List.of(
            "", "_graph", "_ops", "_cnn", "_adv", "_heuristic", "_engines_precompiled", "_engines_runtime_compiled");

    private RedistJar() {}

    /** A library in the jar, and the file that it becomes. */
    private record Library(URL resource, Path file, long bytes) {
        boolean isUnpacked() {
            return file.toFile().length() == bytes;
        }
    }

    /**
     * The folder with its libraries, unpacked at the first call ever; empty if there is no such jar.
     *
     * @throws IOException if that cannot be done, saying why and what to do
     */
    static Optional<Path> folder() throws IOException {
        URL library = RedistJar.class.getResource(RESOURCES + CUBLAS);
        if (library == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(unpacked(library));
        } catch (IOException e) {
            String reason =
                    e instanceof AccessDeniedException ? e.getMessage() + ": permission denied" : e.getMessage();
            throw new IOException(reason + "; free some space, or name another folder with XDG_CACHE_HOME", e);
        }
    }

    private static Path unpacked(URL library) throws IOException {
        Path folder =
                PrivateFolder.of("cuda-redist-" + PrivateFolder.sizeOf(library)).path();
        List<Library> libraries = libraries(folder);
        if (!libraries.stream().allMatch(Library::isUnpacked)) {
            unpackAlone(libraries, folder);
        }
        return folder;
    }

    private static List<Library> libraries(Path folder) throws IOException {
        List<Library> libraries = new ArrayList<>();
        for (String name : names()) {
            URL resource = RedistJar.class.getResource(RESOURCES + name);
            if (resource != null) {
                libraries.add(new Library(resource, folder.resolve(name), PrivateFolder.sizeOf(resource)));
            }
        }
        return libraries;
    }

    private static List<String> names() {
        List<String> names =
                new ArrayList<>(List.of("libcublasLt.so.12", CUBLAS, "libnvrtc-builtins.so.12.6", "libnvrtc.so.12"));
        CUDNN_PARTS.forEach(part -> names.add("libcudnn" + part + ".so.9"));
        names.add("libnccl.so.2");
        return names;
    }

    /** Processes that start together, as ranks do, wait for the first of them. */
    private static void unpackAlone(List<Library> libraries, Path folder) throws IOException {
        Path lockFile = folder.resolve("lock");
        try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock lock = lock(channel, folder)) {
            for (Path unfinished : CudaFolders.matching(folder, "*" + UNFINISHED)) {
                Files.delete(unfinished); // of a process that was killed
            }
            List<Library> missing =
                    libraries.stream().filter(each -> !each.isUnpacked()).toList();
            if (missing.isEmpty()) {
                return; // another process has done it
            }
            long bytes = missing.stream().mapToLong(Library::bytes).sum();
            requireSpace(bytes, folder);
            LOG.info("unpacking NVIDIA's libraries to {}: {}, only this once", folder, gibibytes(bytes));
            for (Library library : missing) {
                unpack(library);
            }
        }
    }

    private static FileLock lock(FileChannel channel, Path folder) throws IOException {
        FileLock lock = channel.tryLock();
        if (lock != null) {
            return lock;
        }
        LOG.info("waiting for another process that unpacks NVIDIA's libraries to {}", folder);
        return channel.lock();
    }

    static void requireSpace(long bytes, Path folder) throws IOException {
        long free = Files.getFileStore(folder).getUsableSpace();
        if (free < bytes) {
            throw new IOException(
                    "they need " + gibibytes(bytes) + " in " + folder + ", where " + gibibytes(free) + " are free");
        }
    }

    private static void unpack(Library library) throws IOException {
        Path file = library.file;
        File unfinished = file.resolveSibling(file.getFileName() + UNFINISHED).toFile();
        unfinished.deleteOnExit(); // after Ctrl-C too
        try (InputStream in = library.resource.openStream()) {
            Files.copy(in, unfinished.toPath(), StandardCopyOption.REPLACE_EXISTING);
            Files.move(unfinished.toPath(), file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(unfinished.toPath());
        }
    }

    private static String gibibytes(long bytes) {
        return String.format(Locale.ROOT, "%.1f GiB", bytes / (double) (1 << 30));
    }
}
