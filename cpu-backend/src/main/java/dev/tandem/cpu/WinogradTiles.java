package dev.tandem.cpu;

import dev.tandem.tensor.Shape;

/**
 * Images with channels last, cut into square patches that begin every 2 pixels in both directions: one for each 2×2 tile of
 * a convolution's output. Tiles are numbered through the batch.
 *
 * @param images how many
 * @param rows of tiles in an image
 * @param columns of tiles in an image
 * @param top the first patch's first row of pixels, negative in padding
 * @param left the first patch's first column of pixels, negative in padding
 * @param size the patches' height and width, in pixels
 */
record WinogradTiles(
        long address,
        long images,
        int rows,
        int columns,
        int height,
        int width,
        int channels,
        int top,
        int left,
        int size) {

    /** The 2×2 patches of an output, or of its gradient. */
    static WinogradTiles ofOutput(CpuStorage y) {
        return of(y, y.shape(), 0, 0, 2);
    }

    /** The 4×4 patches of an input from which an output's tiles are computed. */
    static WinogradTiles ofInput(CpuStorage x, Shape y, int padTop, int padLeft) {
        return of(x, y, -padTop, -padLeft, 4);
    }

    private static WinogradTiles of(CpuStorage image, Shape y, int top, int left, int size) {
        Shape shape = image.shape();
        return new WinogradTiles(
                image.address,
                shape.size(0),
                rows(y),
                columns(y),
                (int) shape.size(2),
                (int) shape.size(3),
                (int) shape.size(1),
                top,
                left,
                size);
    }

    private static int rows(Shape y) {
        return (int) (y.size(2) + 1) / 2;
    }

    private static int columns(Shape y) {
        return (int) (y.size(3) + 1) / 2;
    }

    /** How many tiles an output has. */
    static long count(Shape y) {
        return y.size(0) * rows(y) * columns(y);
    }

    /** What a transformed tile takes. */
    static long bytes(int channels) {
        return 16L * channels * Float.BYTES;
    }

    /** How many tiles to take at a time, at most {@code most}, for as few times as that allows and nearly equal ones. */
    static long evenly(long tiles, long most) {
        long times = (tiles + most - 1) / most;
        return (tiles + times - 1) / times;
    }

    /**
     * Fills in the addresses of a patch's pixels, row by row.
     *
     * @param tile its number; beyond the last, all pixels are outside
     * @param channelBytes where in a pixel to begin
     * @param outside the address that stands for pixels outside of the image
     */
    void pixels(long tile, long channelBytes, long outside, long[] pixels) {
        long image = tile / ((long) rows * columns);
        int row = (int) (tile / columns % rows) * 2 + top;
        int column = (int) (tile % columns) * 2 + left;
        long pixelBytes = (long) channels * Float.BYTES;
        long first = address + channelBytes + ((image * height + row) * width + column) * pixelBytes;
        for (int i = 0; i < size; i++) {
            boolean inside = image < images && row + i >= 0 && row + i < height;
            for (int j = 0; j < size; j++) {
                pixels[i * size + j] = inside && column + j >= 0 && column + j < width
                        ? first + ((long) i * width + j) * pixelBytes
                        : outside;
            }
        }
    }
}
