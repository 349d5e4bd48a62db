package dev.tandem.cpu;

/**
 * The transforms in two dimensions, each a pass down the columns and one along the rows. A transformed tile is 16 pixels,
 * column by column; transformed filters are 16 planes in the same order.
 */
final class WinogradTransforms {
    /** Of the 16 planes that hold transformed filters, the first that holds taps: with these last, none is lost too early. */
    static final int FIRST_TAP = 7;

    /** Bytes of each plane that are transformed at a time, to stay in the cache. */
    private static final long PIECE = 2048;

    private final WinogradKernels kernels = Kernels.of(WinogradKernels.class);

    /** Floats that the loops take at a time: channels must be a multiple. */
    int width() {
        return kernels.width();
    }

    /** {@code Bᵀ x B}: from a patch of 4×4 pixels, given by their addresses row by row, to a transformed tile. */
    void input(long[] pixels, long tile, int channels) {
        long row = (long) channels * Float.BYTES;
        for (int column = 0; column < 4; column++) {
            kernels.input(
                    pixels[column],
                    pixels[4 + column],
                    pixels[8 + column],
                    pixels[12 + column],
                    tile + 4 * column * row,
                    row,
                    row);
        }
        kernels.input(tile, tile + 4 * row, tile + 8 * row, tile + 12 * row, tile, 4 * row, 4 * row);
    }

    /** {@code activation(Aᵀ x A + bias)}: from a transformed tile, which is lost, to the pixels of a 2×2 patch that are not 0. */
    void output(long tile, long[] pixels, int channels, long bias, boolean relu) {
        long row = (long) channels * Float.BYTES;
        kernels.output(tile, 4 * row, tile, tile + 4 * row, 4 * row);
        kernels.output(tile, row, pixels[0], pixels[2], row, bias, relu);
        kernels.output(tile + 4 * row, row, pixels[1], pixels[3], row, bias, relu);
    }

    /** {@code A y Aᵀ}: from a patch of 2×2 pixels of the output's gradient to a transformed tile. */
    void outputGradient(long[] pixels, long tile, int channels) {
        long row = (long) channels * Float.BYTES;
        kernels.outputGradient(pixels[0], pixels[2], tile, row, row);
        kernels.outputGradient(pixels[1], pixels[3], tile + 4 * row, row, row);
        kernels.outputGradient(tile, tile + 4 * row, tile, 4 * row, 4 * row);
    }

    /**
     * {@code G w Gᵀ} in place: of 9 planes of taps, row by row, in the last 9 planes, to all 16.
     *
     * @param rotated whether the taps are taken in reverse order
     * @param from the first byte of each plane to transform
     * @param to the byte after the last
     */
    void filters(long planes, long planeBytes, boolean rotated, long from, long to) {
        for (long piece = from; piece < to; piece += PIECE) {
            long at = planes + piece;
            long bytes = Math.min(PIECE, to - piece);
            for (int column = 0; column < 3; column++) {
                long top = at + (FIRST_TAP + column) * planeBytes;
                filter(rotated, top, 3 * planeBytes, at + 4 * column * planeBytes, planeBytes, bytes);
            }
            for (int row = 0; row < 4; row++) {
                long left = at + row * planeBytes;
                filter(rotated, left, 4 * planeBytes, left, 4 * planeBytes, bytes);
            }
        }
    }

    private void filter(boolean rotated, long x, long step, long y, long yStep, long bytes) {
        long first = rotated ? x + 2 * step : x;
        long last = rotated ? x : x + 2 * step;
        kernels.filter(first, x + step, last, y, yStep, bytes);
    }

    /** {@code Gᵀ x G}, the way back: of 16 planes to 9 taps in the last 9. */
    void filterGradient(long planes, long planeBytes, long from, long to) {
        for (long piece = from; piece < to; piece += PIECE) {
            long at = planes + piece;
            long bytes = Math.min(PIECE, to - piece);
            for (int row = 0; row < 4; row++) {
                long left = at + row * planeBytes;
                kernels.filterGradient(left, 4 * planeBytes, left, 4 * planeBytes, bytes);
            }
            for (int column = 2; column >= 0; column--) {
                long top = at + (FIRST_TAP + column) * planeBytes;
                kernels.filterGradient(at + 4 * column * planeBytes, planeBytes, top, 3 * planeBytes, bytes);
            }
        }
    }
}
