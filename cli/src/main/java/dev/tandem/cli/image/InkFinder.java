package dev.tandem.cli.image;

import dev.tandem.data.image.Plane;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** Tells the ink of one digit from paper, shadows, specks and the table around the paper. */
final class InkFinder {
    private static final int BACKGROUND_SIDE = 96;

    private InkFinder() {}

    /** Whether ink is darker than what it is on. Light falls in slowly changing strength, strokes are narrow. */
    static boolean isDarkOnLight(Plane photo) {
        float threshold = photo.threshold();
        int border = 0;
        int bright = 0;
        int ring = Math.max(1, Math.min(photo.height(), photo.width()) / 20);
        for (int y = 0; y < photo.height(); y++) {
            for (int x = 0; x < photo.width(); x++) {
                boolean outer = y < ring || x < ring || y >= photo.height() - ring || x >= photo.width() - ring;
                border += outer ? 1 : 0;
                bright += outer && photo.at(y, x) > threshold ? 1 : 0;
            }
        }
        if (bright >= 0.95 * border || bright <= 0.05 * border) {
            return bright > border / 2;
        }
        // A border of both kinds: the rarer deviations from the surroundings are the ink's.
        Plane surroundings = photo.blurred(Math.max(photo.height(), photo.width()) / 8);
        double skew = 0;
        for (int i = 0; i < photo.values().length; i++) {
            skew += Math.pow(photo.values()[i] - surroundings.values()[i], 3);
        }
        return skew < 0;
    }

    /** How much darker each pixel is than the paper around it, 0 to 1. */
    static Plane contrast(Plane darkOnLight) {
        double scale = Math.min(1, (double) BACKGROUND_SIDE / Math.max(darkOnLight.height(), darkOnLight.width()));
        int height = Math.max(1, (int) Math.round(scale * darkOnLight.height()));
        int width = Math.max(1, (int) Math.round(scale * darkOnLight.width()));
        int radius = Math.max(1, Math.max(height, width) / 6); // wider than a stroke
        int margin = 3 * radius; // so that the image's edge is like any other place
        Plane paper = darkOnLight
                .resized(height, width)
                .padded(margin)
                .dilated(radius)
                .eroded(radius)
                .blurred(radius / 2)
                .cropped(margin, margin, height, width)
                .resized(darkOnLight.height(), darkOnLight.width());
        float[] result = new float[darkOnLight.values().length];
        for (int i = 0; i < result.length; i++) {
            float light = Math.max(0.1f, paper.values()[i]);
            result[i] = Math.min(1, Math.max(0, (light - darkOnLight.values()[i]) / light));
        }
        return new Plane(darkOnLight.height(), darkOnLight.width(), result);
    }

    /** Between the means above and below a threshold. */
    static float distance(Plane plane, float threshold) {
        double above = 0;
        double below = 0;
        int countAbove = 0;
        for (float value : plane.values()) {
            if (value > threshold) {
                above += value;
                countAbove++;
            } else {
                below += value;
            }
        }
        int countBelow = plane.values().length - countAbove;
        return countAbove == 0 || countBelow == 0 ? 0 : (float) (above / countAbove - below / countBelow);
    }

    /** A connected patch above the threshold. */
    private record Patch(int number, double weight, int top, int left, int bottom, int right, boolean atBorder) {
        int distance(Patch other) {
            int down = Math.max(0, Math.max(top - other.bottom, other.top - bottom));
            int across = Math.max(0, Math.max(left - other.right, other.left - right));
            return Math.max(down, across);
        }

        int longerSide() {
            return Math.max(bottom - top, right - left) + 1;
        }
    }

    /** The heaviest patch that does not run out of the image, and those near it that are no specks. */
    static Ink find(Plane contrast, float threshold) {
        int[] numbers = new int[contrast.values().length];
        List<Patch> patches = patches(contrast, threshold, numbers);
        List<Patch> whole = new ArrayList<>(
                patches.stream().filter(patch -> !patch.atBorder()).toList());
        double heaviest = patches.stream().mapToDouble(Patch::weight).max().orElse(0);
        whole.removeIf(patch -> patch.weight() < 0.02 * heaviest);
        Patch main = (whole.isEmpty() ? patches : whole)
                .stream().max(Comparator.comparingDouble(Patch::weight)).orElseThrow();
        boolean[] kept = new boolean[patches.size() + 1];
        for (Patch patch : patches) {
            kept[patch.number()] = patch == main
                    || (!patch.atBorder()
                            && patch.weight() >= 0.05 * main.weight()
                            && patch.distance(main) <= 0.3 * main.longerSide());
        }
        return ink(contrast, threshold, numbers, kept);
    }

    private static List<Patch> patches(Plane contrast, float threshold, int[] numbers) {
        List<Patch> patches = new ArrayList<>();
        int[] queue = new int[numbers.length];
        for (int start = 0; start < numbers.length; start++) {
            if (numbers[start] == 0 && contrast.values()[start] > threshold) {
                patches.add(flood(contrast, threshold, numbers, queue, start, patches.size() + 1));
            }
        }
        return patches;
    }

    private static Patch flood(Plane contrast, float threshold, int[] numbers, int[] queue, int start, int number) {
        int height = contrast.height();
        int width = contrast.width();
        double weight = 0;
        int top = height;
        int left = width;
        int bottom = -1;
        int right = -1;
        int end = 0;
        queue[end++] = start;
        numbers[start] = number;
        for (int i = 0; i < end; i++) {
            int y = queue[i] / width;
            int x = queue[i] % width;
            weight += contrast.at(y, x);
            top = Math.min(top, y);
            bottom = Math.max(bottom, y);
            left = Math.min(left, x);
            right = Math.max(right, x);
            for (int ny = Math.max(0, y - 1); ny <= Math.min(height - 1, y + 1); ny++) {
                for (int nx = Math.max(0, x - 1); nx <= Math.min(width - 1, x + 1); nx++) {
                    int next = ny * width + nx;
                    if (numbers[next] == 0 && contrast.values()[next] > threshold) {
                        numbers[next] = number;
                        queue[end++] = next;
                    }
                }
            }
        }
        boolean atBorder = top == 0 || left == 0 || bottom == height - 1 || right == width - 1;
        return new Patch(number, weight, top, left, bottom, right, atBorder);
    }

    /** The kept patches and their soft edge, from 0 to 1. */
    private static Ink ink(Plane contrast, float threshold, int[] numbers, boolean[] kept) {
        float[] mask = new float[numbers.length];
        float[] strong = new float[numbers.length];
        int count = 0;
        for (int i = 0; i < mask.length; i++) {
            if (kept[numbers[i]]) {
                mask[i] = 1;
                strong[count++] = contrast.values()[i];
            }
        }
        float full = Plane.quantile(Arrays.copyOf(strong, count), 0.6);
        float none = threshold / 2;
        Plane near = new Plane(contrast.height(), contrast.width(), mask).dilated(1);
        float[] values = new float[mask.length];
        for (int i = 0; i < values.length; i++) {
            float value = (contrast.values()[i] - none) / (full - none);
            values[i] = near.values()[i] * Math.min(1, Math.max(0, value));
        }
        return Ink.of(new Plane(contrast.height(), contrast.width(), values));
    }
}
