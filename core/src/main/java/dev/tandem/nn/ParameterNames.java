package dev.tandem.nn;

import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Parameters by name: {@code features} is that part of a network with all in it, {@code features.0.weight} one parameter;
 * {@code *} stands for anything, {@code ?} for one character: {@code layer?}, {@code *.bias}.
 */
public record ParameterNames(String pattern) implements Predicate<Parameter> {
    private static final int SHOWN = 8;

    /** Space around a pattern is none of it. */
    public ParameterNames {
        pattern = pattern.strip();
    }

    /** By its name in the initialised network. */
    @Override
    public boolean test(Parameter parameter) {
        return matches(parameter.path());
    }

    /** Whether the pattern is the name, or that of a part which it lies in. */
    public boolean matches(String name) {
        return Pattern.matches(regex() + "(\\..*)?", name);
    }

    private String regex() {
        return pattern.chars()
                .mapToObj(each -> each == '*' ? ".*" : each == '?' ? "." : Pattern.quote(Character.toString(each)))
                .collect(Collectors.joining());
    }

    /**
     * The network's parameters of these names; buffers, such as running statistics, are none.
     *
     * @throws IllegalArgumentException if there are none, naming the network's parts
     */
    public List<Parameter> in(Module network) {
        List<Parameter> found = network.parameters().entrySet().stream()
                .filter(entry -> entry.getValue().kind() != Parameter.Kind.BUFFER && matches(entry.getKey()))
                .map(Map.Entry::getValue)
                .toList();
        if (found.isEmpty()) {
            throw new IllegalArgumentException("parameters " + pattern
                    + ": the network has none of that name; "
                    + nearest(network)
                            .map(name -> "did you mean " + name + "? Its")
                            .orElse("its")
                    + " parts are " + parts(network));
        }
        return found;
    }

    /** Of the names of parameters and of all that they lie in. */
    private Optional<String> nearest(Module network) {
        Set<String> known = new LinkedHashSet<>();
        network.parameters().forEach((name, parameter) -> {
            for (int dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
                known.add(name.substring(0, dot));
            }
            if (parameter.kind() != Parameter.Kind.BUFFER) {
                known.add(name);
            }
        });
        return NearestNames.like(pattern, known);
    }

    private static String parts(Module network) {
        List<String> parts = network.parameters().keySet().stream()
                .map(name -> name.contains(".") ? name.substring(0, name.indexOf('.')) : name)
                .distinct()
                .toList();
        String shown = parts.stream().limit(SHOWN).collect(Collectors.joining(", "));
        return parts.size() > SHOWN ? shown + ", … and " + (parts.size() - SHOWN) + " more" : shown;
    }

    /** Of several patterns. */
    public static List<ParameterNames> of(String... patterns) {
        return Arrays.stream(patterns).map(ParameterNames::new).toList();
    }

    @Override
    public String toString() {
        return pattern;
    }
}
