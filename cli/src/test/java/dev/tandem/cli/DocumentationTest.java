package dev.tandem.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Files, classes, commands and options that the pages name are there. */
class DocumentationTest {
    private static final Path ROOT = Path.of("..");
    private static final Pattern QUOTED = Pattern.compile("`([^`\\n]+)`");
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)#\\s]+)(#[^)\\s]*)?\\)");
    private static final Pattern FILE = Pattern.compile("(\\w[\\w-]*\\.(?:java|cu|cuh|sh|py))\\b");
    private static final Pattern CLASS =
            Pattern.compile("([A-Z]\\w*(?:Test|Conformance|Backend|Ops))(?:\\.(?!java$)(\\w+))?");
    private static final Pattern COMMAND = Pattern.compile("\\btandem ([a-z][a-z-]*)([^`#\\n]*)");
    private static final Pattern OPTION = Pattern.compile("(?<=\\s)--[a-z][a-z-]*");
    /** What is built, or made by a command. */
    private static final Set<String> NOT_SOURCES = Set.of("target", ".git", "runs");

    private static List<String> files;
    private static Map<String, Path> byName;

    private final Map<String, String> helps = new HashMap<>();

    @BeforeAll
    static void listFiles() throws IOException {
        files = new ArrayList<>();
        byName = new HashMap<>();
        list(ROOT);
    }

    private static void list(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            for (Path entry : entries.toList()) {
                if (!Files.isDirectory(entry)) {
                    byName.put(entry.getFileName().toString(), entry);
                } else if (!NOT_SOURCES.contains(entry.getFileName().toString())) {
                    list(entry);
                } else {
                    continue;
                }
                files.add(ROOT.relativize(entry).toString());
            }
        }
    }

    @Test
    void whatThePagesNameIsThere() throws IOException {
        Map<String, List<String>> missing = new TreeMap<>();
        for (Path page : pages()) {
            List<String> found = missing(page, Files.readString(page));
            if (!found.isEmpty()) {
                missing.put(ROOT.relativize(page).toString(), found);
            }
        }

        assertThat(missing).isEmpty();
    }

    @Test
    void madeUpNamesAreFound() throws IOException {
        String text =
                "`core/src/main/java/dev/tandem/NoSuch.java` and `core/.../NoSuch`, `Missing.java` and `missing.cu`, `NoSuchTest`"
                        + " and `HouseRulesTest.noSuchRule`, [a page](no-such-page.md)\n"
                        + "./tandem train --no-such-option --epochs 2 # --no-remark\n`./tandem no-such-command`";

        assertThat(missing(ROOT.resolve("docs/page.md"), text))
                .containsExactlyInAnyOrder(
                        "core/src/main/java/dev/tandem/NoSuch.java",
                        "NoSuch.java",
                        "core/.../NoSuch",
                        "Missing.java",
                        "missing.cu",
                        "NoSuchTest",
                        "HouseRulesTest.noSuchRule",
                        "no-such-page.md",
                        "tandem train --no-such-option",
                        "tandem no-such-command");
    }

    private static List<Path> pages() throws IOException {
        try (Stream<Path> docs = Files.list(ROOT.resolve("docs"))) {
            return Stream.concat(
                            docs.filter(each -> each.toString().endsWith(".md")), Stream.of(ROOT.resolve("README.md")))
                    .sorted()
                    .toList();
        }
    }

    private List<String> missing(Path page, String text) throws IOException {
        List<String> missing = new ArrayList<>();
        for (Matcher quoted = QUOTED.matcher(text); quoted.find(); ) {
            String name = quoted.group(1);
            if (!isThere(name)) {
                missing.add(name);
            }
            FILE.matcher(name)
                    .results()
                    .map(found -> found.group(1))
                    .filter(file -> !byName.containsKey(file))
                    .forEach(missing::add);
            Matcher type = CLASS.matcher(name);
            if (type.matches() && !isType(type.group(1), type.group(2))) {
                missing.add(name);
            }
        }
        LINK.matcher(text)
                .results()
                .map(link -> link.group(1))
                .filter(link -> !link.contains(":") && !Files.exists(page.resolveSibling(link)))
                .forEach(missing::add);
        COMMAND.matcher(text)
                .results()
                .forEach(command -> missing.addAll(missingOptions(command.group(1), command.group(2))));
        return missing.stream().distinct().collect(Collectors.toCollection(ArrayList::new));
    }

    /** Holds for all that is no path from one of our folders; {@code ...} stands for any folders. */
    private static boolean isThere(String name) {
        String first = name.replaceAll("/.*", "");
        if (!name.matches("[\\w.-]+(/[\\w.-]+)+/?")
                || !Files.isDirectory(ROOT.resolve(first))
                || NOT_SOURCES.contains(first)) {
            return true;
        }
        if (name.contains("/target/")) {
            return true;
        }
        Pattern path = Pattern.compile(Stream.of(name.split("/"))
                .map(part -> part.equals("...") ? ".*" : Pattern.quote(part))
                .collect(Collectors.joining("/")));
        return files.stream().anyMatch(file -> path.matcher(file).matches());
    }

    private static boolean isType(String name, String method) throws IOException {
        Path source = byName.get(name + ".java");
        return source != null && (method == null || Files.readString(source).contains(" " + method + "("));
    }

    private List<String> missingOptions(String command, String rest) {
        String help = helps.computeIfAbsent(command, name -> {
            CommandRun run = CommandRun.of("help", name);
            return run.exitCode() == 0 ? run.out() : "";
        });
        if (help.isEmpty()) {
            return List.of("tandem " + command);
        }
        return OPTION.matcher(rest)
                .results()
                .map(option -> option.group())
                .filter(option ->
                        !Pattern.compile(option + "(?![\\w-])").matcher(help).find())
                .map(option -> "tandem " + command + " " + option)
                .toList();
    }
}
