package dev.tandem.io;

import dev.tandem.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a pickle of {@code torch.save} may name: dictionaries, storages by type, and the functions that make a tensor of a
 * storage, an offset, sizes and strides. Storages are only noted while the pickle is read; their bytes come later.
 */
final class TorchTensors implements Unpickler.Vocabulary {
    /** A stretch of bytes that tensors look at. */
    record Storage(String key, StoredType type, long elements) {}

    /** A tensor as the pickle describes it; offset and strides in elements, checked against the storage's elements. */
    record View(Storage storage, long offset, Shape shape, long[] strides) {
        boolean isContiguous() {
            long expected = 1;
            for (int axis = shape.rank() - 1; axis >= 0; axis--) {
                if (shape.size(axis) != 1 && strides[axis] != expected) {
                    return shape.elements() == 0;
                }
                expected *= shape.size(axis);
            }
            return true;
        }
    }

    /** Something with a name and no use here, such as a device. */
    private enum Symbol {
        ORDERED_DICT,
        REBUILD_TENSOR,
        REBUILD_PARAMETER,
        SIZE,
        DEVICE,
        OPAQUE
    }

    private static final int MAX_RANK = 64; // PyTorch's own
    private static final Map<String, Object> GLOBALS = new LinkedHashMap<>();

    static {
        GLOBALS.put("collections.OrderedDict", Symbol.ORDERED_DICT);
        GLOBALS.put("torch._utils._rebuild_tensor", Symbol.REBUILD_TENSOR);
        GLOBALS.put("torch._utils._rebuild_tensor_v2", Symbol.REBUILD_TENSOR);
        GLOBALS.put("torch._utils._rebuild_parameter", Symbol.REBUILD_PARAMETER);
        GLOBALS.put("torch.nn.parameter.Parameter", Symbol.REBUILD_PARAMETER);
        GLOBALS.put("torch.Size", Symbol.SIZE);
        GLOBALS.put("torch.device", Symbol.DEVICE);
        GLOBALS.put("torch.FloatStorage", StoredType.F32);
        GLOBALS.put("torch.DoubleStorage", StoredType.F64);
        GLOBALS.put("torch.HalfStorage", StoredType.F16);
        GLOBALS.put("torch.BFloat16Storage", StoredType.BF16);
        GLOBALS.put("torch.LongStorage", StoredType.I64);
        GLOBALS.put("torch.IntStorage", StoredType.I32);
        GLOBALS.put("torch.ShortStorage", StoredType.I16);
        GLOBALS.put("torch.CharStorage", StoredType.I8);
        GLOBALS.put("torch.ByteStorage", StoredType.U8);
        GLOBALS.put("torch.BoolStorage", StoredType.BOOL);
        for (String dtype : List.of(
                "float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool")) {
            GLOBALS.put("torch." + dtype, Symbol.OPAQUE);
        }
    }

    private final Map<String, Storage> storages = new LinkedHashMap<>();

    /** All that the pickle mentions, by key. */
    Map<String, Storage> storages() {
        return storages;
    }

    @Override
    public Object global(String module, String name) {
        return GLOBALS.get(module + "." + name);
    }

    @Override
    public Object call(Object function, List<Object> arguments) {
        if (!(function instanceof Symbol)) {
            throw new IllegalArgumentException("a call of what is no function; the file is damaged");
        }
        switch ((Symbol) function) {
            case ORDERED_DICT:
                return dictionary(arguments);
            case REBUILD_TENSOR:
                return tensor(arguments);
            case REBUILD_PARAMETER:
                return argument(arguments, 0, View.class, "a tensor");
            case SIZE:
                return argument(arguments, 0, Unpickler.Tuple.class, "a tuple");
            case DEVICE:
                return Symbol.OPAQUE;
            default:
                throw new IllegalArgumentException("a call of what is no function; the file is damaged");
        }
    }

    /** Python 2 gave the entries with the call, as a list of pairs. */
    private static Map<Object, Object> dictionary(List<Object> arguments) {
        Map<Object, Object> result = new LinkedHashMap<>();
        if (arguments.isEmpty()) {
            return result;
        }
        for (Object pair : argument(arguments, 0, ArrayList.class, "a list of pairs")) {
            List<?> items = pair instanceof ArrayList<?> list
                    ? list
                    : pair instanceof Unpickler.Tuple tuple ? tuple.items() : List.of();
            if (items.size() != 2 || !(items.get(0) instanceof String)) {
                throw new IllegalArgumentException("an OrderedDict's entry is no pair of name and value");
            }
            result.put(items.get(0), items.get(1));
        }
        return result;
    }

    /** {@code (storage, offset, sizes, strides, …)}. */
    private static View tensor(List<Object> arguments) {
        Storage storage = argument(arguments, 0, Storage.class, "a storage");
        long offset = argument(arguments, 1, Long.class, "an offset");
        long[] sizes = longs(argument(arguments, 2, Unpickler.Tuple.class, "sizes"));
        long[] strides = longs(argument(arguments, 3, Unpickler.Tuple.class, "strides"));
        if (sizes.length != strides.length || sizes.length > MAX_RANK) {
            throw new IllegalArgumentException("a tensor has " + sizes.length + " sizes and " + strides.length
                    + " strides, both must be the same and at most " + MAX_RANK + "; the file is damaged");
        }
        try {
            Shape shape = Shape.of(sizes);
            long last = offset;
            for (int axis = 0; axis < sizes.length; axis++) {
                last = Math.addExact(last, Math.multiplyExact(Math.max(0, sizes[axis] - 1), strides[axis]));
                if (strides[axis] < 0) {
                    throw new IllegalArgumentException("a tensor has the negative stride " + strides[axis]);
                }
            }
            boolean inside = shape.elements() == 0 || last < storage.elements();
            if (offset < 0 || !inside || shape.elements() > storage.elements()) {
                throw new IllegalArgumentException("a tensor " + shape + " from element " + offset + " to " + last
                        + " does not lie in its storage of " + storage.elements() + " elements; the file is damaged");
            }
            return new View(storage, offset, shape, strides);
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException(
                    "a tensor has more elements than 64 bits can count; the file is damaged");
        }
    }

    /** {@code ("storage", type, key, device, elements, …)}. */
    @Override
    public Object persistent(Object id) {
        List<Object> items = id instanceof Unpickler.Tuple tuple ? tuple.items() : List.of();
        if (items.size() < 5 || !"storage".equals(items.get(0))) {
            throw new IllegalArgumentException("a reference to something outside the pickle that is no storage");
        }
        if (items.size() > 5 && items.get(5) != Unpickler.NONE) {
            throw new IllegalArgumentException(
                    "a storage that is a part of another, as PyTorch before 0.4 wrote them; save it anew in PyTorch");
        }
        StoredType type = argument(items, 1, StoredType.class, "a storage type");
        String key = argument(items, 2, String.class, "a storage's key");
        long elements = argument(items, 4, Long.class, "a storage's length");
        if (elements < 0 || elements > Long.MAX_VALUE / 8) {
            throw new IllegalArgumentException("a storage of " + elements + " elements; the file is damaged");
        }
        Storage storage = new Storage(key, type, elements);
        Storage earlier = storages.putIfAbsent(key, storage);
        if (earlier != null && !earlier.equals(storage)) {
            throw new IllegalArgumentException(
                    "storage " + key + " is " + storage + " here and " + earlier + " before; the file is damaged");
        }
        return storage;
    }

    private static <T> T argument(List<Object> arguments, int index, Class<T> type, String what) {
        Object value = index < arguments.size() ? arguments.get(index) : null;
        if (!type.isInstance(value)) {
            throw new IllegalArgumentException("a call's argument " + index + " is not " + what
                    + "; the file is damaged, or of a PyTorch that this Tandem does not know");
        }
        return type.cast(value);
    }

    private static long[] longs(Unpickler.Tuple tuple) {
        long[] result = new long[tuple.items().size()];
        for (int i = 0; i < result.length; i++) {
            result[i] = argument(tuple.items(), i, Long.class, "a whole number");
        }
        return result;
    }

    /** Copies the elements that a view shows, in plain order. */
    static void gather(View view, MemorySegment storage, MemorySegment target) {
        int bytes = view.storage.type().bytes();
        long[] index = new long[view.shape.rank()];
        for (long i = 0; i < view.shape.elements(); i++) {
            long from = view.offset;
            for (int axis = 0; axis < index.length; axis++) {
                from += index[axis] * view.strides[axis];
            }
            MemorySegment.copy(storage, from * bytes, target, i * bytes, bytes);
            for (int axis = index.length - 1; axis >= 0 && ++index[axis] == view.shape.size(axis); axis--) {
                index[axis] = 0;
            }
        }
    }
}
