package dev.tandem.data;

/**
 * Which part of a photo is taken.
 *
 * @param down from 0, its upper end, to 1, its lower one; {@code right} likewise
 */
public record Crop(double down, double right) {
    public static final Crop CENTRE = new Crop(0.5, 0.5);
}
