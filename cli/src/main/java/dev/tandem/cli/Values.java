package dev.tandem.cli;

import dev.tandem.data.BrokenLimit;
import dev.tandem.models.ModelEntry;
import dev.tandem.models.Models;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** What options' values are made of, each with its rule in its message. */
final class Values {
    private Values() {}

    static final class AtLeastOne implements ITypeConverter<Integer> {
        @Override
        public Integer convert(String text) {
            long number = whole(text, "use a whole number of 1 or more");
            if (number < 1 || number > Integer.MAX_VALUE) {
                throw new TypeConversionException(text + " given; use a whole number of 1 or more");
            }
            return (int) number;
        }
    }

    static final class NotNegative implements ITypeConverter<Long> {
        @Override
        public Long convert(String text) {
            long number = whole(text, "use a whole number of 0 or more");
            if (number < 0) {
                throw new TypeConversionException(text + " given; use a whole number of 0 or more");
            }
            return number;
        }
    }

    static final class AboveZero implements ITypeConverter<Double> {
        @Override
        public Double convert(String text) {
            double number = real(text);
            if (!(number > 0)) {
                throw new TypeConversionException(text + " given; use a number above 0");
            }
            return number;
        }
    }

    static final class ZeroOrMore implements ITypeConverter<Double> {
        @Override
        public Double convert(String text) {
            double number = real(text);
            if (!(number >= 0)) {
                throw new TypeConversionException(text + " given; use a number of 0 or more");
            }
            return number;
        }
    }

    /** In [0, 1). */
    static final class Share implements ITypeConverter<Double> {
        @Override
        public Double convert(String text) {
            double number = real(text);
            if (!(number >= 0 && number < 1)) {
                throw new TypeConversionException(text + " given; use a number from 0 to below 1");
            }
            return number;
        }
    }

    /** {@code 800M}, {@code 2.5G}, {@code 1073741824}. */
    static final class Bytes implements ITypeConverter<Long> {
        private static final Pattern FORM = Pattern.compile("(\\d+(?:\\.\\d+)?)\\s*([KMGT]?)(?:I?B)?");

        @Override
        public Long convert(String text) {
            Matcher matcher = FORM.matcher(text.toUpperCase(Locale.ROOT));
            if (!matcher.matches()) {
                throw new TypeConversionException(text + " given; use a number of bytes, such as 800M or 2.5G");
            }
            int unit = matcher.group(2).isEmpty() ? 0 : 1 + "KMGT".indexOf(matcher.group(2));
            long bytes = (long) (Double.parseDouble(matcher.group(1)) * (1L << (10 * unit)));
            if (bytes < 1) {
                throw new TypeConversionException(text + " given; use 1 byte or more");
            }
            return bytes;
        }
    }

    /** {@code 1%}, or a number of images. */
    static final class Broken implements ITypeConverter<BrokenLimit> {
        @Override
        public BrokenLimit convert(String text) {
            try {
                return BrokenLimit.parse(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }

    /** {@code 90s}, {@code 20m}, {@code 1h}, {@code 45}: seconds where no unit is given. */
    static final class Seconds implements ITypeConverter<Long> {
        private static final Pattern FORM = Pattern.compile("(\\d{1,9})\\s*([smh]?)");

        @Override
        public Long convert(String text) {
            Matcher matcher = FORM.matcher(text.toLowerCase(Locale.ROOT));
            if (!matcher.matches() || Long.parseLong(matcher.group(1)) == 0) {
                throw new TypeConversionException(text + " given; use a time such as 90s, 20m or 1h");
            }
            int factor = matcher.group(2).equals("h") ? 3600 : matcher.group(2).equals("m") ? 60 : 1;
            return Long.parseLong(matcher.group(1)) * factor;
        }
    }

    /** One of an enumeration's values, by the name that help shows. */
    record Choice<E extends Enum<E>>(Class<E> kind) implements ITypeConverter<E> {
        @Override
        public E convert(String text) {
            E[] values = kind.getEnumConstants();
            return Arrays.stream(values)
                    .filter(value -> value.toString().equalsIgnoreCase(text))
                    .findFirst()
                    .orElseThrow(() -> new TypeConversionException(text + " given; use one of "
                            + Arrays.stream(values).map(Object::toString).collect(Collectors.joining(", "))));
        }

        /** For every option of the subcommands whose value, or each of whose values, is of an enumeration. */
        static void register(CommandLine command) {
            command.getSubcommands().values().stream()
                    .flatMap(each -> each.getCommandSpec().options().stream())
                    .flatMap(each -> Arrays.stream(each.auxiliaryTypes()))
                    .filter(Class::isEnum)
                    .forEach(kind -> register(command, kind));
        }

        @SuppressWarnings({"unchecked", "rawtypes"})
        private static void register(CommandLine command, Class kind) {
            command.registerConverter(kind, new Choice<>(kind));
        }
    }

    /** A network by name. */
    static final class Model implements ITypeConverter<ModelEntry> {
        @Override
        public ModelEntry convert(String name) {
            try {
                return Models.get(name);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }

    /** For completion in shells. */
    static final class ModelNames implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Models.all().stream().map(ModelEntry::name).iterator();
        }
    }

    private static long whole(String text, String rule) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new TypeConversionException(text + " given; " + rule);
        }
    }

    private static double real(String text) {
        try {
            double number = Double.parseDouble(text);
            if (Float.isFinite((float) number)) { // it will be computed with
                return number;
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw new TypeConversionException(text + " given; use a number, such as 0.05");
    }
}
