package dev.tandem.trainer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a run folder for one trainer. The system's lock on a file in it ends with the process, however that ends, so nothing has
 * to be cleaned up; the file says who has it, and stays.
 */
final class RunLock implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RunLock.class);
    private static final String FILE = ".lock";
    /** Behind all that the file says, since some systems let nobody read what is locked. */
    private static final long POSITION = 1 << 20;

    /**
     * Of this process, by real folder: the system keeps no lock between parts of one process, and gives a lock up as soon as the
     * process closes the file anywhere else.
     */
    private static final Map<Path, String> HELD = new HashMap<>();

    private final Path folder;
    private final FileChannel channel; // null where the file system has no locks

    private RunLock(Path folder, FileChannel channel) {
        this.folder = folder;
        this.channel = channel;
    }

    /**
     * @param folder that exists
     * @throws RunInUseException if somebody has it
     * @throws IOException if the folder cannot be written
     */
    static RunLock take(Path folder) throws IOException {
        Path real = folder.toRealPath();
        synchronized (HELD) {
            if (HELD.containsKey(real)) {
                throw inUse(folder, HELD.get(real));
            }
            FileChannel channel = lock(folder, real.resolve(FILE));
            HELD.put(real, holder());
            return new RunLock(real, channel);
        }
    }

    /**
     * Makes nothing.
     *
     * @throws RunInUseException if somebody has the folder
     */
    static void requireFree(Path folder) {
        if (!Files.exists(folder.resolve(FILE))) {
            return;
        }
        try (RunLock tried = take(folder)) {
            LOG.debug("{}: nobody trains in it", tried.folder);
        } catch (IOException e) {
            LOG.debug(
                    "{}: whether somebody trains in it is not known",
                    folder,
                    e); // it cannot be written, which will be said
        }
    }

    private static FileChannel lock(Path folder, Path file) throws IOException {
        FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        FileLock lock;
        try {
            lock = channel.tryLock(POSITION, 1, false);
        } catch (
                OverlappingFileLockException
                        e) { // a second copy of this class has it; closing the file would end its lock
            throw inUse(folder, read(channel));
        } catch (IOException e) {
            channel.close();
            LOG.warn(
                    "run folder {}: its file system has no locks ({}), so take care that no other process trains in it",
                    folder,
                    e.getMessage());
            return null;
        }
        if (lock == null) {
            try (channel) {
                throw inUse(folder, read(channel));
            }
        }
        try {
            write(channel, holder());
        } catch (IOException e) { // a full disk: the lock holds, only who has it is not told
            LOG.debug("{}: cannot be written", file, e);
        }
        return channel;
    }

    private static RunInUseException inUse(Path folder, String holder) {
        return new RunInUseException("run folder " + folder + ": " + (holder.isBlank() ? "another process" : holder)
                + " trains in it; wait for its end or stop it, or choose another folder");
    }

    private static String holder() {
        String start = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss").format(LocalDateTime.now());
        return "process " + ProcessHandle.current().pid() + " on " + host() + ", since " + start + ",";
    }

    /** Not asked of Java, which asks the network. */
    private static String host() {
        try {
            return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
        } catch (IOException e) {
            return System.getenv().getOrDefault("COMPUTERNAME", "this machine");
        }
    }

    private static void write(FileChannel channel, String text) throws IOException {
        channel.truncate(0);
        channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)), 0);
    }

    private static String read(FileChannel channel) throws IOException {
        ByteBuffer text = ByteBuffer.allocate(500);
        channel.read(text, 0);
        return StandardCharsets.UTF_8.decode(text.flip()).toString().strip();
    }

    @Override
    public void close() {
        synchronized (HELD) {
            HELD.remove(folder);
            if (channel == null) {
                return;
            }
            try (channel) {
                channel.truncate(0); // nobody has it
            } catch (IOException e) {
                LOG.debug("{}: the lock is given up with its file", folder, e);
            }
        }
    }
}
