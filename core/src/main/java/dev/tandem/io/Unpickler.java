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
 * Runs Python's pickle machine (https://docs.python.org/3/library/pickletools.html) as far as protocols 2 to 5 write for objects of any
 * kind. Pickles are programs; this machine makes plain values only and leaves globals and calls to a {@link Vocabulary} that knows
 * a handful by name; all others become {@link Inert}. It calls nothing of the file's choice, never recurs, and holds no more than
 * a few words for each byte that it reads.
 *
 * <p>Values are {@link String}, {@link Long}, {@link BigInteger}, {@link Double}, {@link Boolean}, {@link #NONE}, {@link Tuple},
 * {@link ArrayList} (sets too), {@link LinkedHashMap}, {@link MemorySegment} (bytes), {@link Inert} and whatever the vocabulary makes.
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
    private static final int MAX_INTEGER_BYTES = 1 << 16; // those of random states have thousands

    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfDouble BIG_ENDIAN_DOUBLE =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    /** What the globals of a pickle stand for, and what calls of them make. */
    interface Vocabulary {
        Object global(String module, String name);

        /**
         * @throws IllegalArgumentException saying what is wrong with the arguments; likewise below
         */
        Object call(Object function, List<Object> arguments);

        Object persistent(Object id);

        /** Gives state to something that {@link #call} made. */
        void build(Object target, Object state);
    }

    /** Python's tuple. */
    record Tuple(List<Object> items) {}

    /** What stands for an object of some class: what the file would make it of, of which nothing was run. */
    static final class Inert {
        private final List<Object> arguments;
        private Object state = NONE;
        private List<Object> items = List.of();
        private Map<Object, Object> entries = Map.of();

        Inert(List<Object> arguments) {
            this.arguments = arguments;
        }

        List<Object> arguments() {
            return arguments;
        }

        /** Its attributes, most often. */
        Object state() {
            return state;
        }

        /** Where it is a kind of list. */
        List<Object> items() {
            return items;
        }

        /** Where it is a kind of dictionary. */
        Map<Object, Object> entries() {
            return entries;
        }
    }

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
                        "opcode 0x%02x is not one that Python's pickle writes in protocols 2 to 5; the file is damaged or"
                                + " no PyTorch file",
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
            case 0x8b -> stack.add(integer(unsignedInt()));
            case 'G' -> stack.add(bytes.get(BIG_ENDIAN_DOUBLE, take(8)));
            case 'X', 'T' -> stack.add(text(unsignedInt()));
            case 0x8c, 'U' -> stack.add(text(unsignedByte()));
            case 0x8d -> stack.add(text(bytes.get(LONG, take(8))));
            case 'B' -> stack.add(binary(unsignedInt()));
            case 'C' -> stack.add(binary(unsignedByte()));
            case 0x8e, 0x96 -> stack.add(binary(bytes.get(LONG, take(8))));
            case ']', 0x8f -> stack.add(new ArrayList<>());
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
    private Object integer(long length) {
        if (length > MAX_INTEGER_BYTES) {
            throw broken("an integer of " + length + " bytes; the file is damaged");
        }
        byte[] bigEndian = new byte[(int) length];
        long start = take(length);
        for (int i = 0; i < length; i++) {
            bigEndian[bigEndian.length - 1 - i] = bytes.get(ValueLayout.JAVA_BYTE, start + i);
        }
        BigInteger value = length == 0 ? BigInteger.ZERO : new BigInteger(bigEndian);
        return value.bitLength() < Long.SIZE ? (Object) value.longValue() : value;
    }

    private MemorySegment binary(long length) {
        return bytes.asSlice(take(length), length);
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
            case 't', 0x91 -> stack.add(new Tuple(popToMark()));
            case 0x85 -> stack.add(new Tuple(pop(1)));
            case 0x86 -> stack.add(new Tuple(pop(2)));
            case 0x87 -> stack.add(new Tuple(pop(3)));
            case 'a' -> append(pop(1));
            case 'e', 0x90 -> append(popToMark());
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
        if (top() instanceof Inert inert) {
            inert.items = inert.items.isEmpty() ? new ArrayList<>() : inert.items;
            inert.items.addAll(items);
        } else if (top() instanceof ArrayList<?> list) {
            ((ArrayList<Object>) list).addAll(items);
        } else {
            throw broken("something is appended to what is no list; the file is damaged");
        }
    }

    @SuppressWarnings("unchecked")
    private void set(List<Object> keysAndValues) {
        if (keysAndValues.size() % 2 != 0) {
            throw broken("a dictionary has a key without a value; the file is damaged");
        }
        Map<Object, Object> target;
        if (top() instanceof Inert inert) {
            inert.entries = inert.entries.isEmpty() ? new LinkedHashMap<>() : inert.entries;
            target = inert.entries;
        } else if (top() instanceof LinkedHashMap<?, ?> map) {
            target = (LinkedHashMap<Object, Object>) map;
        } else {
            throw broken("an entry is set in what is no dictionary; the file is damaged");
        }
        for (int i = 0; i < keysAndValues.size(); i += 2) {
            put(target, keysAndValues.get(i), keysAndValues.get(i + 1));
        }
    }

    /** Only keys that hash in constant time are kept, since a tuple of tuples could take for ever; others become nameless. */
    static void put(Map<Object, Object> target, Object key, Object value) {
        boolean plain = key instanceof String || key instanceof Long || key instanceof Double || key instanceof Boolean;
        target.put(plain ? key : new Object(), value);
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
            case 'R', 0x81 -> {
                List<Object> call = pop(2);
                stack.add(call(call.get(0), call.get(1)));
            }
            case 0x92 -> {
                List<Object> call = pop(3); // the third are arguments by name
                stack.add(call(call.get(0), call.get(1)));
            }
            case 'i' -> {
                Object type = global(line(), line());
                stack.add(call(type, new Tuple(popToMark())));
            }
            case 'o' -> {
                List<Object> call = popToMark();
                if (call.isEmpty()) {
                    throw broken("an object without a class; the file is damaged");
                }
                stack.add(call(call.get(0), new Tuple(call.subList(1, call.size()))));
            }
            case 'Q' -> {
                Object id = pop();
                stack.add(checked(() -> vocabulary.persistent(id)));
            }
            case 'b' -> build(pop());
            default -> {
                return false;
            }
        }
        return true;
    }

    private Object call(Object function, Object arguments) {
        if (arguments instanceof Tuple tuple) {
            return checked(() -> vocabulary.call(function, tuple.items()));
        }
        throw broken("a call without a tuple of arguments; the file is damaged");
    }

    private void build(Object state) {
        Object target = top();
        if (target instanceof Inert inert) {
            inert.state = state;
        } else if (!(target instanceof LinkedHashMap<?, ?>)) { // dictionaries carry versions of layers in attributes
            checked(() -> {
                vocabulary.build(target, state);
                return target;
            });
        }
    }

    private Object global(Object module, Object name) {
        if (!(module instanceof String) || !(name instanceof String)) {
            throw broken("a global whose name is no text; the file is damaged");
        }
        return vocabulary.global((String) module, (String) name);
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
