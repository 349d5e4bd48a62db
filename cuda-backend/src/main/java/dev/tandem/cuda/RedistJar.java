package dev.tandem.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** NVIDIA's libraries in a jar, which the Maven profile {@code cuda-redist} brings. They must be files to be loaded. */
final class RedistJar {
    private static final String RESOURCES = "/org/bytedeco/cuda/linux-x86_64/";
    private static final String CUBLAS = "libcublas.so.12";
    private static final List<String> CUDNN_PARTS = List.of(
            "", "_graph", "_ops", "_cnn", "_adv", "_heuristic", "_engines_precompiled", "_engines_runtime_compiled");

    private RedistJar() {}

    /** The folder with its libraries, unpacked at the first call ever; empty if there is no such jar. */
    static Optional<Path> folder() throws IOException {
        URL library = RedistJar.class.getResource(RESOURCES + CUBLAS);
        if (library == null) {
            return Optional.empty();
        }
        PrivateFolder folder = PrivateFolder.of("cuda-redist-" + sizeOf(library));
        for (String name : names()) {
            URL resource = RedistJar.class.getResource(RESOURCES + name);
            if (resource != null) {
                unpack(resource, folder.path().resolve(name));
            }
        }
        return Optional.of(folder.path());
    }

    private static List<String> names() {
        List<String> names =
                new ArrayList<>(List.of("libcublasLt.so.12", CUBLAS, "libnvrtc-builtins.so.12.6", "libnvrtc.so.12"));
        CUDNN_PARTS.forEach(part -> names.add("libcudnn" + part + ".so.9"));
        names.add("libnccl.so.2");
        return names;
    }

    private static long sizeOf(URL resource) throws IOException {
        URLConnection connection = resource.openConnection();
        try (InputStream in = connection.getInputStream()) {
            return connection.getContentLengthLong();
        }
    }

    private static void unpack(URL resource, Path file) throws IOException {
        if (Files.exists(file) && Files.size(file) == sizeOf(resource)) {
            return;
        }
        Path temporary = Files.createTempFile(file.getParent(), "part", ".tmp");
        try (InputStream in = resource.openStream()) {
            Files.copy(in, temporary, StandardCopyOption.REPLACE_EXISTING);
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }
}
