import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Lays the archive's libraries, out of the folder of jars that the checkout's launcher runs with. Jars are written anew:
 * without compression, since xz makes half as much of them together as each does of its own; without natives for other
 * platforms than Linux on x86-64; with entries sorted and dated alike, so that the same sources give the same bytes. Natives
 * become files.
 */
class LayLibraries {
    private static final LocalDateTime DATE = LocalDateTime.of(2026, 1, 1, 0, 0);

    /** Java classes of which Tandem uses none. */
    private static final String UNUSED_JARS = "(opencl|dnnl)-.*";

    private static final String NATIVE_JARS = ".*-linux-x86_64\\.jar";

    /** JavaCPP's and JCuda's jars hold more than these, of which Tandem loads nothing: 28 MB. */
    private static final Set<String> NATIVES = Set.of(
            "libdnnl.so.3",
            "libgomp.so.1",
            "libJCudaRuntime-12.6.0-linux-x86_64.so",
            "libJCudaDriver-12.6.0-linux-x86_64.so",
            "libJNvrtc-12.6.0-linux-x86_64.so",
            "libJCublas2-12.6.0-linux-x86_64.so",
            "libJCudnn-12.6.0-linux-x86_64.so");

    /** @param arguments the folder that jars are in, and the folder to lay them into */
    public static void main(String[] arguments) throws IOException {
        Path target = Path.of(arguments[1]);
        Path natives = Files.createDirectories(target.resolve("natives"));
        try (Stream<Path> files = Files.list(Path.of(arguments[0]))) {
            for (Path jar : files.toList()) {
                String name = jar.getFileName().toString();
                if (name.matches(NATIVE_JARS)) {
                    unpack(jar, natives);
                } else if (name.endsWith(".jar") && !name.matches(UNUSED_JARS)) {
                    store(jar, target.resolve(name));
                }
            }
        }
    }

    private static void unpack(Path jar, Path natives) throws IOException {
        try (ZipFile zip = new ZipFile(jar.toFile())) {
            for (ZipEntry entry : zip.stream().toList()) {
                String name = entry.getName().substring(entry.getName().lastIndexOf('/') + 1);
                if (NATIVES.contains(name)) {
                    try (InputStream in = zip.getInputStream(entry)) {
                        Files.copy(in, natives.resolve(name));
                    }
                }
            }
        }
    }

    private static void store(Path from, Path to) throws IOException {
        try (ZipFile in = new ZipFile(from.toFile());
                OutputStream file = Files.newOutputStream(to);
                ZipOutputStream out = new ZipOutputStream(file)) {
            out.setMethod(ZipOutputStream.STORED);
            List<? extends ZipEntry> entries = in.stream()
                    .filter(entry -> isForLinux(entry.getName()))
                    .sorted(Comparator.comparing(ZipEntry::getName))
                    .toList();
            for (ZipEntry entry : entries) {
                byte[] bytes = in.getInputStream(entry).readAllBytes();
                out.putNextEntry(stored(entry.getName(), bytes));
                out.write(bytes);
            }
        }
    }

    private static boolean isForLinux(String name) {
        boolean isNative = name.matches(".*\\.(so|dll|jnilib|dylib)");
        return !isNative || name.contains("/Linux/x86_64/");
    }

    private static ZipEntry stored(String name, byte[] bytes) {
        CRC32 checksum = new CRC32();
        checksum.update(bytes);
        ZipEntry entry = new ZipEntry(name);
        entry.setSize(bytes.length);
        entry.setCrc(checksum.getValue());
        entry.setTimeLocal(DATE);
        return entry;
    }
}
