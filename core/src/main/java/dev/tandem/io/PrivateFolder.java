package dev.tandem.io;

import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Set;

/** A folder of the user's own that nobody else may write to, since code is loaded from it. */
public final class PrivateFolder {
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rwx------");

    private final Path folder;

    private PrivateFolder(Path folder) {
        this.folder = folder;
    }

    /** One below the user's cache, made where it is missing. Its parents may be open to others. */
    public static PrivateFolder of(String name) throws IOException {
        return at(UserFolders.cache().resolve(name));
    }

    /** As {@link #of}; where that cannot be made, as in a home that is read-only, one below the folder for temporary files. */
    public static PrivateFolder ofOrTemporary(String name) throws IOException {
        return ofOrTemporary(UserFolders.cache(), Path.of(System.getProperty("java.io.tmpdir")), name);
    }

    static PrivateFolder ofOrTemporary(Path cache, Path temporary, String name) throws IOException {
        try {
            return at(cache.resolve(name));
        } catch (IOException e) {
            String user = System.getProperty("user.name").replaceAll("[^\\w.-]", "_");
            try {
                // The first is ours, so that nobody else can have made the second.
                Path own = at(temporary.resolve("tandem-" + user)).path();
                return at(own.resolve(name));
            } catch (IOException second) {
                second.addSuppressed(e);
                throw second;
            }
        }
    }

    /** @throws IOException if it cannot be made, is a link, or belongs to another user */
    public static PrivateFolder at(Path folder) throws IOException {
        Files.createDirectories(folder.toAbsolutePath().getParent());
        boolean posix = folder.getFileSystem().supportedFileAttributeViews().contains("posix");
        try {
            Files.createDirectory(
                    folder,
                    posix
                            ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(OWNER_ONLY)}
                            : new FileAttribute<?>[0]);
        } catch (FileAlreadyExistsException e) {
            requireOwn(folder);
        }
        if (posix) {
            Files.setPosixFilePermissions(folder, OWNER_ONLY);
        }
        return new PrivateFolder(folder);
    }

    private static void requireOwn(Path folder) throws IOException {
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            throw new IOException(
                    folder + " is a link or a file; code is loaded from it, so it must be a folder of your"
                            + " own: remove it, or name another place with XDG_CACHE_HOME");
        }
        Path mine = Files.createTempFile(folder, "owner", ".tmp");
        try {
            if (!Files.getOwner(mine).equals(Files.getOwner(folder))) {
                throw new IOException(
                        folder + " belongs to " + Files.getOwner(folder) + "; code is loaded from it, so it"
                                + " must be your own: remove it, or name another place with XDG_CACHE_HOME");
            }
        } finally {
            Files.delete(mine);
        }
    }

    public Path path() {
        return folder;
    }

    /** The bytes of a file, or null if there is none. */
    public byte[] read(String name) throws IOException {
        Path file = folder.resolve(name);
        return Files.exists(file) ? Files.readAllBytes(file) : null;
    }

    /** Writes a file unless it is there with these bytes; others see the old one or the new one, never a part. */
    public Path write(String name, byte[] contents) throws IOException {
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

    /** Copies a resource to a file unless one of its size is there. */
    public Path unpack(String name, URL resource) throws IOException {
        Path file = folder.resolve(name);
        if (Files.exists(file) && Files.size(file) == sizeOf(resource)) {
            return file;
        }
        Path temporary = Files.createTempFile(folder, "part", ".tmp");
        try (InputStream in = resource.openStream()) {
            Files.copy(in, temporary, StandardCopyOption.REPLACE_EXISTING);
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(temporary);
        }
        return file;
    }

    /** The bytes of a resource, without reading it where it lies in a jar. */
    public static long sizeOf(URL resource) throws IOException {
        URLConnection connection = resource.openConnection();
        if (connection instanceof JarURLConnection) {
            return ((JarURLConnection) connection).getJarEntry().getSize();
        }
        try (InputStream in = connection.getInputStream()) {
            return connection.getContentLengthLong();
        }
    }
}
