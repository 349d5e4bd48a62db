package dev.tandem.cli;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;

/** The launcher beside a folder of jars, made of what this test runs with: what a user has, without a build. */
final class Distribution {
    private Distribution() {}

    static Path launcher() {
        return Path.of(System.getProperty("basedir", "."), "..", "tandem")
                .toAbsolutePath()
                .normalize();
    }

    /** Returns the launcher's copy in the folder. */
    static Path make(Path folder) throws IOException {
        Files.createDirectories(folder);
        collectJars(folder.resolve("lib"));
        return Files.copy(launcher(), folder.resolve("tandem"), java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
    }

    static void collectJars(Path lib) throws IOException {
        Files.createDirectories(lib);
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        int number = 0;
        for (String entry : classPath.split(File.pathSeparator)) {
            Path path = Path.of(entry);
            boolean testOnly = path.endsWith(Path.of("cli", "target", "test-classes"))
                    || entry.contains("archunit")
                    || entry.matches(".*cuda-backend\\b.*tests?\\b.*");
            if (testOnly || !Files.exists(path)) {
                continue;
            }
            if (Files.isDirectory(path)) {
                String module = path.getParent().getParent().getFileName().toString();
                jar(path, lib.resolve(module + "-" + number++ + ".jar"));
            } else {
                link(lib.resolve(number++ + "-" + path.getFileName()), path);
            }
        }
    }

    private static void link(Path link, Path file) throws IOException {
        try {
            Files.createLink(link, file);
        } catch (IOException | UnsupportedOperationException e) { // on another disk
            Files.copy(file, link);
        }
    }

    private static void jar(Path classes, Path target) throws IOException {
        try (OutputStream file = Files.newOutputStream(target);
                JarOutputStream jar = new JarOutputStream(file);
                Stream<Path> all = Files.walk(classes)) {
            all.filter(each -> !each.equals(classes)).forEach(each -> {
                try {
                    boolean folder = Files.isDirectory(each); // JUnit looks for packages by their folders
                    jar.putNextEntry(new ZipEntry(classes.relativize(each) + (folder ? "/" : "")));
                    if (!folder) {
                        Files.copy(each, jar);
                    }
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }

    /** A JDK of an older version than Tandem needs; null if there is none. */
    static Path olderJava() throws IOException {
        for (Path root : List.of(Path.of("/usr/lib/jvm"), Path.of("/opt/java"))) {
            if (!Files.isDirectory(root)) {
                continue;
            }
            try (Stream<Path> all = Files.list(root)) {
                for (Path home : all.sorted().toList()) {
                    Path release = home.resolve("release");
                    if (Files.isRegularFile(release)
                            && Files.isExecutable(home.resolve("bin/java"))
                            && Files.readString(release).matches("(?s).*JAVA_VERSION=\"(1\\.8|8|11|17|21)\\b.*")) {
                        return home;
                    }
                }
            }
        }
        return null;
    }
}
