package dev.tandem.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Makes a 64-bit little-endian ELF library depend on another release of a library, such as {@code libcublas.so.13} in place of
 * {@code libcublas.so.12}: JCuda's natives are built for CUDA 12 and work with 13 as they are, but for that name. It stands in
 * the list of needed libraries and in the symbol versions, which also carry its hash. The new name must not be longer, so
 * nothing in the file moves.
 */
final class ElfRelink {
    private static final int PT_LOAD = 1;
    private static final int PT_DYNAMIC = 2;
    private static final long DT_NEEDED = 1;
    private static final long DT_STRTAB = 5;
    private static final long DT_VERNEED = 0x6ffffffeL;

    private final ByteBuffer elf;
    private final byte[] from;
    private final byte[] to;
    private long strings;
    private int changes;

    private ElfRelink(byte[] file, String from, String to) {
        this.elf = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        this.from = from.getBytes(StandardCharsets.US_ASCII);
        this.to = to.getBytes(StandardCharsets.US_ASCII);
    }

    /** Changes the references in place and returns how many names there were. */
    static int relink(byte[] file, String from, String to) {
        if (to.length() > from.length()) {
            throw new IllegalArgumentException(
                    "relink: " + to + " is longer than " + from + ", and nothing in the file may move");
        }
        boolean isElf = file.length >= 64 && file[0] == 0x7f && file[1] == 'E' && file[2] == 'L' && file[3] == 'F';
        if (!isElf || file[4] != 2 || file[5] != 1) {
            throw new IllegalArgumentException("relink: this is no 64-bit little-endian ELF file");
        }
        ElfRelink relink = new ElfRelink(file, from, to);
        relink.run();
        return relink.changes;
    }

    private void run() {
        long dynamic = 0;
        long end = 0;
        for (int i = 0; i < elf.getShort(56); i++) {
            int header = header(i);
            if (elf.getInt(header) == PT_DYNAMIC) {
                dynamic = elf.getLong(header + 8);
                end = dynamic + elf.getLong(header + 32);
            }
        }
        long needs = -1;
        for (long entry = dynamic; entry < end; entry += 16) {
            long tag = elf.getLong((int) entry);
            long value = elf.getLong((int) entry + 8);
            if (tag == DT_STRTAB) {
                strings = offset(value);
            } else if (tag == DT_VERNEED) {
                needs = offset(value);
            }
        }
        walkVersions(needs, true); // hashes first: they are found by the old names
        for (long entry = dynamic; entry < end; entry += 16) {
            if (elf.getLong((int) entry) == DT_NEEDED) {
                rename(elf.getLong((int) entry + 8));
            }
        }
        walkVersions(needs, false); // then names; entries may share one string
    }

    /** The records of needed symbol versions: a library each, with a list of its versions. */
    private void walkVersions(long needs, boolean hashes) {
        for (long need = needs; need >= 0; ) {
            if (!hashes) {
                rename(elf.getInt((int) need + 4));
            }
            long version = need + elf.getInt((int) need + 8);
            for (int left = elf.getShort((int) need + 2); left > 0; left--) {
                int name = elf.getInt((int) version + 8);
                if (!hashes) {
                    rename(name);
                } else if (matches(name)) {
                    elf.putInt((int) version, hash(to));
                }
                version += elf.getInt((int) version + 12);
            }
            int next = elf.getInt((int) need + 12);
            need = next == 0 ? -1 : need + next;
        }
    }

    private int header(int i) {
        return (int) elf.getLong(32) + i * elf.getShort(54);
    }

    /** Where the file holds a virtual address. */
    private long offset(long address) {
        for (int i = 0; i < elf.getShort(56); i++) {
            int header = header(i);
            long start = elf.getLong(header + 16);
            boolean inside = address >= start && address < start + elf.getLong(header + 32);
            if (elf.getInt(header) == PT_LOAD && inside) {
                return address - start + elf.getLong(header + 8);
            }
        }
        throw new IllegalArgumentException(
                "relink: address 0x" + Long.toHexString(address) + " lies in no segment of the file");
    }

    private boolean matches(long string) {
        int at = (int) (strings + string);
        for (int i = 0; i < from.length; i++) {
            if (elf.get(at + i) != from[i]) {
                return false;
            }
        }
        return elf.get(at + from.length) == 0;
    }

    private void rename(long string) {
        if (matches(string)) {
            for (int i = 0; i < from.length; i++) {
                elf.put((int) (strings + string) + i, i < to.length ? to[i] : 0);
            }
            changes++;
        }
    }

    /** The System V hash of a symbol version. */
    private static int hash(byte[] name) {
        int hash = 0;
        for (byte letter : name) {
            hash = (hash << 4) + letter;
            int high = hash & 0xf0000000;
            hash ^= high >>> 24;
            hash &= ~high;
        }
        return hash;
    }
}
