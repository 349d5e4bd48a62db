package dev.tandem.data.image;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Kinds of image files, told apart by their first bytes: names often say something else. */
public enum ImageFormat {
    JPEG("JPEG", "jpg", "jpeg", "jpe", "jfif", "pjpeg", "pjp"),
    PNG("PNG", "png", "apng"),
    WEBP("WebP", "webp"),
    TIFF("TIFF", "tif", "tiff"),
    BMP("BMP", "bmp", "dib"),
    GIF("GIF", "gif"),
    /** Not read, as those after it. */
    AVIF("AVIF"),
    HEIF("HEIF (HEIC)"),
    JPEG_XL("JPEG XL"),
    JPEG_2000("JPEG 2000"),
    PHOTOSHOP("Photoshop's");

    /** How many first bytes tell the kind. */
    public static final int TELLING_BYTES = 32;

    private static final List<String> HEIF_BRANDS =
            List.of("heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1");
    private static final Set<Integer> BMP_HEADERS = Set.of(12, 40, 52, 56, 64, 108, 124);

    private final String name;
    private final Set<String> endings;

    ImageFormat(String name, String... endings) {
        this.name = name;
        this.endings = Set.of(endings);
    }

    /** Whether {@link Picture} reads it. */
    public boolean isRead() {
        return compareTo(AVIF) < 0;
    }

    /** The kind that a name's ending, such as {@code jpg}, means, of those that are read. */
    public static Optional<ImageFormat> ofEnding(String ending) {
        String small = ending.toLowerCase(Locale.ROOT);
        return Arrays.stream(values())
                .filter(each -> each.endings.contains(small))
                .findFirst();
    }

    /** The kind of a file that begins so; empty if it is none of these. */
    public static Optional<ImageFormat> of(byte[] start) {
        return Optional.ofNullable(kind(start));
    }

    private static ImageFormat kind(byte[] start) {
        if (begins(start, 0, "\u00ff\u00d8\u00ff")) {
            return JPEG;
        }
        if (begins(start, 0, "\u0089PNG\r\n\u001a\n")) {
            return PNG;
        }
        if (begins(start, 0, "RIFF") && begins(start, 8, "WEBP")) {
            return WEBP;
        }
        if (begins(start, 0, "II*\0") || begins(start, 0, "MM\0*")) {
            return TIFF;
        }
        if (begins(start, 0, "BM") && start.length > 14 && BMP_HEADERS.contains((int) start[14])) {
            return BMP;
        }
        if (begins(start, 0, "GIF87a") || begins(start, 0, "GIF89a")) {
            return GIF;
        }
        return unread(start);
    }

    private static ImageFormat unread(byte[] start) {
        if (begins(start, 4, "ftypavi")) {
            return AVIF;
        }
        if (HEIF_BRANDS.stream().anyMatch(brand -> begins(start, 4, "ftyp" + brand))) {
            return HEIF;
        }
        if (begins(start, 0, "\u00ff\n") || begins(start, 0, "\0\0\0\fJXL ")) {
            return JPEG_XL;
        }
        if (begins(start, 0, "\0\0\0\fjP  ") || begins(start, 0, "\u00ffO\u00ffQ")) {
            return JPEG_2000;
        }
        return begins(start, 0, "8BPS") ? PHOTOSHOP : null;
    }

    private static boolean begins(byte[] bytes, int from, String with) {
        byte[] wanted = with.getBytes(StandardCharsets.ISO_8859_1);
        return bytes.length >= from + wanted.length
                && Arrays.equals(bytes, from, from + wanted.length, wanted, 0, wanted.length);
    }

    /** Those that are read, for messages: {@code JPEG, PNG, … or GIF}. */
    public static String listed() {
        List<String> read = Arrays.stream(values())
                .filter(ImageFormat::isRead)
                .map(ImageFormat::toString)
                .collect(Collectors.toList());
        return String.join(", ", read.subList(0, read.size() - 1)) + " or " + read.get(read.size() - 1);
    }

    @Override
    public String toString() {
        return name;
    }
}
