package dev.tandem.cuda;

import dev.tandem.backend.BinaryOp;
import dev.tandem.backend.OptimizerOps;
import dev.tandem.backend.PadMode;
import dev.tandem.backend.PoolKind;
import dev.tandem.backend.ReduceOp;
import dev.tandem.backend.UnaryOp;
import dev.tandem.tensor.DType;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The text of a kernel file for some element types. NVRTC has no headers, so includes are put in here, and Java's enumerations
 * come as constants, so that no number stands in two places.
 */
final class KernelSource {
    private static final Pattern INCLUDE = Pattern.compile("(?m)^#include \"(\\w+\\.cuh)\"$");

    private KernelSource() {}

    /**
     * @param file without {@code .cu}
     * @param element what the source calls {@code element}; likewise {@code other}
     */
    static String of(String file, DType element, DType other) {
        StringBuilder text = new StringBuilder();
        constants(text, UnaryOp.values());
        constants(text, BinaryOp.values());
        constants(text, ReduceOp.values());
        constants(text, PoolKind.values());
        constants(text, PadMode.values());
        constants(text, OptimizerOps.Scalar.values());
        text.append("#define ELEMENT ").append(typeName(element)).append('\n');
        text.append("#define OTHER ").append(typeName(other)).append('\n');
        include(text, file + ".cu", new HashSet<>());
        return text.toString();
    }

    /** {@code #define BINARY_ADD 0} and so on. */
    private static void constants(StringBuilder text, Enum<?>[] values) {
        String prefix = values[0].getDeclaringClass().getSimpleName().replaceAll("(Op|Kind|Mode)$", "");
        for (Enum<?> value : values) {
            text.append("#define ")
                    .append(prefix.toUpperCase(java.util.Locale.ROOT))
                    .append('_')
                    .append(value.name())
                    .append(' ')
                    .append(value.ordinal())
                    .append('\n');
        }
    }

    private static String typeName(DType dtype) {
        return switch (dtype) {
            case FLOAT32 -> "float";
            case BFLOAT16 -> "bfloat16";
            case FLOAT16 -> "float16";
            case INT32 -> "int";
            case INT64 -> "int64";
            case UINT8 -> "uint8";
        };
    }

    private static void include(StringBuilder text, String name, Set<String> included) {
        if (!included.add(name)) {
            return;
        }
        String source = read(name);
        Matcher matcher = INCLUDE.matcher(source);
        int from = 0;
        while (matcher.find()) {
            text.append(source, from, matcher.start());
            include(text, matcher.group(1), included);
            from = matcher.end();
        }
        text.append(source.substring(from));
    }

    private static String read(String name) {
        try (InputStream in = KernelSource.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("kernel source " + name + " is not among the resources");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
