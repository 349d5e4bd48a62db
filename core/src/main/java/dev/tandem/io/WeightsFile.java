package dev.tandem.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Weights as the world keeps them: safetensors, in one file or in shards with an index, and what PyTorch's {@code torch.save}
 * writes. What a file is, its bytes tell, not its name.
 *
 * <p>The prefix {@code module.}, which PyTorch's data parallelism puts before every name, is taken away.
 *
 * @param metadata of a safetensors file; else empty
 * @param tensors by name, in the file's order
 */
public record WeightsFile(Path file, Map<String, String> metadata, Map<String, HostTensor> tensors) {
    private static final String PARALLEL_PREFIX = "module.";
    private static final String ONE = "model.safetensors";

    /**
     * Reads the tensors of a file, or of a folder with {@code model.safetensors} or its index in it.
     *
     * @throws BrokenFileException if it is damaged or none of these kinds, naming the file, the place and the fault
     * @throws UncheckedIOException if it cannot be read at all
     */
    public static WeightsFile read(Path path) {
        Path file = Files.isDirectory(path) ? inFolder(path) : path;
        if (isIndex(file)) {
            SafeTensors contents = ShardedWeights.read(file);
            return new WeightsFile(file, contents.metadata(), withoutPrefix(contents.tensors()));
        }
        try {
            byte[] start = start(file);
            // In a safetensors file the header starts at byte 8, whatever its length looks like.
            boolean safetensors = start.length == 9 && start[8] == '{';
            if (!safetensors && startsWith(start, 'P', 'K', 3, 4)) {
                return new WeightsFile(file, Map.of(), withoutPrefix(TorchFile.read(file, true)));
            }
            if (!safetensors && startsWith(start, 0x80)) {
                return new WeightsFile(file, Map.of(), withoutPrefix(TorchFile.read(file, false)));
            }
            if (!safetensors && start.length == 9) {
                throw new BrokenFileException(
                        file.toString(),
                        "it is no safetensors file and none of PyTorch's (.pth, .th), or its beginning is damaged;"
                                + " unpack an archive first");
            }
        } catch (IOException e) {
            throw SafeTensors.unreadable(file, e);
        }
        SafeTensors contents = SafeTensors.read(file);
        return new WeightsFile(file, contents.metadata(), withoutPrefix(contents.tensors()));
    }

    /** Whether a folder holds weights that {@link #read} finds. */
    public static boolean isIn(Path folder) {
        return Files.isRegularFile(folder.resolve(ShardedWeights.INDEX)) || Files.isRegularFile(folder.resolve(ONE));
    }

    private static Path inFolder(Path folder) {
        Path index = folder.resolve(ShardedWeights.INDEX);
        return Files.isRegularFile(index) ? index : folder.resolve(ONE);
    }

    private static boolean isIndex(Path file) {
        return file.getFileName() != null && file.getFileName().toString().endsWith(".json");
    }

    /** The first nine bytes, or fewer. */
    private static byte[] start(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file)) {
            ByteBuffer bytes = ByteBuffer.allocate(9);
            while (bytes.hasRemaining() && channel.read(bytes) >= 0) {}
            byte[] result = new byte[bytes.position()];
            bytes.flip().get(result);
            return result;
        }
    }

    private static boolean startsWith(byte[] bytes, int... expected) {
        for (int i = 0; i < expected.length; i++) {
            if (i >= bytes.length || (bytes[i] & 0xff) != expected[i]) {
                return false;
            }
        }
        return true;
    }

    private static Map<String, HostTensor> withoutPrefix(Map<String, HostTensor> tensors) {
        if (tensors.isEmpty() || !tensors.keySet().stream().allMatch(name -> name.startsWith(PARALLEL_PREFIX))) {
            return tensors;
        }
        Map<String, HostTensor> result = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> result.put(name.substring(PARALLEL_PREFIX.length()), tensor));
        return Collections.unmodifiableMap(result);
    }
}
