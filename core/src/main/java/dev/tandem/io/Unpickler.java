package dev.tandem.io;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Runs the part of Python's pickle machine (https://docs.python.org/3/library/pickletools.html) that {@code torch.save} writes.
 * Pickles are programs; this machine makes plain values only, leaves globals and calls to a {@link Vocabulary} that knows a
 * handful by name, and refuses everything else. It calls nothing of the file's choice, never recurs, and holds no more than a
 * few words for each byte that it reads.
 *
 * <p>Values are {@link String}, {@link Long}, {@link BigInteger}, {@link Double}, {@link Boolean}, {@link #NONE}, {@link Tuple},
 * {@link ArrayList}, {@link LinkedHashMap} and whatever the vocabulary makes.
 */
final class Unpickler {
    /** Python's None. */
    static final Object NONE = new Object() {
        @Override
        public String toString() {
            return "None";
        }
    };

    private static final Object MARK = new Object();
    private static final int MAX_INTEGER_BYTES = 16; // torch's magic number has 10

    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfDouble BIG_ENDIAN_DOUBLE =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    /** What a pickle may name, and what its calls make. */
    interface Vocabulary {
        /** @return null if a pickle may not name it */
        Object global(String module, String name);

        /**
         * @throws IllegalArgumentException saying what is wrong with the arguments; likewise below
         */
        Object call(Object function, List<Object> arguments);

        Object persistent(Object id);
    }

    /** Python's tuple. */
    record Tuple(List<Object> items) {}

    private final String file;
    private final String part;
    private final MemorySegment bytes;
    private final Vocabulary vocabulary;
    private final ArrayList<Object> stack = new ArrayList<>();
    private final Map<Long, Object> memo = new HashMap<>();
    private long position;
    private long opcodeAt;

    /** @param part where in the file the bytes are, for messages: "data.pkl ", or empty */
    Unpickler(String file, String part, MemorySegment bytes, long start, Vocabulary vocabulary) {
        this.file = file;
        this.part = part;
        this.bytes = bytes;
        this.position = start;
        this.vocabulary = vocabulary;
    }

    /** Behind the last pickle that was read. */
    long position() {
        return position;
    }

    /** Runs one pickle to its end. */
    Object load() {
        stack.clear();
        memo.clear();
        while (true) {
            opcodeAt = position;
            int opcode = unsignedByte();
            if (opcode == '.') {
                return pop();
            }
            if (!pushValue(opcode) && !collect(opcode) && !remember(opcode) && !make(opcode)) {
                throw broken(String.format(
                        "opcode 0x%02x is not one that torch.save writes for tensors; the file is damaged or no"
                                + " PyTorch file",
                        opcode));
            }
        }
    }

    // Values
    // -----------------------------------------------------------------------------------------------------------

    private boolean pushValue(int opcode) {
        switch (opcode) {
            case 0x80 -> checkProtocol(unsignedByte());
            case 0x95 -> take(8); // a frame's length, which says nothing that the opcodes do not
            case 'N' -> stack.add(NONE);
            case 0x88 -> stack.add(true);
            case 0x89 -> stack.add(false);
            case 'J' -> stack.add((long) bytes.get(INT, take(4)));
            case 'K' -> stack.add((long) unsignedByte());
            case 'M' -> stack.add((long) Short.toUnsignedInt(bytes.get(SHORT, take(2))));
            case 0x8a -> stack.add(integer(unsignedByte()));
            case 'G' -> stack.add(bytes.get(BIG_ENDIAN_DOUBLE, take(8)));
            case 'X', 'T' -> stack.add(text(unsignedInt()));
            case 0x8c, 'U' -> stack.add(text(unsignedByte()));
            case 0x8d -> stack.add(text(bytes.get(LONG, take(8))));
            case ']' -> stack.add(new ArrayList<>());
            case '}' -> stack.add(new LinkedHashMap<>());
            case ')' -> stack.add(new Tuple(List.of()));
            default -> {
                return false;
            }
        }
        return true;
    }

    private void checkProtocol(int protocol) {
        if (protocol > 5) {
            throw broken("pickle protocol " + protocol + " is newer than this Tandem, which reads up to 5");
        }
    }

    /** Little-endian two's complement. */
    private Object integer(int length) {
        if (length > MAX_INTEGER_BYTES) {
            throw broken("an integer of " + length + " bytes; no file of torch.save has one; the file is damaged");
        }
        byte[] bigEndian = new byte[length];
        long start = take(length);
        for (int i = 0; i < length; i++) {
            bigEndian[length - 1 - i] = bytes.get(ValueLayout.JAVA_BYTE, start + i);
        }
        BigInteger value = length == 0 ? BigInteger.ZERO : new BigInteger(bigEndian);
        return value.bitLength() < Long.SIZE ? (Object) value.longValue() : value;
    }

    private String text(long length) {
        if (length > Integer.MAX_VALUE) {
            throw broken("a text of " + Long.toUnsignedString(length) + " bytes; the file is damaged");
        }
        return new String(bytes.asSlice(take(length), length).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
    }

    // Tuples, lists and dictionaries
    // -----------------------------------------------------------------------------------

    private boolean collect(int opcode) {
        switch (opcode) {
            case '(' -> stack.add(MARK);
            case '0' -> pop();
            case '1' -> popToMark();
            case '2' -> stack.add(top());
            case 't' -> stack.add(new Tuple(popToMark()));
            case 0x85 -> stack.add(new Tuple(pop(1)));
            case 0x86 -> stack.add(new Tuple(pop(2)));
            case 0x87 -> stack.add(new Tuple(pop(3)));
            case 'a' -> append(pop(1));
            case 'e' -> append(popToMark());
            case 's' -> set(pop(2));
            case 'u' -> set(popToMark());
            default -> {
                return false;
            }
        }
        return true;
    }

    @SuppressWarnings("unchecked")
    private void append(List<Object> items) {
        if (!(top() instanceof ArrayList<?>)) {
            throw broken("something is appended to what is no list; the file is damaged");
        }
        ((ArrayList<Object>) top()).addAll(items);
    }

    @SuppressWarnings("unchecked")
    private void set(List<Object> keysAndValues) {
        if (!(top() instanceof LinkedHashMap<?, ?>) || keysAndValues.size() % 2 != 0) {
            throw broken("an entry is set in what is no dictionary; the file is damaged");
        }
        LinkedHashMap<Object, Object> target = (LinkedHashMap<Object, Object>) top();
        for (int i = 0; i < keysAndValues.size(); i += 2) {
            Object key = keysAndValues.get(i);
            // Only what hashes in constant time: a tuple of tuples could take for ever.
            if (!(key instanceof String || key instanceof Long || key instanceof Double || key instanceof Boolean)) {
                throw broken("a dictionary's key is neither text nor number; tensors are saved under names");
            }
            target.put(key, keysAndValues.get(i + 1));
        }
    }

    // Memory
    // -----------------------------------------------------------------------------------------------------------

    private boolean remember(int opcode) {
        switch (opcode) {
            case 'q' -> memo.put((long) unsignedByte(), top());
            case 'r' -> memo.put(unsignedInt(), top());
            case 0x94 -> memo.put((long) memo.size(), top());
            case 'h' -> stack.add(recall(unsignedByte()));
            case 'j' -> stack.add(recall(unsignedInt()));
            default -> {
                return false;
            }
        }
        return true;
    }

    private Object recall(long index) {
        Object value = memo.get(index);
        if (value == null) {
            throw broken("value " + index + " is used before it is made; the file is damaged");
        }
        return value;
    }

    // Globals and calls
    // ------------------------------------------------------------------------------------------------

    private boolean make(int opcode) {
        switch (opcode) {
            case 'c' -> stack.add(global(line(), line()));
            case 0x93 -> {
                List<Object> names = pop(2);
                stack.add(global(names.get(0), names.get(1)));
            }
            case 'R' -> {
                List<Object> call = pop(2);
                stack.add(checked(() -> vocabulary.call(call.get(0), arguments(call.get(1)))));
            }
            case 'Q' -> {
                Object id = pop();
                stack.add(checked(() -> vocabulary.persistent(id)));
            }
            case 'b' -> {
                pop(); // attributes: state dictionaries carry version numbers in them
                if (!(top() instanceof LinkedHashMap<?, ?>)) {
                    throw broken("attributes are set on what is no dictionary; save the network's state_dict() alone");
                }
            }
            default -> {
                return false;
            }
        }
        return true;
    }

    private Object global(Object module, Object name) {
        if (!(module instanceof String) || !(name instanceof String)) {
            throw broken("a global whose name is no text; the file is damaged");
        }
        Object known = vocabulary.global((String) module, (String) name);
        if (known == null) {
            throw broken("the pickle names " + module + "." + name
                    + ", which is no tensor; nothing of it was run. Only tensors are read from PyTorch files: in PyTorch,"
                    + " save the network's state_dict() alone, or write safetensors");
        }
        return known;
    }

    private List<Object> arguments(Object tuple) {
        if (tuple instanceof Tuple arguments) {
            return arguments.items();
        }
        throw broken("a call without a tuple of arguments; the file is damaged");
    }

    private Object checked(Supplier<Object> call) {
        try {
            return call.get();
        } catch (IllegalArgumentException e) {
            throw broken(e.getMessage());
        }
    }

    /** Up to a line feed, which is not part of it. */
    private String line() {
        long start = position;
        while (unsignedByte() != '\n') {
            if (position - start > 1000) {
                throw broken("a name of more than 1000 bytes; the file is damaged");
            }
        }
        long length = position - 1 - start;
        return new String(bytes.asSlice(start, length).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
    }

    // Stack and bytes
    // --------------------------------------------------------------------------------------------------

    private Object top() {
        if (stack.isEmpty() || stack.getLast() == MARK) {
            throw broken("the pickle's stack is empty; the file is damaged");
        }
        return stack.getLast();
    }

    private Object pop() {
        Object value = top();
        stack.removeLast();
        return value;
    }

    /** The last {@code count} values, in the order in which they were pushed. */
    private List<Object> pop(int count) {
        Object[] values = new Object[count];
        for (int i = count - 1; i >= 0; i--) {
            values[i] = pop();
        }
        return List.of(values);
    }

    private List<Object> popToMark() {
        int mark = stack.size() - 1;
        while (mark >= 0 && stack.get(mark) != MARK) {
            mark--;
        }
        if (mark < 0) {
            throw broken("the pickle's stack has no mark; the file is damaged");
        }
        List<Object> above = stack.subList(mark + 1, stack.size());
        List<Object> values = List.copyOf(above);
        stack.subList(mark, stack.size()).clear();
        return values;
    }

    private int unsignedByte() {
        return bytes.get(ValueLayout.JAVA_BYTE, take(1)) & 0xff;
    }

    private long unsignedInt() {
        return Integer.toUnsignedLong(bytes.get(INT, take(4)));
    }

    /** Moves on by {@code count} bytes. Returns where they start. */
    private long take(long count) {
        if (count < 0 || count > bytes.byteSize() - position) {
            throw broken(Long.toUnsignedString(count) + " bytes are wanted, " + (bytes.byteSize() - position)
                    + " are left; the file is truncated or damaged");
        }
        position += count;
        return position - count;
    }

    private BrokenFileException broken(String fault) {
        return new BrokenFileException(file, part + "byte " + opcodeAt + ": " + fault);
    }
}
