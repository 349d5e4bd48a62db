package dev.tandem.cli;

import java.io.OutputStream;
import java.io.PrintStream;
import me.tongfei.progressbar.ProgressBarConsumer;

/** The last line of a terminal, drawn over and over. What others print goes above it, through {@link #above}. */
final class StatusLine implements ProgressBarConsumer {
    private static final String CLEAR_REST = "\033[K";

    private final PrintStream terminal;
    private final PrintStream above;
    private final Runnable onClose;
    private String drawn = "";
    private boolean amidLine; // of somebody else

    StatusLine(PrintStream terminal, Runnable onClose) {
        this.terminal = terminal;
        this.onClose = onClose;
        above = new PrintStream(new Above(), true, terminal.charset());
    }

    /** For whole lines, which then stand above this one. */
    PrintStream above() {
        return above;
    }

    @Override
    public int getMaxRenderedLength() {
        return Terminal.columns();
    }

    /** @param line with room for the cursor behind it */
    @Override
    public synchronized void accept(String line) {
        drawn = line;
        if (!amidLine) {
            terminal.print("\r" + line + CLEAR_REST);
            terminal.flush();
        }
    }

    private synchronized void write(byte[] bytes, int offset, int length) {
        if (!amidLine) {
            terminal.print("\r" + CLEAR_REST);
        }
        terminal.write(bytes, offset, length);
        amidLine = bytes[offset + length - 1] != '\n';
        accept(drawn);
    }

    /** Leaves the line as it was drawn last. */
    @Override
    public synchronized void close() {
        terminal.println();
        terminal.flush();
        onClose.run();
    }

    private final class Above extends OutputStream {
        @Override
        public void write(int character) {
            write(new byte[] {(byte) character}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            if (length > 0) {
                StatusLine.this.write(bytes, offset, length);
            }
        }
    }
}
