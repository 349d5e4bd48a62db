package dev.tandem.models;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.nn.Module;
import dev.tandem.tensor.Shape;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Parameters and buffers have torchvision's names and shapes, so that weights go from one to the other. */
class StateDictsTest {
    static Stream<String[]> published() throws Exception {
        try (InputStream resource = StateDictsTest.class.getResourceAsStream("state-dicts.txt")) {
            String text = new String(resource.readAllBytes(), StandardCharsets.UTF_8);
            return text.lines().filter(line -> !line.startsWith("#")).map(line -> line.split(" "));
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("published")
    void namesAndShapesArePublishedOnes(String name, long trained, int tensors, String digest) throws Exception {
        ModelEntry entry = Models.get(name);
        Module network = entry.build(entry.defaults());
        TreeMap<String, Shape> shapes = new TreeMap<>();
        network.parameters().forEach((path, parameter) -> shapes.put(path, parameter.shape()));
        String lines = shapes.entrySet().stream()
                .map(each -> each.getKey() + " " + text(each.getValue()) + "\n")
                .collect(Collectors.joining());

        assertThat(network.parameterCount()).isEqualTo(trained);
        assertThat(shapes).hasSize(tensors);
        byte[] hash = MessageDigest.getInstance("SHA-256").digest(lines.getBytes(StandardCharsets.UTF_8));
        assertThat(HexFormat.of().formatHex(hash)).as(lines).isEqualTo(digest);
    }

    private static String text(Shape shape) {
        return Arrays.stream(shape.toArray()).mapToObj(Long::toString).collect(Collectors.joining("x"));
    }
}
