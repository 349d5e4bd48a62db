package dev.tandem.io;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Writes pickles opcode by opcode, and the files of {@code torch.save} around them. */
final class PickleBytes {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    PickleBytes() {
        raw(0x80, 2);
    }

    PickleBytes raw(int... bytes) {
        for (int each : bytes) {
            out.write(each);
        }
        return this;
    }

    /** Opcodes that are letters, such as {@code "(tR."}. */
    PickleBytes ops(String opcodes) {
        out.writeBytes(opcodes.getBytes(StandardCharsets.ISO_8859_1));
        return this;
    }

    PickleBytes text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.write('X');
        out.writeBytes(little(4).putInt(bytes.length).array());
        out.writeBytes(bytes);
        return this;
    }

    PickleBytes number(long number) {
        raw(0x8a, 8);
        out.writeBytes(little(8).putLong(number).array());
        return this;
    }

    PickleBytes global(String module, String name) {
        return ops("c" + module + "\n" + name + "\n");
    }

    /** Pushes {@code _rebuild_tensor_v2(storage(key, elements), offset, sizes, strides, False, OrderedDict())}. */
    PickleBytes tensor(String type, String key, long elements, long offset, long[] sizes, long[] strides) {
        global("torch._utils", "_rebuild_tensor_v2").ops("((").text("storage").global("torch", type);
        text(key).text("cpu").number(elements).ops("tQ").number(offset);
        for (long[] each : new long[][] {sizes, strides}) {
            ops("(");
            for (long number : each) {
                number(number);
            }
            ops("t");
        }
        return raw(0x89).global("collections", "OrderedDict").ops(")RtR");
    }

    byte[] end() {
        return ops(".").out.toByteArray();
    }

    /** A dictionary with a float tensor {@code w} of storage {@code 0}. */
    static byte[] oneTensor(long elements, long offset, long[] sizes, long[] strides) {
        return new PickleBytes()
                .ops("}(")
                .text("w")
                .tensor("FloatStorage", "0", elements, offset, sizes, strides)
                .ops("u")
                .end();
    }

    /** The older form around a pickle, with one storage. */
    static byte[] legacy(byte[] pickle, String key, long elements, byte[] storage) {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.writeBytes(legacyStart());
        file.writeBytes(pickle);
        file.writeBytes(new PickleBytes().ops("](").text(key).ops("e").end());
        file.writeBytes(little(8).putLong(elements).array());
        file.writeBytes(storage);
        return file.toByteArray();
    }

    /** Magic number, format, and what machine it was. */
    static byte[] legacyStart() {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.writeBytes(new PickleBytes()
                .raw(0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19)
                .end());
        file.writeBytes(new PickleBytes().ops("M").raw(0xe9, 0x03).end());
        file.writeBytes(new PickleBytes()
                .ops("}(")
                .text("little_endian")
                .raw(0x88)
                .ops("u")
                .end());
        return file.toByteArray();
    }

    /** The zip form; nothing compressed unless {@code method} says so. */
    static byte[] zip(int method, Object... namesAndBytes) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            for (int i = 0; i < namesAndBytes.length; i += 2) {
                byte[] content = (byte[]) namesAndBytes[i + 1];
                CRC32 crc = new CRC32();
                crc.update(content);
                ZipEntry entry = new ZipEntry("small/" + namesAndBytes[i]);
                entry.setMethod(method);
                entry.setSize(content.length);
                entry.setCrc(crc.getValue());
                zip.putNextEntry(entry);
                zip.write(content);
            }
        }
        return bytes.toByteArray();
    }

    private static ByteBuffer little(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }
}
