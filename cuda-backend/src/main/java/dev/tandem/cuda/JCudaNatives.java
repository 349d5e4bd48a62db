package dev.tandem.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/**
 * JCuda's own native libraries. JCuda unpacks them to a fixed name in {@code java.io.tmpdir}, where anybody may have put
 * another file, and they name CUDA 12; so they are laid ready in a private folder, relinked where CUDA 13 is here, and the
 * property points there while JCuda's classes initialise.
 */
final class JCudaNatives {
    private static final String VERSION = "12.6.0-linux-x86_64";

    private JCudaNatives() {}

    /**
     * Loads the bindings of NVRTC, cuBLAS and cuDNN, whose libraries are in the process already.
     *
     * @param cublas the soname that is here, such as {@code libcublas.so.13}; likewise {@code nvrtc}
     * @throws LinkageError if a library lacks what JCuda needs
     */
    static void load(String cublas, String nvrtc) throws IOException {
        PrivateFolder folder = PrivateFolder.of("jcuda-" + VERSION + "-" + cublas + "-" + nvrtc);
        lay(folder, "JCudaRuntime", null, null);
        lay(folder, "JNvrtc", "libnvrtc.so.12", nvrtc);
        lay(folder, "JCublas2", "libcublas.so.12", cublas);
        lay(folder, "JCudnn", null, null);
        lay(folder, "JCudaDriver", null, null);
        initialize(folder, List.of("jcuda.nvrtc.JNvrtc", "jcuda.jcublas.JCublas2", "jcuda.jcudnn.JCudnn"));
    }

    /** Loads the driver's binding. Its class never recovers if there is no driver, so ask for it only then. */
    static void loadDriver(String cublas, String nvrtc) throws IOException {
        initialize(
                PrivateFolder.of("jcuda-" + VERSION + "-" + cublas + "-" + nvrtc), List.of("jcuda.driver.JCudaDriver"));
    }

    private static void lay(PrivateFolder folder, String name, String from, String to) throws IOException {
        String file = "lib" + name + "-" + VERSION + ".so";
        try (InputStream in = JCudaNatives.class.getResourceAsStream("/lib/" + file)) {
            if (in == null) {
                throw new IOException(file + " is not on the class path; add JCuda's natives for Linux on x86-64");
            }
            byte[] library = in.readAllBytes();
            if (from != null && !from.equals(to)) {
                ElfRelink.relink(library, from, to);
            }
            folder.write(file, library);
        }
    }

    private static void initialize(PrivateFolder folder, List<String> classes) {
        String before = System.getProperty("java.io.tmpdir");
        System.setProperty("java.io.tmpdir", folder.path().toString());
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
