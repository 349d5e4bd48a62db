package dev.tandem.io;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.zip.ZipException;

/**
 * Reads the tensors of a file that PyTorch's {@code torch.save} wrote ({@code .pth}, {@code .pt}, {@code .th}), in its zip form
 * and in the pickles one after the other that it wrote before version 1.6. Nothing in the file is run, and nothing is allocated
 * beyond the file's own size but for the conversion of a type that devices have not.
 */
final class TorchFile {
    private static final BigInteger MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
    private static final long PROTOCOL = 1001;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Where training scripts put the network among other things that they save. */
    private static final List<String> ENCLOSING = List.of("state_dict", "model_state_dict", "model");

    /** The bytes of a storage, exactly as many as it has. */
    private interface Storages {
        MemorySegment bytes(TorchTensors.Storage storage) throws IOException;
    }

    private final String file;
    private long
            copyable; // bytes that may still be copied out of storages: tensors that overlap could ask for any number

    private TorchFile(String file, long fileBytes) {
        this.file = file;
        this.copyable = fileBytes;
    }

    /** @return the tensors by name, in the file's order */
    static Map<String, HostTensor> read(Path path, boolean zip) throws IOException {
        try (FileChannel channel = FileChannel.open(path)) {
            TorchFile reader = new TorchFile(path.toString(), channel.size());
            return zip
                    ? reader.readZip(path)
                    : reader.readLegacy(channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto()));
        }
    }

    // The zip form: NAME/data.pkl and a file NAME/data/KEY for each storage
    // ------------------------------------------------------------

    private Map<String, HostTensor> readZip(Path path) throws IOException {
        try (TorchArchive archive = TorchArchive.open(path)) {
            TorchTensors vocabulary = new TorchTensors();
            Object root = new Unpickler(file, "data.pkl ", archive.read("data.pkl"), 0, vocabulary).load();
            Map<String, MemorySegment> read = new LinkedHashMap<>(); // tensors may share a storage
            return tensors(stateDictionary(root), storage -> {
                MemorySegment bytes = read.get(storage.key());
                if (bytes == null) {
                    bytes = archive.read("data/" + storage.key());
                    read.put(storage.key(), bytes);
                }
                requireSize(storage, bytes.byteSize());
                return bytes;
            });
        } catch (ZipException | EOFException e) {
            throw new BrokenFileException(
                    file, "it is no whole zip file (" + e.getMessage() + "); it is truncated or damaged", e);
        }
    }

    private void requireSize(TorchTensors.Storage storage, long bytes) {
        long expected = storage.elements() * storage.type().bytes();
        if (bytes != expected) {
            throw new BrokenFileException(
                    file,
                    "storage " + storage.key() + ": it has " + bytes + " bytes, its " + storage.elements()
                            + " elements of " + storage.type() + " need " + expected + "; the file is damaged");
        }
    }

    // The older form: five pickles, then each storage's length and bytes
    // ---------------------------------------------------------------

    private Map<String, HostTensor> readLegacy(MemorySegment all) throws IOException {
        TorchTensors vocabulary = new TorchTensors();
        Unpickler unpickler = new Unpickler(file, "", all, 0, vocabulary);
        if (!MAGIC.equals(unpickler.load())) {
            throw new BrokenFileException(
                    file, "byte 0: it is a pickle, but torch.save did not write it; save it with torch.save");
        }
        if (!Long.valueOf(PROTOCOL).equals(unpickler.load())) {
            throw new BrokenFileException(
                    file, "its format is not " + PROTOCOL + ", the only one that PyTorch has had; the file is damaged");
        }
        requireLittleEndian(unpickler.load());
        Map<?, ?> state = stateDictionary(unpickler.load());
        Map<String, MemorySegment> bytes = storagesBehind(unpickler, all, vocabulary);
        return tensors(state, storage -> {
            MemorySegment found = bytes.get(storage.key());
            if (found == null) {
                throw new BrokenFileException(
                        file, "storage " + storage.key() + " is used but not in the file; it is damaged");
            }
            return found;
        });
    }

    private void requireLittleEndian(Object system) {
        if (system instanceof Map<?, ?> properties && Boolean.FALSE.equals(properties.get("little_endian"))) {
            throw new BrokenFileException(
                    file, "a machine with big-endian numbers wrote it; save it anew on another one");
        }
    }

    private Map<String, MemorySegment> storagesBehind(Unpickler unpickler, MemorySegment all, TorchTensors vocabulary) {
        Object keys = unpickler.load();
        long position = unpickler.position();
        Map<String, MemorySegment> result = new LinkedHashMap<>();
        for (Object key : keys instanceof List<?> list ? list : List.of()) {
            TorchTensors.Storage storage =
                    key instanceof String ? vocabulary.storages().get(key) : null;
            if (storage == null || result.containsKey(key)) {
                throw new BrokenFileException(
                        file,
                        "byte " + unpickler.position() + ": the list of storages before it does not fit the tensors;"
                                + " the file is damaged");
            }
            long size = storage.elements() * storage.type().bytes();
            boolean hasLength = all.byteSize() - position >= Long.BYTES;
            if (!hasLength || all.get(LONG, position) != storage.elements()) {
                throw new BrokenFileException(
                        file,
                        "byte " + position + ": storage " + key + " has "
                                + (hasLength ? all.get(LONG, position) + " elements here" : "no length")
                                + ", the tensors say " + storage.elements() + "; the file is truncated or damaged");
            }
            position += Long.BYTES;
            if (size > all.byteSize() - position) {
                throw new BrokenFileException(
                        file,
                        "byte " + position + ": storage " + key + " has " + size + " bytes, the file only "
                                + (all.byteSize() - position) + " more; it is truncated");
            }
            result.put((String) key, all.asSlice(position, size));
            position += size;
        }
        return result;
    }

    // Tensors
    // ----------------------------------------------------------------------------------------------------------

    private Map<String, HostTensor> tensors(Map<?, ?> state, Storages storages) throws IOException {
        Map<String, HostTensor> result = new LinkedHashMap<>();
        for (Map.Entry<?, ?> entry : state.entrySet()) {
            if (entry.getKey() instanceof String name && entry.getValue() instanceof TorchTensors.View view) {
                result.put(name, tensor(name, view, storages.bytes(view.storage())));
            }
        }
        return result;
    }

    /** The dictionary that holds tensors under their names: the root itself, or one of its values. */
    private Map<?, ?> stateDictionary(Object root) {
        if (root instanceof Map<?, ?> top) {
            if (holdsTensors(top)) {
                return top;
            }
            for (String key : ENCLOSING) {
                if (top.get(key) instanceof Map<?, ?> inner && holdsTensors(inner)) {
                    return inner;
                }
            }
            throw new BrokenFileException(
                    file,
                    "it holds no tensors by name, neither at its top nor under " + String.join(", ", ENCLOSING)
                            + "; it has " + someKeys(top) + "; save the network's state_dict() alone");
        }
        throw new BrokenFileException(
                file, "it holds no dictionary of tensors; save the network's state_dict() in PyTorch");
    }

    private static boolean holdsTensors(Map<?, ?> map) {
        return map.values().stream().anyMatch(TorchTensors.View.class::isInstance);
    }

    private static String someKeys(Map<?, ?> map) {
        return map.isEmpty()
                ? "nothing"
                : map.keySet().stream().limit(8).map(Object::toString).collect(Collectors.joining(", "));
    }

    private HostTensor tensor(String name, TorchTensors.View view, MemorySegment storage) {
        StoredType type = view.storage().type();
        long bytes = view.shape().elements() * type.bytes();
        if (!view.isContiguous() || !type.isNative()) {
            copyable -= bytes;
            if (copyable < 0) {
                throw new BrokenFileException(
                        file, "tensor '" + name + "': tensors overlap so that they need more than the file holds");
            }
        }
        if (view.isContiguous()) {
            long start = bytes == 0 ? 0 : view.offset() * type.bytes();
            return type.tensor(view.shape(), storage.asSlice(start, bytes));
        }
        MemorySegment plain = Arena.ofAuto().allocate(bytes);
        TorchTensors.gather(view, storage, plain);
        return type.tensor(view.shape(), plain);
    }
}
