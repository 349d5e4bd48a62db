package dev.tandem.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;

/**
 * Replaces a file as a whole or not at all. The contents go to a temporary file in the same folder, are forced to the disk,
 * and take the target's name in one step; then the folder is forced, so that the name survives a power cut too. Whatever
 * fails before the renaming (a full disk, an exception, a crash), the file that had the name is untouched.
 */
public final class AtomicFile {
    private static final Pattern TEMPORARY = Pattern.compile("\\..+\\.[0-9a-f]{16}\\.tmp");

    private AtomicFile() {}

    /** Writes a file's contents from position 0 on. */
    @FunctionalInterface
    public interface Contents {
        void writeTo(FileChannel channel) throws IOException;
    }

    /**
     * Writes {@code target}, or leaves it as it was; the temporary file is deleted if that fails.
     *
     * @throws UncheckedIOException if the folder is missing or cannot be written, or the disk is full; naming the file
     */
    public static void write(Path target, Contents contents) {
        Path folder = target.toAbsolutePath().getParent();
        if (folder == null || Files.isDirectory(target)) {
            throw failed(target, new IOException("it is a folder"));
        }
        String suffix = String.format("%016x", ThreadLocalRandom.current().nextLong());
        Path temporary = folder.resolve("." + target.getFileName() + "." + suffix + ".tmp");
        try {
            try {
                try (FileChannel channel =
                        FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                    contents.writeTo(channel);
                    channel.force(true);
                }
                Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(temporary); // there only if something failed
            }
            forceFolder(folder);
        } catch (IOException e) {
            throw failed(target, e);
        }
    }

    /** As above, text in UTF-8. */
    public static void write(Path target, String text) {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
        write(target, channel -> {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        });
    }

    /** Deletes the temporary files of processes that were killed while they wrote into a folder; nobody may be writing now. */
    public static void deleteRemains(Path folder) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, ".*.tmp")) {
            for (Path file : files) {
                if (TEMPORARY.matcher(file.getFileName().toString()).matches()) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    /** As far as the file system can: some on the network cannot, and Windows opens no folder. */
    private static void forceFolder(Path folder) {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            return; // the file itself is safe on the disk
        }
    }

    private static UncheckedIOException failed(Path target, IOException cause) {
        String message = target + ": cannot be written: " + reason(cause)
                + "; a file of that name is as it was before; check the folder, its permissions and the free space";
        return new UncheckedIOException(message, cause);
    }

    /** In words, where the exception's message is only the path. */
    private static String reason(IOException cause) {
        if (cause instanceof NoSuchFileException) {
            return "its folder does not exist";
        }
        if (cause instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (cause instanceof FileSystemException failure && failure.getReason() != null) {
            return failure.getReason();
        }
        return cause.getMessage() == null ? cause.toString() : cause.getMessage();
    }
}
