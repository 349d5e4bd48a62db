package dev.tandem.data;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How many of a data set's images may be broken.
 *
 * @param amount images, or, if {@code percent}, hundredths of all, rounded up to whole images
 */
public record BrokenLimit(double amount, boolean percent) {
    /** One in a hundred: more is no accident. */
    public static final BrokenLimit USUAL = new BrokenLimit(1, true);

    public static final BrokenLimit ANY = new BrokenLimit(100, true);

    private static final Pattern FORM = Pattern.compile("(\\d{1,9}(?:\\.\\d{1,9})?)\\s*(%?)");

    public BrokenLimit {
        if (!(amount >= 0) || (percent ? amount > 100 : amount != Math.rint(amount))) {
            throw new IllegalArgumentException("limit for broken images: " + text(amount, percent)
                    + " given; it must be a whole number of images, such as 5, or from 0% to 100%");
        }
    }

    /**
     * @param text such as {@code 1%}, {@code 0.5%}, or {@code 20} images
     * @throws IllegalArgumentException if it is neither
     */
    public static BrokenLimit parse(String text) {
        Matcher parts = FORM.matcher(text.strip());
        if (!parts.matches()) {
            throw new IllegalArgumentException("limit for broken images: " + text
                    + " given; it must be a whole number of images, such as 5, or from 0% to 100%");
        }
        return new BrokenLimit(
                Double.parseDouble(parts.group(1)), !parts.group(2).isEmpty());
    }

    /** Of so many images. */
    int allowed(int images) {
        return (int) Math.min(images, percent ? Math.ceil(images * amount / 100) : amount);
    }

    private static String text(double amount, boolean percent) {
        String number = amount == Math.rint(amount) ? Long.toString((long) amount) : Double.toString(amount);
        return percent ? number + "%" : number;
    }

    /** As {@link #parse} reads it. */
    @Override
    public String toString() {
        return text(amount, percent);
    }
}
