package dev.tandem.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tandem.cli.CheckEvent.Kind;
import java.io.PrintStream;
import java.util.Map;

/** Tells what a section finds, a line each, as it goes. */
final class CheckEvents {
    /** In front of every event: native libraries may print lines of their own. */
    static final String MARK = "@gpu-check ";

    private static final ObjectMapper JSON = new ObjectMapper();

    private final PrintStream out;

    CheckEvents(PrintStream out) {
        this.out = out;
    }

    void begin(String item) {
        send(Kind.BEGIN, item, null, null);
    }

    void end(String item) {
        send(Kind.END, item, null, null);
    }

    /** @param text what was seen; null where that it passed says all */
    void pass(String item, String text) {
        send(Kind.PASS, item, text, null);
    }

    void skip(String item, String text) {
        send(Kind.SKIP, item, text, null);
    }

    void fail(String item, String text) {
        send(Kind.FAIL, item, text, null);
    }

    /** {@link #pass} or {@link #fail}. */
    void verdict(boolean passed, String item, String text) {
        send(passed ? Kind.PASS : Kind.FAIL, item, text, null);
    }

    void row(Map<String, Object> row) {
        send(Kind.ROW, null, null, row);
    }

    void fact(String name, Object value) {
        send(Kind.FACT, name, null, value);
    }

    void note(String line) {
        send(Kind.NOTE, null, line, null);
    }

    void lost(String text) {
        send(Kind.LOST, null, text, null);
    }

    void complete() {
        send(Kind.COMPLETE, null, null, null);
    }

    private synchronized void send(Kind kind, String item, String text, Object value) {
        try {
            out.println(MARK + JSON.writeValueAsString(new CheckEvent(kind, item, text, value)));
            out.flush();
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The event that a line tells of; null if it is none. */
    static CheckEvent parse(String line) {
        int start = line.indexOf(MARK);
        if (start < 0) {
            return null;
        }
        try {
            return JSON.readValue(line.substring(start + MARK.length()), CheckEvent.class);
        } catch (JsonProcessingException e) {
            return null; // cut off by the process's end
        }
    }
}
