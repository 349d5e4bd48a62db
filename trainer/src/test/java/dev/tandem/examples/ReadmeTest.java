package dev.tandem.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.xpath.XPathConstants;
import javax.xml.xpath.XPathFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

/** The README's example is this folder's, and it does what it says. */
class ReadmeTest {
    @Test
    void theExampleInTheReadmeIsTheOneThatIsCompiledHere() throws Exception {
        String source = Files.readString(Path.of("src/test/java/dev/tandem/examples/TrainDigits.java"));
        String example = source.substring(source.indexOf("import "));
        assertThat(Files.readString(Path.of("../README.md"))).contains("```java\n" + example + "```");
    }

    @Test
    void theExampleLearnsDigits() {
        PrintStream console = System.out;
        ByteArrayOutputStream captured = new ByteArrayOutputStream();
        System.setOut(new PrintStream(captured, true, StandardCharsets.UTF_8));
        try {
            TrainDigits.main(new String[0]);
        } finally {
            System.setOut(console);
        }
        String line = captured.toString(StandardCharsets.UTF_8).strip();
        assertThat(line).startsWith("test accuracy ");
        double accuracy = Double.parseDouble(line.split(" ")[2].replace(',', '.'));
        assertThat(accuracy).isBetween(97.5, 100.0);
    }

    /** Whoever copies it needs the versions and the flags that Tandem itself is built and started with. */
    @Test
    void thePomForTheExampleFitsThisBuild() throws Exception {
        String page = Files.readString(Path.of("../docs/library.md"));
        String text = page.substring(page.indexOf("<project "), page.indexOf("</project>") + "</project>".length());
        Document pom = parse(text);
        Document ours = parse(Files.readString(Path.of("../pom.xml")));

        assertThat(texts(pom, "//tandem.version")).isEqualTo(texts(ours, "/project/version"));
        assertThat(texts(pom, "//maven.compiler.release")).isEqualTo(texts(ours, "//maven.compiler.release"));
        assertThat(texts(pom, "//dependency[groupId='dev.tandem']/artifactId"))
                .contains("trainer", "models", "cpu-backend")
                .allSatisfy(module -> assertThat(Path.of("..", module)).isDirectory());
        for (String plugin : List.of("maven-compiler-plugin", "maven-toolchains-plugin")) {
            String version = "//plugin[artifactId='" + plugin + "']/version";
            assertThat(texts(pom, version)).isEqualTo(texts(ours, version));
        }
        List<String> arguments = texts(pom, "//argument");
        assertThat(arguments).endsWith("TrainDigits");
        assertThat(Files.readString(Path.of("../tandem"))).contains(String.join(" ", arguments.subList(0, 3)));
    }

    private static Document parse(String pom) throws Exception {
        return DocumentBuilderFactory.newDefaultInstance() // knows no namespaces, so paths need none
                .newDocumentBuilder()
                .parse(new InputSource(new StringReader(pom)));
    }

    private static List<String> texts(Document pom, String path) throws Exception {
        NodeList found = (NodeList) XPathFactory.newInstance().newXPath().evaluate(path, pom, XPathConstants.NODESET);
        return IntStream.range(0, found.getLength())
                .mapToObj(i -> found.item(i).getTextContent())
                .toList();
    }
}
