package dev.tandem.cuda;

import dev.tandem.backend.ReadyNatives;
import dev.tandem.io.PrivateFolder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * JCuda's own native libraries. JCuda unpacks them to a fixed name in {@code java.io.tmpdir}, where anybody may have put
 * another file, and they name CUDA 12; so they are laid into a private folder, relinked where CUDA 13 is here, and the
 * property points there while JCuda's classes initialise. Where they lie ready and need no relinking, it points to those.
 */
final class JCudaNatives {
    private static final String VERSION = "12.6.0-linux-x86_64";

    /** What they ask for as they are. */
    private static final String CUBLAS = "libcublas.so.12";

    private static final String NVRTC = "libnvrtc.so.12";

    private JCudaNatives() {}

    /**
     * Loads the bindings of NVRTC, cuBLAS and cuDNN, whose libraries are in the process already.
     *
     * @param cublas the soname that is here, such as {@code libcublas.so.13}; likewise {@code nvrtc}
     * @throws LinkageError if a library lacks what JCuda needs
     */
    static void load(String cublas, String nvrtc) throws IOException {
        initialize(
                folder(cublas, nvrtc), List.of("jcuda.nvrtc.JNvrtc", "jcuda.jcublas.JCublas2", "jcuda.jcudnn.JCudnn"));
    }

    /** Loads the driver's binding. Its class never recovers if there is no driver, so ask for it only then. */
    static void loadDriver(String cublas, String nvrtc) throws IOException {
        initialize(folder(cublas, nvrtc), List.of("jcuda.driver.JCudaDriver"));
    }

    /** Where JCuda's libraries lie that name these two. */
    private static Path folder(String cublas, String nvrtc) throws IOException {
        Optional<Path> ready = ReadyNatives.folder();
        if (ready.isPresent() && cublas.equals(CUBLAS) && nvrtc.equals(NVRTC)) {
            return ready.get();
        }
        PrivateFolder folder = PrivateFolder.of("jcuda-" + VERSION + "-" + cublas + "-" + nvrtc);
        lay(folder, "JCudaRuntime", null, null);
        lay(folder, "JNvrtc", NVRTC, nvrtc);
        lay(folder, "JCublas2", CUBLAS, cublas);
        lay(folder, "JCudnn", null, null);
        lay(folder, "JCudaDriver", null, null);
        return folder.path();
    }

    private static void lay(PrivateFolder folder, String name, String from, String to) throws IOException {
        String file = "lib" + name + "-" + VERSION + ".so";
        try (InputStream in = open(file)) {
            byte[] library = in.readAllBytes();
            if (from != null && !from.equals(to)) {
                ElfRelink.relink(library, from, to);
            }
            folder.write(file, library);
        }
    }

    private static InputStream open(String file) throws IOException {
        Optional<Path> ready = ReadyNatives.folder();
        if (ready.isPresent()) {
            return Files.newInputStream(ready.get().resolve(file));
        }
        InputStream resource = JCudaNatives.class.getResourceAsStream("/lib/" + file);
        if (resource == null) {
            throw new IOException(file + " is not on the class path; add JCuda's natives for Linux on x86-64");
        }
        return resource;
    }

    private static void initialize(Path folder, List<String> classes) {
        String before = System.getProperty("java.io.tmpdir");
        System.setProperty("java.io.tmpdir", folder.toString());
        try {
            for (String name : classes) {
                Class.forName(name);
            }
        } catch (ClassNotFoundException e) {
            throw new LinkageError("JCuda's class " + e.getMessage() + " is not on the class path", e);
        } finally {
            System.setProperty("java.io.tmpdir", before);
        }
    }
}
