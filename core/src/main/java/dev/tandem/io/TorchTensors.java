package dev.tandem.io;

import dev.tandem.tensor.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What is known of the globals in a pickle of {@code torch.save}: dictionaries, storages by type, and the functions that make a tensor
 * of a storage, an offset, sizes and strides. Storages are only noted while the pickle is read; their bytes come later. Every other
 * class or function stands for itself, and what a call of it would make is {@link Unpickler.Inert}.
 */
final class TorchTensors implements Unpickler.Vocabulary {
    /**
     * A stretch of bytes that tensors look at.
     *
     * @param type its elements', for messages
     * @param bytes of all of it
     * @param elementBytes of an element
     * @param contents null where they lie outside of the pickle, under the key
     */
    record Storage(String key, String type, long bytes, int elementBytes, MemorySegment contents) {
        long elements() {
            return bytes / elementBytes;
        }

        boolean isUntyped() {
            return type.equals(UNTYPED);
        }
    }

    /** A part of a storage, as PyTorch before 0.4 had them; in elements. */
    private record Part(Storage whole, long offset, long elements) {}

    /** A tensor as the pickle describes it; offset and strides in elements, checked against the storage's. */
    record View(Storage storage, StoredType type, long offset, Shape shape, long[] strides) {
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

        /** Of all its elements, whether or not they share memory. */
        long bytes() {
            return shape.elements() * type.bytes();
        }

        /** @param contents of the storage, whole; not copied where elements are in plain order and need no conversion */
        HostTensor read(MemorySegment contents) {
            if (isContiguous()) {
                return type.tensor(shape, contents.asSlice(bytes() == 0 ? 0 : offset * type.bytes(), bytes()));
            }
            MemorySegment plain = Arena.ofAuto().allocate(bytes());
            gather(contents, plain);
            return type.tensor(shape, plain);
        }

        private void gather(MemorySegment contents, MemorySegment target) {
            int size = type.bytes();
            long[] index = new long[shape.rank()];
            for (long i = 0; i < shape.elements(); i++) {
                long from = offset;
                for (int axis = 0; axis < index.length; axis++) {
                    from += index[axis] * strides[axis];
                }
                MemorySegment.copy(contents, from * size, target, i * size, size);
                for (int axis = index.length - 1; axis >= 0 && ++index[axis] == shape.size(axis); axis--) {
                    index[axis] = 0;
                }
            }
        }
    }

    /** A tensor that cannot be read, such as a quantized one; why, and what to do. */
    record Unreadable(String reason) {}

    /** A class or function that is not known; never run. */
    record Global(String name) {}

    /** What a storage's elements are, and how many bytes they have; those without a type are not read. */
    private record Elements(String name, StoredType type, int bytes) {}

    private enum Function {
        DICTIONARY,
        TENSOR,
        TENSOR_OF_TYPE,
        TENSOR_OF_CLASS,
        FIRST_ARGUMENT,
        QUANTIZED,
        SPARSE,
        WITHOUT_NUMBERS
    }

    private static final int MAX_RANK = 64; // PyTorch's own
    private static final String UNTYPED = "untyped";
    private static final int MOST_NAMES = 1000;
    private static final Map<String, Object> GLOBALS = new LinkedHashMap<>();

    static {
        for (String dictionary : List.of("collections.OrderedDict", "builtins.dict", "__builtin__.dict")) {
            GLOBALS.put(dictionary, Function.DICTIONARY);
        }
        GLOBALS.put("torch._utils._rebuild_tensor", Function.TENSOR);
        GLOBALS.put("torch._utils._rebuild_tensor_v2", Function.TENSOR);
        GLOBALS.put("torch._utils._rebuild_tensor_v3", Function.TENSOR_OF_TYPE);
        GLOBALS.put("torch._tensor._rebuild_from_type_v2", Function.TENSOR_OF_CLASS);
        for (String wrapper : List.of(
                "torch._utils._rebuild_parameter",
                "torch._utils._rebuild_parameter_with_state",
                "torch.nn.parameter.Parameter",
                "torch.nn.parameter.Buffer",
                "torch.Size",
                "torch.device",
                "torch.jit._pickle.restore_type_tag",
                "builtins.set",
                "__builtin__.set",
                "builtins.list",
                "__builtin__.list",
                "builtins.tuple",
                "__builtin__.tuple")) {
            GLOBALS.put(wrapper, Function.FIRST_ARGUMENT);
        }
        GLOBALS.put("torch._utils._rebuild_qtensor", Function.QUANTIZED);
        GLOBALS.put("torch._utils._rebuild_sparse_tensor", Function.SPARSE);
        GLOBALS.put("torch._utils._rebuild_sparse_csr_tensor", Function.SPARSE);
        GLOBALS.put("torch._utils._rebuild_nested_tensor", Function.SPARSE);
        GLOBALS.put("torch._utils._rebuild_meta_tensor_no_storage", Function.WITHOUT_NUMBERS);
        elements("Float", "float32", StoredType.F32, 4);
        elements("Double", "float64", StoredType.F64, 8);
        elements("Half", "float16", StoredType.F16, 2);
        elements("BFloat16", "bfloat16", StoredType.BF16, 2);
        elements("Long", "int64", StoredType.I64, 8);
        elements("Int", "int32", StoredType.I32, 4);
        elements("Short", "int16", StoredType.I16, 2);
        elements("Char", "int8", StoredType.I8, 1);
        elements("Byte", "uint8", StoredType.U8, 1);
        elements("Bool", "bool", StoredType.BOOL, 1);
        elements("Untyped", UNTYPED, StoredType.U8, 1);
        elements("", "uint16", StoredType.U16, 2);
        elements("", "uint32", StoredType.U32, 4);
        elements("", "uint64", null, 8);
        elements("ComplexFloat", "complex64", null, 8);
        elements("ComplexDouble", "complex128", null, 16);
        elements("QInt8", "qint8", null, 1);
        elements("QUInt8", "quint8", null, 1);
        elements("QInt32", "qint32", null, 4);
    }

    private static void elements(String storage, String name, StoredType type, int bytes) {
        Elements elements = new Elements(name, type, bytes);
        if (!storage.isEmpty()) {
            GLOBALS.put("torch." + storage + "Storage", elements);
            GLOBALS.put("torch.storage." + storage + "Storage", elements);
        }
        GLOBALS.put("torch." + name, elements);
    }

    private final Map<String, Storage> storages = new LinkedHashMap<>();
    private final Set<String> aside = new LinkedHashSet<>();

    /** All that the pickle mentions, by key. */
    Map<String, Storage> storages() {
        return storages;
    }

    /** Classes and functions that were not run where the pickle wanted an object of them. */
    Set<String> aside() {
        return aside;
    }

    @Override
    public Object global(String module, String name) {
        String full = module + "." + name;
        Object known = GLOBALS.get(full);
        if (known == null) {
            known = NumpyArrays.global(full);
        }
        return known == null ? new Global(full) : known;
    }

    @Override
    public Object call(Object function, List<Object> arguments) {
        if (function instanceof NumpyArrays.Function numpy) {
            return NumpyArrays.call(numpy, arguments);
        }
        if (!(function instanceof Function)) {
            return inert(function, arguments);
        }
        switch ((Function) function) {
            case DICTIONARY:
                return dictionary(arguments);
            case TENSOR:
                return tensor(arguments, null);
            case TENSOR_OF_TYPE:
                return tensorOfType(arguments);
            case TENSOR_OF_CLASS:
                return tensorOfClass(arguments);
            case FIRST_ARGUMENT:
                return arguments.isEmpty() ? new ArrayList<>() : arguments.get(0);
            case QUANTIZED:
                return new Unreadable("it is quantized; save dequantized weights");
            case SPARSE:
                return new Unreadable("it is sparse; save it with to_dense()");
            default:
                return new Unreadable(
                        "it has no numbers, only a shape (device meta); save the network once it has weights");
        }
    }

    private Object inert(Object function, List<Object> arguments) {
        if (function instanceof Global global) {
            if (aside.size() < MOST_NAMES) {
                aside.add(global.name());
            }
        } else if (!(function instanceof Unpickler.Inert || function instanceof Elements)) {
            throw new IllegalArgumentException("a call of what is no function; the file is damaged");
        }
        return new Unpickler.Inert(arguments);
    }

    /** As below, with an element type that has no storages of its own. */
    private static Object tensorOfType(List<Object> arguments) {
        return arguments.size() > 6 && arguments.get(6) instanceof Global unknown
                ? new Unreadable("its elements are " + unknown.name() + "; save it as float32")
                : tensor(arguments, argument(arguments, 6, Elements.class, "an element type"));
    }

    /** {@code (function, class, arguments, state)}: of a class of its own, made as a plain tensor is. */
    private Object tensorOfClass(List<Object> arguments) {
        Object function = arguments.isEmpty() ? null : arguments.get(0);
        List<Object> inner =
                argument(arguments, 2, Unpickler.Tuple.class, "arguments").items();
        return function == Function.TENSOR_OF_CLASS
                ? inert(new Global("a tensor class"), inner)
                : call(function, inner);
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
            if (items.size() != 2) {
                throw new IllegalArgumentException("an OrderedDict's entry is no pair of name and value");
            }
            Unpickler.put(result, items.get(0), items.get(1));
        }
        return result;
    }

    /** {@code (storage, offset, sizes, strides, …)}; the type is the storage's own unless it is given. */
    private static Object tensor(List<Object> arguments, Elements given) {
        Object place = arguments.isEmpty() ? null : arguments.get(0);
        Part part = place instanceof Part ? (Part) place : null;
        Storage storage = part == null ? argument(arguments, 0, Storage.class, "a storage") : part.whole;
        Elements elements = given == null ? (Elements) GLOBALS.get("torch." + storage.type) : given;
        long offset = argument(arguments, 1, Long.class, "an offset");
        long[] sizes = longs(argument(arguments, 2, Unpickler.Tuple.class, "sizes"));
        long[] strides = longs(argument(arguments, 3, Unpickler.Tuple.class, "strides"));
        if (elements.type == null) {
            return new Unreadable("its elements are " + elements.name + "; save it as real numbers");
        }
        long available = part == null ? storage.bytes / elements.bytes : part.elements;
        checkLayout(sizes, strides, offset, available);
        return new View(storage, elements.type, offset + (part == null ? 0 : part.offset), Shape.of(sizes), strides);
    }

    /** @throws IllegalArgumentException unless all elements lie in a storage of {@code available}; strides may be 0 */
    static void checkLayout(long[] sizes, long[] strides, long offset, long available) {
        if (sizes.length != strides.length || sizes.length > MAX_RANK) {
            throw new IllegalArgumentException("a tensor has " + sizes.length + " sizes and " + strides.length
                    + " strides, both must be the same and at most " + MAX_RANK + "; the file is damaged");
        }
        try {
            Shape shape = Shape.of(sizes);
            Math.multiplyExact(shape.elements(), 16L); // bytes of the widest elements can be counted
            long last = offset;
            for (int axis = 0; axis < sizes.length; axis++) {
                last = Math.addExact(last, Math.multiplyExact(Math.max(0, sizes[axis] - 1), strides[axis]));
                if (strides[axis] < 0) {
                    throw new IllegalArgumentException("a tensor has the negative stride " + strides[axis]);
                }
            }
            if (offset < 0 || (shape.elements() > 0 && last >= available)) {
                throw new IllegalArgumentException("a tensor " + shape + " from element " + offset + " to " + last
                        + " does not lie in its storage of " + available + " elements; the file is damaged");
            }
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException(
                    "a tensor has more elements than 64 bits can count; the file is damaged");
        }
    }

    /**
     * {@code ("storage", type, key, device, elements, …)}, or {@code ("module", class, …)} with the class's source, which is nothing
     * to us.
     */
    @Override
    public Object persistent(Object id) {
        List<Object> items = id instanceof Unpickler.Tuple tuple ? tuple.items() : List.of();
        if (items.size() >= 2 && "module".equals(items.get(0))) {
            return items.get(1);
        }
        if (items.size() < 5 || !"storage".equals(items.get(0))) {
            throw new IllegalArgumentException("a reference to something outside the pickle that is no storage");
        }
        if (items.get(1) instanceof Global unknown) {
            throw new IllegalArgumentException(
                    "a storage of the type " + unknown.name() + ", which is not known; save it as float32");
        }
        Elements elements = argument(items, 1, Elements.class, "a storage type");
        String key = argument(items, 2, String.class, "a storage's key");
        long count = argument(items, 4, Long.class, "a storage's length");
        if (count < 0 || count > Long.MAX_VALUE / 16) {
            throw new IllegalArgumentException("a storage of " + count + " elements; the file is damaged");
        }
        Storage storage = new Storage(key, elements.name, count * elements.bytes, elements.bytes, null);
        Storage earlier = storages.putIfAbsent(key, storage);
        if (earlier != null && !earlier.equals(storage)) {
            throw new IllegalArgumentException(
                    "storage " + key + " is " + storage + " here and " + earlier + " before; the file is damaged");
        }
        return items.size() > 5 && items.get(5) != Unpickler.NONE
                ? part(storage, argument(items, 5, Unpickler.Tuple.class, "a part of a storage"))
                : storage;
    }

    /** {@code (key, offset, elements)}. */
    private static Part part(Storage whole, Unpickler.Tuple description) {
        long offset = argument(description.items(), 1, Long.class, "an offset");
        long elements = argument(description.items(), 2, Long.class, "a length");
        if (offset < 0 || elements < 0 || offset > whole.elements() - elements) {
            throw new IllegalArgumentException("a part of a storage from element " + offset + ", " + elements
                    + " long, does not lie in the " + whole.elements() + " elements of it; the file is damaged");
        }
        return new Part(whole, offset, elements);
    }

    @Override
    public void build(Object target, Object state) {
        NumpyArrays.build(target, state);
    }

    static <T> T argument(List<Object> arguments, int index, Class<T> type, String what) {
        Object value = index < arguments.size() ? arguments.get(index) : null;
        if (!type.isInstance(value)) {
            throw new IllegalArgumentException("a call's argument " + index + " is not " + what
                    + "; the file is damaged, or of a PyTorch that this Tandem does not know");
        }
        return type.cast(value);
    }

    static long[] longs(Unpickler.Tuple tuple) {
        long[] result = new long[tuple.items().size()];
        for (int i = 0; i < result.length; i++) {
            result[i] = argument(tuple.items(), i, Long.class, "a whole number");
        }
        return result;
    }
}
