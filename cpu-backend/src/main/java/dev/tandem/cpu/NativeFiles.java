package dev.tandem.cpu;

import dev.tandem.backend.ReadyNatives;
import dev.tandem.io.PrivateFolder;
import dev.tandem.tensor.DeviceException;
import java.io.IOException;
import java.net.URL;
import java.nio.file.Path;
import java.util.Optional;
import org.bytedeco.javacpp.Loader;

/**
 * oneDNN's native libraries as files: ready ones, or unpacked from the jar once. JavaCPP would do that too, but falls back to a
 * name in {@code /tmp} that anybody can make first.
 */
final class NativeFiles {
    private NativeFiles() {}

    /** Where they are, or will be. */
    static Path folder() throws IOException {
        Optional<Path> ready = ReadyNatives.folder();
        return ready.isPresent() ? ready.get() : unpacked().path();
    }

    private static PrivateFolder unpacked() throws IOException {
        return PrivateFolder.ofOrTemporary("onednn-" + Loader.getVersion("org.bytedeco", "dnnl"));
    }

    /** @throws DeviceException if it is not there, or cannot be unpacked */
    static Path file(String name) {
        Optional<Path> ready = ReadyNatives.folder();
        if (ready.isPresent()) {
            return ready.get().resolve(name);
        }
        String resource = "/org/bytedeco/dnnl/" + Loader.getPlatform() + "/" + name;
        URL library = NativeFiles.class.getResource(resource);
        if (library == null) {
            throw new DeviceException("cpu: " + resource
                    + " is not on the class path; add org.bytedeco:dnnl with the classifier " + Loader.getPlatform());
        }
        try {
            return unpacked().unpack(name, library);
        } catch (IOException e) {
            throw new DeviceException(
                    "cpu: " + resource + " could not be unpacked: " + e.getMessage()
                            + "; name a folder that can be written with XDG_CACHE_HOME",
                    e);
        }
    }
}
