package dev.tandem.io;

import dev.tandem.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** NumPy's arrays in pickles (https://numpy.org/doc/stable/reference/generated/numpy.ndarray.__reduce__.html), and its names of types. */
final class NumpyArrays {
    enum Function {
        RECONSTRUCT,
        FROM_BUFFER,
        TYPE,
        BYTES
    }

    /** An element type; its state comes after it, and with it the order of bytes. */
    private static final class Type {
        private final StoredType stored; // null if it is none of numbers that are read
        private final String name;
        private boolean bigEndian;

        Type(String name) {
            this.name = name;
            this.stored = stored(name);
        }
    }

    /** An array, empty until its state comes. */
    static final class Array {
        private Object tensor = new TorchTensors.Unreadable("it is an array without contents; the file is damaged");

        /** A {@link TorchTensors.View}, or why there is none. */
        Object tensor() {
            return tensor;
        }
    }

    private NumpyArrays() {}

    /** Null if it is none of these. */
    static Object global(String name) {
        return switch (name) {
            case "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct" -> Function.RECONSTRUCT;
            case "numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer" -> Function.FROM_BUFFER;
            case "numpy.dtype" -> Function.TYPE;
            case "_codecs.encode" -> Function.BYTES;
            default -> null;
        };
    }

    static Object call(Function function, List<Object> arguments) {
        switch (function) {
            case RECONSTRUCT:
                return new Array();
            case TYPE:
                return new Type(TorchTensors.argument(arguments, 0, String.class, "a type's name"));
            case BYTES: // protocol 2 has no bytes, and writes them as text that is to be encoded in Latin-1
                String text = TorchTensors.argument(arguments, 0, String.class, "text");
                return MemorySegment.ofArray(text.getBytes(StandardCharsets.ISO_8859_1));
            default:
                Array array = new Array();
                fill(array, arguments, 0, "F".equals(arguments.size() > 3 ? arguments.get(3) : null), 1, 2);
                return array;
        }
    }

    static void build(Object target, Object state) {
        if (!(state instanceof Unpickler.Tuple tuple)) {
            return;
        }
        List<Object> items = tuple.items();
        if (target instanceof Type type) {
            type.bigEndian = items.size() > 1 && ">".equals(items.get(1));
        } else if (target instanceof Array array) { // (version, sizes, type, whether columns come first, bytes)
            fill(array, items, 4, items.size() > 3 && Boolean.TRUE.equals(items.get(3)), 2, 1);
        }
    }

    private static void fill(
            Array array, List<Object> items, int bytesAt, boolean columnsFirst, int typeAt, int sizesAt) {
        Type type = TorchTensors.argument(items, typeAt, Type.class, "an element type");
        long[] sizes = TorchTensors.longs(TorchTensors.argument(items, sizesAt, Unpickler.Tuple.class, "sizes"));
        Object bytes = bytesAt < items.size() ? items.get(bytesAt) : null;
        if (type.stored == null || !(bytes instanceof MemorySegment)) {
            array.tensor = new TorchTensors.Unreadable("it is an array of " + type.name
                    + (type.stored == null ? "" : " that Python 2 wrote") + "; save it as float32");
        } else if (type.bigEndian && type.stored.bytes() > 1) {
            array.tensor = new TorchTensors.Unreadable("its numbers are big-endian; save it as little-endian ones");
        } else {
            array.tensor = view((MemorySegment) bytes, type.stored, sizes, columnsFirst);
        }
    }

    /** @throws IllegalArgumentException if the bytes are not as many as the sizes want */
    static TorchTensors.View view(MemorySegment bytes, StoredType type, long[] sizes, boolean columnsFirst) {
        long elements = bytes.byteSize() / type.bytes();
        long[] strides = new long[sizes.length];
        long stride = 1;
        for (int i = 0; i < sizes.length; i++) {
            int axis = columnsFirst ? i : sizes.length - 1 - i;
            strides[axis] = stride;
            stride = stride > elements ? stride : stride * Math.max(1, Math.max(0, sizes[axis])); // checked below
        }
        TorchTensors.checkLayout(sizes, strides, 0, elements);
        TorchTensors.Storage storage = new TorchTensors.Storage("", type.name(), bytes.byteSize(), type.bytes(), bytes);
        return new TorchTensors.View(storage, type, 0, Shape.of(sizes), strides);
    }

    /** Of names such as {@code f4}; null if it is not read. */
    static StoredType stored(String name) {
        return switch (name) {
            case "f2" -> StoredType.F16;
            case "f4" -> StoredType.F32;
            case "f8" -> StoredType.F64;
            case "i1" -> StoredType.I8;
            case "i2" -> StoredType.I16;
            case "i4" -> StoredType.I32;
            case "i8" -> StoredType.I64;
            case "u1" -> StoredType.U8;
            case "u2" -> StoredType.U16;
            case "u4" -> StoredType.U32;
            case "b1" -> StoredType.BOOL;
            default -> null;
        };
    }
}
