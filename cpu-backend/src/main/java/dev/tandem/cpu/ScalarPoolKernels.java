package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

/** Plain loops, for Java runtimes without the Vector API. */
final class ScalarPoolKernels implements PoolKernels {
    @Override
    public void max(PoolWindow window, long y, long index) {
        for (long at = 0; at < 4L * window.channels; at += 4) {
            float best = NativeMemory.ALL.get(JAVA_FLOAT, window.address + at);
            int bestNumber = window.number;
            for (int row = 0; row < window.rows; row++) {
                for (int column = 0; column < window.columns; column++) {
                    float value = NativeMemory.ALL.get(
                            JAVA_FLOAT, window.address + row * window.rowBytes + column * window.columnBytes + at);
                    if (value > best || Float.isNaN(value)) {
                        best = value;
                        bestNumber = window.number(row) + column;
                    }
                }
            }
            NativeMemory.ALL.set(JAVA_FLOAT, y + at, best);
            if (index != 0) {
                NativeMemory.ALL.set(JAVA_INT, index + at, bestNumber);
            }
        }
    }

    @Override
    public void gather(
            long gradient,
            long index,
            WindowTaps rows,
            int row,
            WindowTaps columns,
            int column,
            int channels,
            long target) {
        for (long at = 0; at < 4L * channels; at += 4) {
            float sum = 0;
            for (int i = rows.from()[row]; i < rows.from()[row + 1]; i++) {
                for (int j = columns.from()[column]; j < columns.from()[column + 1]; j++) {
                    long from = 4L * channels * (rows.output()[i] + columns.output()[j]) + at;
                    if (NativeMemory.ALL.get(JAVA_INT, index + from) == rows.tap()[i] + columns.tap()[j]) {
                        sum += NativeMemory.ALL.get(JAVA_FLOAT, gradient + from);
                    }
                }
            }
            NativeMemory.ALL.set(JAVA_FLOAT, target + at, sum);
        }
    }
}
