package dev.tandem.cli;

import dev.tandem.models.ModelEntry;
import dev.tandem.models.Models;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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
            if (Double.isFinite(number)) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw new TypeConversionException(text + " given; use a number, such as 0.05");
    }
}
