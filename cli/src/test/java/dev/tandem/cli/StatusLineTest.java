package dev.tandem.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class StatusLineTest {
    private final ByteArrayOutputStream drawn = new ByteArrayOutputStream();
    private final PrintStream terminal = new PrintStream(drawn, true, StandardCharsets.UTF_8);
    private final StatusLine line = new StatusLine(terminal, () -> {});

    @Test
    void shorterLineLeavesNothingOfTheLongerOneBefore() {
        line.accept("epoch 1/2, loss 1.25725572");
        line.accept("epoch 1/2, loss 1.19");

        assertThat(screen()).containsExactly("epoch 1/2, loss 1.19");
    }

    @Test
    void messageStandsOnALineOfItsOwnAndTheBarBelowIt() {
        line.accept("epoch 1/2 ━━━━━───── 50 %, 12 s left, loss 1.2");
        line.above().println("tandem: stopping");

        assertThat(screen()).containsExactly("tandem: stopping", "epoch 1/2 ━━━━━───── 50 %, 12 s left, loss 1.2");
    }

    @Test
    void whatATerminalEchoesIsWipedWithTheBar() {
        line.accept("epoch 1/2");
        terminal.print("^C");
        line.above().println("tandem: stopping");

        assertThat(screen()).containsExactly("tandem: stopping", "epoch 1/2");
    }

    @Test
    void messageInPiecesIsNotDrawnOver() {
        line.accept("epoch 1/2");
        line.above().print("so far ");
        line.accept("epoch 2/2");
        line.above().println("so good");

        assertThat(screen()).containsExactly("so far so good", "epoch 2/2");
    }

    @Test
    void whatComesAfterItsEndStartsOnANewLine() {
        line.accept("epoch 2/2");
        line.close();
        terminal.println("done");

        assertThat(screen()).containsExactly("epoch 2/2", "done", "");
    }

    /** A logger's, for one. */
    @Test
    void linesOfOthersToStandardErrorGoAboveItUntilItIsClosed() {
        PrintStream before = System.err;
        try {
            System.setErr(terminal);
            StatusLine opened = new Console(System.out, terminal).openStatusLine();
            opened.accept("epoch 1/2, loss 1.25");
            System.err.println("WARN a photo is broken");
            opened.close();

            assertThat(screen()).containsExactly("WARN a photo is broken", "epoch 1/2, loss 1.25", "");
            assertThat(System.err).isSameAs(terminal);
        } finally {
            System.setErr(before);
        }
    }

    /** What a terminal shows of the bytes; it knows no more than carriage return, line feed and the clearing of a line's rest. */
    private List<String> screen() {
        List<String> lines = new ArrayList<>();
        StringBuilder current = new StringBuilder();
        int column = 0;
        String text = drawn.toString(StandardCharsets.UTF_8);
        for (int i = 0; i < text.length(); i++) {
            if (text.startsWith("\033[K", i)) {
                current.setLength(column);
                i += 2;
            } else if (text.charAt(i) == '\r') {
                column = 0;
            } else if (text.charAt(i) == '\n') {
                lines.add(current.toString());
                current.setLength(0);
                column = 0;
            } else {
                current.replace(column, Math.min(column + 1, current.length()), text.substring(i, i + 1));
                column++;
            }
        }
        lines.add(current.toString());
        return lines;
    }
}
