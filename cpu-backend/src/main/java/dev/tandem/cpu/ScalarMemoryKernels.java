package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.nio.ByteOrder;

/** Plain loops, for Java runtimes without the Vector API and for the last elements of vector loops. */
final class ScalarMemoryKernels implements MemoryKernels {
    @Override
    public void fill(long address, long bytes, long pattern) {
        long whole = bytes / 8 * 8;
        for (long at = 0; at < whole; at += 8) {
            NativeMemory.ALL.set(JAVA_LONG_UNALIGNED, address + at, pattern);
        }
        boolean little = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
        for (long at = whole; at < bytes; at++) {
            long place = little ? at - whole : 7 - (at - whole);
            NativeMemory.ALL.set(JAVA_BYTE, address + at, (byte) (pattern >>> 8 * place));
        }
    }
}
