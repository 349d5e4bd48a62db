package dev.tandem.cuda.simulation;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Builds the simulated CUDA libraries once for each state of their sources, under {@code cuda-backend/target}. The folder is
 * what {@code TANDEM_CUDA_HOME} takes. See {@code src/test/cpp/README.md} for what the simulation checks.
 */
public final class SimulatedCuda {
    private SimulatedCuda() {}

    /** Whether this machine can build and run it: Linux on x86-64 with a C++ compiler. Says loudly why not. */
    public static boolean isPossible() {
        if (!System.getProperty("os.name").equals("Linux")
                || !System.getProperty("os.arch").equals("amd64")) {
            System.err.println("NO SIMULATED CUDA: it needs Linux on x86-64; its tests are skipped");
            return false;
        }
        try {
            Process process = new ProcessBuilder(compiler(), "--version")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (process.waitFor() == 0) {
                return true;
            }
        } catch (IOException e) {
            // Told below.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        System.err.println(
                "NO SIMULATED CUDA: no C++ compiler " + compiler() + "; install g++ or set CXX; its tests are skipped");
        return false;
    }

    /** The libraries with the names of CUDA 12. */
    public static Path folder() {
        return build("12");
    }

    /** The same with the names of CUDA 13. */
    public static Path folder13() {
        return build("13");
    }

    /** Steers the simulation in this process. It must be loaded, or is loaded here. */
    public static SimulationControl control() {
        return SimulationControl.of(folder());
    }

    private static synchronized Path build(String major) {
        Path sources = sources();
        Path all = sources.resolve("../../../target/simulated-cuda").normalize();
        Path folder = all.resolve(contentHash(sources) + "-" + major);
        try {
            Files.createDirectories(all);
            try (FileChannel lock =
                    FileChannel.open(all.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                lock.lock();
                if (!Files.exists(folder)) {
                    Path unfinished = Files.createTempDirectory(all, "build");
                    run(List.of(sources.resolve("build").toString(), unfinished.toString(), major));
                    Files.move(unfinished, folder, StandardCopyOption.ATOMIC_MOVE);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return folder;
    }

    /** The C++ sources, from this module's folder or a neighbour's. */
    private static Path sources() {
        for (String place : List.of("src/test/cpp", "cuda-backend/src/test/cpp", "../cuda-backend/src/test/cpp")) {
            Path folder = Path.of(place).toAbsolutePath().normalize();
            if (Files.exists(folder.resolve("build"))) {
                return folder;
            }
        }
        throw new IllegalStateException("simulated CUDA: no cuda-backend/src/test/cpp near "
                + Path.of("").toAbsolutePath() + "; run from the project");
    }

    private static String compiler() {
        String name = System.getenv("CXX");
        return name == null || name.isEmpty() ? "g++" : name;
    }

    private static String contentHash(Path sources) {
        try (Stream<Path> files = Files.walk(sources)) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(compiler().getBytes(StandardCharsets.UTF_8));
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                if (!file.toString().endsWith(".md")) {
                    digest.update(sources.relativize(file).toString().getBytes(StandardCharsets.UTF_8));
                    digest.update(Files.readAllBytes(file));
                }
            }
            return HexFormat.of().formatHex(digest.digest(), 0, 8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void run(List<String> command) throws IOException {
        Path log = Files.createTempFile("simulated-cuda", ".log");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            if (!process.waitFor(20, TimeUnit.MINUTES)) {
                process.destroyForcibly();
                throw new IOException("building the simulated CUDA took more than 20 minutes");
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IOException("building the simulated CUDA was interrupted", e);
        }
        if (process.exitValue() != 0) {
            throw new IOException("building the simulated CUDA failed:\n" + Files.readString(log));
        }
        Files.delete(log);
    }
}
