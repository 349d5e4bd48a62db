package dev.tandem.data.image;

/** A part of an image, in pixels. */
record Window(int top, int left, int height, int width) {
    /**
     * In an image of {@code wholeHeight} and {@code wholeWidth}; halves of pixels go to the even one, as torchvision cuts.
     *
     * @param down where, from 0 at the top to 1 at the bottom; {@code right} likewise
     */
    static Window of(int wholeHeight, int wholeWidth, int height, int width, double down, double right) {
        return new Window(
                (int) Math.rint(down * (wholeHeight - height)),
                (int) Math.rint(right * (wholeWidth - width)),
                height,
                width);
    }
}
