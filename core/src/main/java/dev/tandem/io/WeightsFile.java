package dev.tandem.io;

import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Weights as the world keeps them: safetensors, in one file or in shards with an index, what PyTorch's {@code torch.save} writes,
 * TorchScript, and NumPy's {@code .npz}. What a file is, its bytes tell, not its name.
 *
 * <p>Training scripts save networks inside of other things. All tensors are found wherever they lie, under names joined by dots, such as
 * {@code state_dict.module.conv1.weight}; {@link dev.tandem.nn.Weights#fit} takes those that are a network's. Their bytes are read when
 * they are asked for. Objects that are no tensors are {@linkplain #aside() put aside}; nothing of them is run.
 */
public final class WeightsFile {
    /** Between a file and the dictionary in it that is meant: {@code checkpoint.pth#model_ema}. */
    public static final String PART = "#";

    private static final String ONE = "model.safetensors";
    private static final int SHOWN = 3;

    /** A tensor in a file. */
    public static final class Entry {
        private final String name;
        private final int group;
        private final Shape shape;
        private final DType dtype;
        private final Supplier<HostTensor> source;

        Entry(String name, int group, Shape shape, DType dtype, Supplier<HostTensor> source) {
            this.name = name;
            this.group = group;
            this.shape = shape;
            this.dtype = dtype;
            this.source = source;
        }

        /** One that is there and cannot be read, such as a quantized one. */
        static Entry unreadable(String name, int group, String file, String reason) {
            return new Entry(name, group, null, null, () -> {
                throw new BrokenFileException(file, "tensor '" + name + "': " + reason);
            });
        }

        /** Its keys and indices from the outermost on, joined by dots. */
        public String name() {
            return name;
        }

        /** The number of the dictionary that it lies in. */
        public int group() {
            return group;
        }

        /** Null of one that cannot be read. */
        public Shape shape() {
            return shape;
        }

        /** As it will be in memory; null of one that cannot be read. */
        public DType dtype() {
            return dtype;
        }

        /**
         * Reads it; the memory lives as long as someone refers to it.
         *
         * @throws BrokenFileException if it cannot be read, naming it and saying why
         */
        public HostTensor tensor() {
            return source.get();
        }
    }

    private final Path file;
    private final Map<String, String> metadata;
    private final List<Entry> entries;
    private final List<String> aside;

    WeightsFile(Path file, Map<String, String> metadata, List<Entry> entries, List<String> aside) {
        this.file = file;
        this.metadata = metadata;
        this.entries = List.copyOf(entries);
        this.aside = aside;
    }

    /**
     * Finds the tensors of a file, or of a folder with {@code model.safetensors} or an index of shards in it; or only those of a dictionary
     * in a file, whose name stands behind the file's and a {@value #PART}.
     *
     * @throws BrokenFileException if it is damaged or none of these kinds, naming the file, the place and the fault
     * @throws UncheckedIOException if it cannot be read at all
     */
    public static WeightsFile read(Path path) {
        Path whole = whole(path);
        if (!whole.equals(path)) {
            return readWhole(whole)
                    .part(path.toString().substring(whole.toString().length() + PART.length()));
        }
        return readWhole(path);
    }

    /** The file that a path means, where it means a dictionary in one. */
    public static Path whole(Path path) {
        String text = path.toString();
        int mark = text.lastIndexOf(PART);
        if (mark <= 0 || Files.exists(path)) {
            return path;
        }
        Path file = Path.of(text.substring(0, mark));
        return Files.isRegularFile(file) ? file : path;
    }

    private WeightsFile part(String name) {
        List<Entry> inside = entries.stream()
                .filter(entry -> entry.name().startsWith(name + "."))
                .toList();
        if (inside.isEmpty()) {
            throw new IllegalArgumentException(file + ": there are no tensors under " + name + "; there are some under "
                    + some(entries.stream()
                            .map(entry -> entry.name()
                                    .substring(0, Math.max(0, entry.name().indexOf('.'))))
                            .filter(each -> !each.isEmpty())
                            .distinct()
                            .toList()));
        }
        return new WeightsFile(file, metadata, inside, aside);
    }

    private static WeightsFile readWhole(Path path) {
        Path file = Files.isDirectory(path) ? inFolder(path) : path;
        if (ShardedWeights.isIndex(file)) {
            return of(file, Map.of(), ShardedWeights.read(file));
        }
        try {
            byte[] start = start(file);
            // In a safetensors file the header starts at byte 8, whatever its length looks like.
            boolean safetensors = start.length == 9 && start[8] == '{';
            if (!safetensors && startsWith(start, 'P', 'K', 3, 4)) {
                return TorchFile.readZip(file);
            }
            if (!safetensors && startsWith(start, 0x80)) {
                return TorchFile.readPickles(file);
            }
            if (!safetensors && startsWith(start, 'v', 'e', 'r', 's', 'i', 'o', 'n', ' ', 'h')) {
                throw new BrokenFileException(
                        file.toString(),
                        "it only says where Git LFS keeps the weights; get them with git lfs pull, or from the page that has them");
            }
            if (!safetensors && start.length == 9) {
                throw new BrokenFileException(
                        file.toString(),
                        "it is no safetensors file, none of PyTorch's (.pth, .pt, .th, .bin) and none of NumPy's (.npz),"
                                + " or its beginning is damaged; unpack an archive first");
            }
        } catch (IOException e) {
            throw SafeTensors.unreadable(file, e);
        }
        SafeTensors contents = SafeTensors.read(file);
        return of(file, contents.metadata(), contents.tensors());
    }

    private static WeightsFile of(Path file, Map<String, String> metadata, Map<String, HostTensor> tensors) {
        List<Entry> entries = tensors.entrySet().stream()
                .map(each -> new Entry(
                        each.getKey(),
                        0,
                        each.getValue().shape(),
                        each.getValue().dtype(),
                        each::getValue))
                .toList();
        return new WeightsFile(file, metadata, entries, List.of());
    }

    public Path file() {
        return file;
    }

    /** Of a safetensors file; else empty. */
    public Map<String, String> metadata() {
        return metadata;
    }

    /** All tensors, in the file's order. Names may repeat, where parts of a file have the same. */
    public List<Entry> entries() {
        return entries;
    }

    /** The classes and functions of objects that are no tensors and were put aside; nothing of them was run. */
    public List<String> aside() {
        return aside;
    }

    /**
     * Reads all tensors, by name.
     *
     * @throws BrokenFileException if one cannot be read
     */
    public Map<String, HostTensor> tensors() {
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        entries.forEach(entry -> tensors.putIfAbsent(entry.name(), entry.tensor()));
        return Collections.unmodifiableMap(tensors);
    }

    /** Whether a folder holds weights that {@link #read} finds. */
    public static boolean isIn(Path folder) {
        return ShardedWeights.NAMES.stream().anyMatch(name -> Files.isRegularFile(folder.resolve(name)))
                || Files.isRegularFile(folder.resolve(ONE));
    }

    private static Path inFolder(Path folder) {
        return ShardedWeights.NAMES.stream()
                .map(folder::resolve)
                .filter(Files::isRegularFile)
                .findFirst()
                .orElse(folder.resolve(ONE));
    }

    /** A few of many, for messages. */
    static String some(Collection<String> names) {
        String shown = names.stream().limit(SHOWN).collect(Collectors.joining(", "));
        return names.size() > SHOWN ? shown + " and " + (names.size() - SHOWN) + " more" : shown;
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
}
