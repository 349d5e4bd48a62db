package dev.tandem.cuda;

import dev.tandem.io.UserFolders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;

/**
 * A folder below the user's cache that nobody else may write to, since code is loaded from it.
 */
final class PrivateFolder {
    private final Path folder;

    private PrivateFolder(Path folder) {
        this.folder = folder;
    }

    /** Makes it where it is missing. Its parents may be open to others. */
    static PrivateFolder of(String name) throws IOException {
        return at(UserFolders.cache().resolve(name));
    }

    static PrivateFolder at(Path folder) throws IOException {
        Files.createDirectories(folder);
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
        return new PrivateFolder(folder);
    }

    Path path() {
        return folder;
    }

    /** The bytes of a file, or null if there is none. */
    byte[] read(String name) throws IOException {
        Path file = folder.resolve(name);
        return Files.exists(file) ? Files.readAllBytes(file) : null;
    }

    /** Writes a file unless it is there with these bytes; others see the old one or the new one, never a part. */
    Path write(String name, byte[] contents) throws IOException {
        Path file = folder.resolve(name);
        if (Files.exists(file) && Arrays.equals(Files.readAllBytes(file), contents)) {
            return file;
        }
        Path temporary = Files.createTempFile(folder, "part", ".tmp");
        try {
            Files.write(temporary, contents);
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(temporary);
        }
        return file;
    }
}
