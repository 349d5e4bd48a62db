package dev.tandem.io;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipException;

/**
 * Finds the tensors of a file that PyTorch's {@code torch.save} wrote ({@code .pth}, {@code .pt}, {@code .th}, {@code .bin}), in its zip
 * form, which TorchScript shares, and in the pickles one after the other that it wrote before version 1.6; and NumPy's arrays in a
 * plain pickle. Nothing in the file is run, and nothing is allocated beyond the file's own size but for the conversion of a type
 * that devices have not.
 */
final class TorchFile {
    private static final BigInteger MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
    private static final long PROTOCOL = 1001;
    private static final String PICKLE = "data.pkl";
    /** What tensors that show elements more than once may take beyond the file's own size. */
    private static final long EXPANDED = 64L << 20;

    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** The bytes of a storage, exactly as many as it has. */
    private interface Storages {
        MemorySegment bytes(TorchTensors.Storage storage) throws IOException;
    }

    private final Path path;
    private final String file;
    private final TorchTensors vocabulary = new TorchTensors();
    private final Map<String, MemorySegment> read = new LinkedHashMap<>(); // tensors may share a storage

    private TorchFile(Path path) {
        this.path = path;
        this.file = path.toString();
    }

    static WeightsFile readZip(Path path) throws IOException {
        try (WeightsArchive archive = WeightsArchive.open(path)) {
            String folder = archive.names().stream()
                    .filter(name -> name.equals(PICKLE) || name.endsWith("/" + PICKLE))
                    .findFirst()
                    .map(name -> name.substring(0, name.length() - PICKLE.length()))
                    .orElse(null);
            return folder == null ? NumpyArchive.read(path, archive) : new TorchFile(path).readZip(archive, folder);
        } catch (ZipException | EOFException e) {
            throw notWhole(path, e);
        }
    }

    private static BrokenFileException notWhole(Path path, IOException e) {
        return new BrokenFileException(
                path.toString(), "it is no whole zip file (" + e.getMessage() + "); it is truncated or damaged", e);
    }

    static WeightsFile readPickles(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path)) {
            return new TorchFile(path)
                    .readPickles(channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto()));
        }
    }

    // The zip form: NAME/data.pkl and a file NAME/data/KEY for each storage
    // ------------------------------------------------------------

    private WeightsFile readZip(WeightsArchive archive, String folder) throws IOException {
        Object root = new Unpickler(file, PICKLE + " ", archive.read(folder + PICKLE), 0, vocabulary).load();
        String order = folder + "byteorder";
        boolean bigEndian = archive.has(order)
                && new String(archive.read(order).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8).equals("big");
        return contents(found(root), storage -> {
            MemorySegment bytes = read.get(storage.key());
            if (bytes == null) {
                bytes = readStorage(folder, storage, bigEndian);
                read.put(storage.key(), bytes);
            }
            return bytes;
        });
    }

    private MemorySegment readStorage(String folder, TorchTensors.Storage storage, boolean bigEndian)
            throws IOException {
        try (WeightsArchive archive = WeightsArchive.open(path)) {
            MemorySegment bytes = archive.read(folder + "data/" + storage.key());
            if (bytes.byteSize() != storage.bytes()) {
                throw new BrokenFileException(
                        file,
                        "storage " + storage.key() + ": it has " + bytes.byteSize() + " bytes, its "
                                + storage.elements() + " elements of " + storage.type() + " need " + storage.bytes()
                                + "; the file is damaged");
            }
            if (bigEndian && storage.isUntyped()) {
                throw new BrokenFileException(
                        file,
                        "storage " + storage.key() + ": its numbers are big-endian and of no type; save it as float32");
            }
            if (bigEndian) {
                reverse(bytes, storage.elementBytes());
            }
            return bytes;
        }
    }

    private static void reverse(MemorySegment bytes, int elementBytes) {
        for (long start = 0; start < bytes.byteSize(); start += elementBytes) {
            for (int i = 0; i < elementBytes / 2; i++) {
                long other = start + elementBytes - 1 - i;
                byte first = bytes.get(ValueLayout.JAVA_BYTE, start + i);
                bytes.set(ValueLayout.JAVA_BYTE, start + i, bytes.get(ValueLayout.JAVA_BYTE, other));
                bytes.set(ValueLayout.JAVA_BYTE, other, first);
            }
        }
    }

    // The older form: five pickles, then each storage's length and bytes
    // ---------------------------------------------------------------

    private WeightsFile readPickles(MemorySegment all) {
        Unpickler unpickler = new Unpickler(file, "", all, 0, vocabulary);
        Object first = unpickler.load();
        if (!MAGIC.equals(first)) {
            return contents(found(first), storage -> {
                throw new BrokenFileException(file, "byte 0: it is a pickle, but torch.save did not write it");
            });
        }
        if (!Long.valueOf(PROTOCOL).equals(unpickler.load())) {
            throw new BrokenFileException(
                    file, "its format is not " + PROTOCOL + ", the only one that PyTorch has had; the file is damaged");
        }
        requireLittleEndian(unpickler.load());
        List<StoredTensors.Found> found = found(unpickler.load());
        findStorages(unpickler, all);
        return contents(found, storage -> {
            MemorySegment bytes = read.get(storage.key());
            if (bytes == null) {
                throw new BrokenFileException(
                        file, "storage " + storage.key() + " is used but not in the file; it is damaged");
            }
            return bytes;
        });
    }

    private void requireLittleEndian(Object system) {
        if (system instanceof Map<?, ?> properties && Boolean.FALSE.equals(properties.get("little_endian"))) {
            throw new BrokenFileException(
                    file, "a machine with big-endian numbers wrote it; save it anew on another one");
        }
    }

    private void findStorages(Unpickler unpickler, MemorySegment all) {
        Object keys = unpickler.load();
        long position = unpickler.position();
        for (Object key : keys instanceof List<?> list ? list : List.of()) {
            TorchTensors.Storage storage =
                    key instanceof String ? vocabulary.storages().get(key) : null;
            if (storage == null || read.containsKey(key)) {
                throw new BrokenFileException(
                        file,
                        "byte " + unpickler.position() + ": the list of storages before it does not fit the tensors;"
                                + " the file is damaged");
            }
            boolean hasLength = all.byteSize() - position >= Long.BYTES;
            if (!hasLength || all.get(LONG, position) != storage.elements()) {
                throw new BrokenFileException(
                        file,
                        "byte " + position + ": storage " + key + " has "
                                + (hasLength ? all.get(LONG, position) + " elements here" : "no length")
                                + ", the tensors say " + storage.elements() + "; the file is truncated or damaged");
            }
            position += Long.BYTES;
            if (storage.bytes() > all.byteSize() - position) {
                throw new BrokenFileException(
                        file,
                        "byte " + position + ": storage " + key + " has " + storage.bytes() + " bytes, the file only "
                                + (all.byteSize() - position) + " more; it is truncated");
            }
            read.put((String) key, all.asSlice(position, storage.bytes()));
            position += storage.bytes();
        }
    }

    // Tensors
    // ----------------------------------------------------------------------------------------------------------

    private List<StoredTensors.Found> found(Object root) {
        List<StoredTensors.Found> found = StoredTensors.in(root);
        if (found.isEmpty()) {
            throw new BrokenFileException(
                    file,
                    "it holds no tensors under names" + having(root) + "; save the network's state_dict() in PyTorch");
        }
        return found;
    }

    private WeightsFile contents(List<StoredTensors.Found> all, Storages storages) {
        List<WeightsFile.Entry> entries = new ArrayList<>();
        long copyable = path.toFile().length() + EXPANDED;
        for (StoredTensors.Found found : all) {
            if (found.tensor() instanceof TorchTensors.Unreadable unreadable) {
                entries.add(WeightsFile.Entry.unreadable(found.name(), found.group(), file, unreadable.reason()));
                continue;
            }
            TorchTensors.View view = (TorchTensors.View) found.tensor();
            long copied = view.isContiguous() && view.type().isNative() ? 0 : view.bytes();
            if (copied > copyable) { // tensors that overlap could ask for any number
                entries.add(WeightsFile.Entry.unreadable(
                        found.name(),
                        found.group(),
                        file,
                        "tensors overlap so that they need more than the file holds"));
                continue;
            }
            copyable -= copied;
            entries.add(new WeightsFile.Entry(
                    found.name(), found.group(), view.shape(), view.type().dtype(), () -> tensor(view, storages)));
        }
        return new WeightsFile(path, Map.of(), entries, List.copyOf(vocabulary.aside()));
    }

    /** What there is instead. */
    private String having(Object root) {
        List<String> keys = root instanceof LinkedHashMap<?, ?> map
                ? map.keySet().stream()
                        .filter(key -> key instanceof String || key instanceof Long)
                        .map(Object::toString)
                        .toList()
                : List.of();
        return (keys.isEmpty() ? "" : "; it has " + WeightsFile.some(keys))
                + (vocabulary.aside().isEmpty()
                        ? ""
                        : "; of " + WeightsFile.some(List.copyOf(vocabulary.aside())) + " nothing was run");
    }

    private HostTensor tensor(TorchTensors.View view, Storages storages) {
        MemorySegment storage;
        try {
            storage = view.storage().contents() == null
                    ? storages.bytes(view.storage())
                    : view.storage().contents();
        } catch (ZipException | EOFException e) {
            throw notWhole(path, e);
        } catch (IOException e) {
            throw SafeTensors.unreadable(path, e);
        }
        return view.read(storage);
    }
}
