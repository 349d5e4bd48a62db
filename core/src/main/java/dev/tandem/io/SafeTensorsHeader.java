package dev.tandem.io;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import dev.tandem.tensor.Shape;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The JSON in front of a safetensors file: {@code {"__metadata__": {name: text}, tensor: {"dtype", "shape",
 * "data_offsets": [begin, end]}}}, offsets counted from the end of the header. Reading checks all that the format
 * promises: offsets cover the data without overlap or gap, each range has its tensor's size, no name comes twice.
 *
 * @param tensors in the header's order
 */
record SafeTensorsHeader(Map<String, String> metadata, Map<String, Entry> tensors) {
    static final String METADATA = "__metadata__";
    /** Names come from a file that may be hostile: they enter no table that outlives the parse. */
    private static final JsonFactory JSON = JsonFactory.builder()
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(8)
                    .maxStringLength(SafeTensors.MAX_HEADER_BYTES)
                    .build())
            .build();

    /** Bytes {@code [begin, end)} of the data. */
    record Entry(StoredType type, Shape shape, long begin, long end) {}

    /** @throws BrokenFileException if it is not JSON, or breaks a promise of the format */
    static SafeTensorsHeader parse(String file, byte[] bytes, long dataBytes) {
        if (bytes.length == 0 || bytes[0] != '{') {
            throw new BrokenFileException(
                    file, "byte 8: the header does not start with '{'; the file is damaged or no safetensors file");
        }
        String json = decode(file, bytes);
        Map<String, String> metadata = new LinkedHashMap<>();
        Map<String, Entry> tensors = new LinkedHashMap<>();
        try (JsonParser parser = JSON.createParser(json)) {
            parser.nextToken();
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String name = parser.currentName();
                parser.nextToken();
                if (name.equals(METADATA)) {
                    parseMetadata(file, parser, metadata);
                } else {
                    tensors.put(name, new EntryParser(file, name, parser).parse());
                }
            }
            checkPadding(file, json, (int) parser.currentLocation().getCharOffset());
        } catch (JsonProcessingException e) {
            long characters = e.getLocation() == null ? 0 : e.getLocation().getCharOffset();
            throw new BrokenFileException(
                    file,
                    place(json, (int) characters) + "the header is not valid JSON: " + e.getOriginalMessage()
                            + "; the file is damaged or no safetensors file",
                    e);
        } catch (IOException e) {
            throw new UncheckedIOException("reading from memory fails never", e);
        }
        checkOffsets(file, tensors, dataBytes);
        return new SafeTensorsHeader(metadata, tensors);
    }

    /** The header's bytes with spaces behind, so that the data starts at a multiple of 8. */
    byte[] toBytes() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            if (!metadata.isEmpty()) {
                json.writeObjectFieldStart(METADATA);
                for (Map.Entry<String, String> entry : metadata.entrySet()) {
                    json.writeStringField(entry.getKey(), entry.getValue());
                }
                json.writeEndObject();
            }
            for (Map.Entry<String, Entry> entry : tensors.entrySet()) {
                Entry tensor = entry.getValue();
                json.writeObjectFieldStart(entry.getKey());
                json.writeStringField("dtype", tensor.type.name());
                json.writeFieldName("shape");
                long[] sizes = tensor.shape.toArray();
                json.writeArray(sizes, 0, sizes.length);
                json.writeFieldName("data_offsets");
                json.writeArray(new long[] {tensor.begin, tensor.end}, 0, 2);
                json.writeEndObject();
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory fails never", e);
        }
        while (out.size() % 8 != 0) {
            out.write(' ');
        }
        return out.toByteArray();
    }

    private static void parseMetadata(String file, JsonParser parser, Map<String, String> into) throws IOException {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            throw new BrokenFileException(file, METADATA + " is not a JSON object");
        }
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String key = parser.currentName();
            if (parser.nextToken() != JsonToken.VALUE_STRING) {
                throw new BrokenFileException(file, METADATA + " '" + key + "' is not a text");
            }
            into.put(key, parser.getText());
        }
    }

    /** Strict, and before the parser, which would guess the encoding. */
    private static String decode(String file, byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new BrokenFileException(file, "the header is not valid UTF-8 (" + e.getMessage() + ")", e);
        }
    }

    /** Behind the JSON there are spaces only. */
    private static void checkPadding(String file, String json, int end) {
        for (int i = end; i < json.length(); i++) {
            if (json.charAt(i) != ' ') {
                throw new BrokenFileException(
                        file, place(json, i) + "the header goes on behind its JSON; the file is damaged");
            }
        }
    }

    /** The offset in the file. */
    private static String place(String json, int characters) {
        int within = Math.max(0, Math.min(characters, json.length()));
        return "byte " + (Long.BYTES + json.substring(0, within).getBytes(StandardCharsets.UTF_8).length) + ": ";
    }

    private static void checkOffsets(String file, Map<String, Entry> tensors, long dataBytes) {
        List<Map.Entry<String, Entry>> ordered = new ArrayList<>(tensors.entrySet());
        ordered.sort(Comparator.comparingLong((Map.Entry<String, Entry> entry) -> entry.getValue().begin)
                .thenComparingLong(entry -> entry.getValue().end));
        long reached = 0;
        for (Map.Entry<String, Entry> entry : ordered) {
            Entry tensor = entry.getValue();
            if (tensor.begin != reached) {
                throw new BrokenFileException(
                        file,
                        "tensor '" + entry.getKey() + "': its data starts at offset " + tensor.begin
                                + (tensor.begin < reached ? ", inside the tensor before it" : ", behind a gap")
                                + ", it should start at " + reached + "; the header is damaged");
            }
            reached = tensor.end;
            if (reached > dataBytes) {
                throw new BrokenFileException(
                        file,
                        "tensor '" + entry.getKey() + "': its data ends at offset " + reached + ", the file has only "
                                + dataBytes + " bytes of data; the file is truncated");
            }
        }
        if (reached != dataBytes) {
            throw new BrokenFileException(
                    file,
                    "the tensors end at offset " + reached + " of the data, the file has " + dataBytes
                            + " bytes of data; what lies behind belongs to no tensor");
        }
    }

    /** One tensor's entry. */
    private record EntryParser(String file, String name, JsonParser parser) {
        Entry parse() throws IOException {
            require(parser.currentToken() == JsonToken.START_OBJECT, "its entry is not a JSON object");
            String type = null;
            long[] sizes = null;
            long[] offsets = null;
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String key = parser.currentName();
                parser.nextToken();
                switch (key) {
                    case "dtype" -> {
                        require(parser.currentToken() == JsonToken.VALUE_STRING, "dtype is not a text");
                        type = parser.getText();
                    }
                    case "shape" -> sizes = longs("shape");
                    case "data_offsets" -> offsets = longs("data_offsets");
                    default -> parser.skipChildren();
                }
            }
            require(type != null && sizes != null && offsets != null, "its entry lacks dtype, shape or data_offsets");
            StoredType stored = StoredType.named(type);
            if (stored == null) {
                throw new BrokenFileException(
                        file,
                        "tensor '" + name + "': type " + type + " is not supported; supported are "
                                + Arrays.toString(StoredType.values()) + "; convert it");
            }
            require(offsets.length == 2, "data_offsets has " + offsets.length + " numbers instead of 2");
            require(offsets[0] <= offsets[1], "data_offsets " + Arrays.toString(offsets) + " end before they start");
            return checkSize(stored, sizes, offsets);
        }

        private Entry checkSize(StoredType type, long[] sizes, long[] offsets) {
            Shape shape;
            long bytes;
            try {
                shape = Shape.of(sizes);
                bytes = Math.multiplyExact(shape.elements(), type.bytes());
            } catch (ArithmeticException e) {
                throw broken("shape " + Arrays.toString(sizes) + " has more elements than 64 bits can count");
            }
            require(
                    bytes == offsets[1] - offsets[0],
                    "data_offsets " + Arrays.toString(offsets) + " span " + (offsets[1] - offsets[0]) + " bytes, "
                            + type + shape + " needs " + bytes);
            return new Entry(type, shape, offsets[0], offsets[1]);
        }

        private long[] longs(String key) throws IOException {
            require(parser.currentToken() == JsonToken.START_ARRAY, key + " is not a JSON array");
            long[] values = new long[4];
            int count = 0;
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                require(
                        parser.currentToken() == JsonToken.VALUE_NUMBER_INT
                                && parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER,
                        key + " holds '" + parser.getText() + "', which is no 64-bit integer");
                require(parser.getLongValue() >= 0, key + " holds the negative number " + parser.getText());
                values = count == values.length ? Arrays.copyOf(values, 2 * count) : values;
                values[count++] = parser.getLongValue();
            }
            return Arrays.copyOf(values, count);
        }

        private void require(boolean condition, String fault) {
            if (!condition) {
                throw broken(fault);
            }
        }

        private BrokenFileException broken(String fault) {
            return new BrokenFileException(file, "tensor '" + name + "': " + fault + "; the header is damaged");
        }
    }
}
