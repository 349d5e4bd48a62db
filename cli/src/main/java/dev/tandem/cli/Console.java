package dev.tandem.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Where a command's result and its remarks go. */
final class Console {
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    private final PrintStream out;
    private volatile PrintStream err;
    private boolean json;
    private boolean debug;
    private boolean answered;

    Console(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    void setJson(boolean json) {
        this.json = json;
    }

    boolean isDebug() {
        return debug;
    }

    void setDebug(boolean debug) {
        this.debug = debug;
    }

    /** What the command was asked for, as text for people or, with {@code --json}, as a JSON value for programs. */
    void result(Object value, String text) {
        if (json) {
            out.println(toJson(value));
        } else {
            out.println(text.stripTrailing());
        }
        out.flush();
        answered = true;
    }

    /** Why there is no result: a line for people and, with {@code --json}, an object for programs in the result's place. */
    void failure(String message, int exitCode) {
        note("tandem: " + message);
        noResult(message, exitCode);
    }

    /** As {@link #failure}, where people were told already. */
    void noResult(String message, int exitCode) {
        if (json && !answered) {
            Map<String, Object> failure = new LinkedHashMap<>();
            failure.put("error", message);
            failure.put("exitCode", exitCode);
            result(failure, "");
        }
    }

    /** Whether progress may be drawn, line over line. */
    boolean isInteractive() {
        return err == System.err && Terminal.isInteractive();
    }

    /** A line that is not the result. */
    void note(String line) {
        err.println(line);
    }

    PrintStream err() {
        return err;
    }

    /** A line below all that this console, or anybody to standard error, prints until it is closed. */
    StatusLine openStatusLine() {
        PrintStream terminal = err;
        StatusLine line = new StatusLine(terminal, () -> printTo(terminal));
        printTo(line.above());
        return line;
    }

    private void printTo(PrintStream stream) {
        if (System.err == err) {
            System.setErr(stream);
        }
        err = stream;
    }

    /** Numbers that JSON does not have become null. */
    static String toJson(Object value) {
        try {
            return JSON.writeValueAsString(finite(JSON.valueToTree(value)));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("the result cannot be written as JSON: " + e.getMessage(), e);
        }
    }

    private static JsonNode finite(JsonNode node) {
        if (node.isFloatingPointNumber() && !Double.isFinite(node.doubleValue())) {
            return NullNode.instance;
        }
        if (node instanceof ObjectNode) {
            ObjectNode object = (ObjectNode) node;
            List<String> names = new java.util.ArrayList<>();
            object.fieldNames().forEachRemaining(names::add);
            names.forEach(name -> object.set(name, finite(object.get(name))));
        } else if (node instanceof ArrayNode) {
            ArrayNode array = (ArrayNode) node;
            for (int i = 0; i < array.size(); i++) {
                array.set(i, finite(array.get(i)));
            }
        }
        return node;
    }
}
