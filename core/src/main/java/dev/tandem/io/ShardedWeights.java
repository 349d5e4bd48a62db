package dev.tandem.io;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Weights in several files beside an index, {@code model.safetensors.index.json} or {@code pytorch_model.bin.index.json}, that says
 * which tensor is in which: {@code {"metadata": {…}, "weight_map": {tensor: file}}}.
 */
final class ShardedWeights {
    static final List<String> NAMES = List.of("model.safetensors.index.json", "pytorch_model.bin.index.json");
    private static final String MAP = "weight_map";
    private static final JsonFactory JSON = JsonFactory.builder()
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxNestingDepth(8).build())
            .build();

    private ShardedWeights() {}

    static boolean isIndex(Path file) {
        return file.getFileName() != null && file.getFileName().toString().endsWith(".json");
    }

    static Map<String, HostTensor> read(Path index) {
        Map<String, String> shardOf = parse(index);
        Map<String, Map<String, HostTensor>> shards = new LinkedHashMap<>();
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        shardOf.forEach((name, shard) -> {
            HostTensor tensor = shards.computeIfAbsent(shard, each -> readShard(index, each))
                    .get(name);
            if (tensor == null) {
                throw new BrokenFileException(
                        index, "tensor '" + name + "' is not in " + shard + ", where the index says it is");
            }
            tensors.put(name, tensor);
        });
        return tensors;
    }

    /** The file must lie beside the index: what the index says comes from somewhere else. */
    private static Map<String, HostTensor> readShard(Path index, String shard) {
        if (shard.isEmpty()
                || shard.contains("/")
                || shard.contains("\\")
                || shard.equals("..")
                || shard.indexOf('\0') >= 0
                || isIndex(Path.of(shard))) {
            throw new BrokenFileException(
                    index,
                    "it names the file '" + shard
                            + "'; shards must lie beside the index, without a path, and hold tensors");
        }
        Path file = index.toAbsolutePath().resolveSibling(shard);
        if (!Files.isRegularFile(file)) {
            throw new BrokenFileException(index, "the file " + shard + ", which it names, is not beside it");
        }
        return WeightsFile.read(file).tensors();
    }

    private static Map<String, String> parse(Path index) {
        Map<String, String> shardOf = new LinkedHashMap<>();
        try (JsonParser parser = JSON.createParser(index.toFile())) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new BrokenFileException(index, "it is no JSON object");
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                boolean map = parser.currentName().equals(MAP);
                if (parser.nextToken() != JsonToken.START_OBJECT || !map) {
                    parser.skipChildren();
                    continue;
                }
                while (parser.nextToken() == JsonToken.FIELD_NAME) {
                    String name = parser.currentName();
                    if (parser.nextToken() != JsonToken.VALUE_STRING) {
                        throw new BrokenFileException(index, MAP + " '" + name + "' is not a file's name");
                    }
                    shardOf.put(name, parser.getText());
                }
            }
        } catch (JsonProcessingException e) {
            throw new BrokenFileException(
                    index.toString(), "it is not valid JSON: " + e.getOriginalMessage() + "; it is damaged", e);
        } catch (IOException e) {
            throw SafeTensors.unreadable(index, e);
        }
        if (shardOf.isEmpty()) {
            throw new BrokenFileException(index, "it has no " + MAP + "; it is no index of weights");
        }
        return shardOf;
    }
}
