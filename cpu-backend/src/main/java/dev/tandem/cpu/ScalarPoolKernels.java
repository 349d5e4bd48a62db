package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

/** Plain loops, for Java runtimes without the Vector API. */
final class ScalarPoolKernels implements PoolKernels {
    @Override
    public void max(PoolWindows windows, boolean rectified, long y, long picked) {
        long to = 0;
        for (int window = 0; window < windows.count; window++) {
            long start = windows.address + window * windows.stepBytes;
            for (int channel = 0; channel < windows.channels; channel++, start += Float.BYTES, to += Float.BYTES) {
                float best = rectified ? 0 : get(start);
                int number = rectified ? -1 : windows.number;
                for (int row = 0; row < windows.rows; row++) {
                    for (int column = 0; column < windows.columns; column++) {
                        float value = get(start + row * windows.rowBytes + column * windows.columnBytes);
                        if (value > best || Float.isNaN(value)) {
                            best = value;
                            number = windows.number(row) + column;
                        }
                    }
                }
                set(y + to, best);
                if (picked != 0) {
                    set(picked + to, number);
                }
            }
        }
    }

    @Override
    public void scatter(PoolWindows windows, long gradient, long picked) {
        long from = 0;
        for (int window = 0; window < windows.count; window++) {
            long start = windows.address + window * windows.stepBytes;
            for (int channel = 0; channel < windows.channels; channel++, start += Float.BYTES, from += Float.BYTES) {
                float value = get(gradient + from);
                float number = get(picked + from);
                for (int row = 0; row < windows.rows; row++) {
                    for (int column = 0; column < windows.columns; column++) {
                        boolean here = number == windows.number(row) + column;
                        set(start + row * windows.rowBytes + column * windows.columnBytes, here ? value : 0);
                    }
                }
            }
        }
    }

    @Override
    public void addPicked(long gradient, long picked, int windows, int channels, int number, long target, long step) {
        for (int window = 0; window < windows; window++) {
            for (int channel = 0; channel < channels; channel++) {
                long from = ((long) window * channels + channel) * Float.BYTES;
                long to = target + window * step + (long) channel * Float.BYTES;
                if (get(picked + from) == number) {
                    set(to, get(to) + get(gradient + from));
                }
            }
        }
    }

    private static float get(long address) {
        return NativeMemory.ALL.get(JAVA_FLOAT, address);
    }

    private static void set(long address, float value) {
        NativeMemory.ALL.set(JAVA_FLOAT, address, value);
    }
}
