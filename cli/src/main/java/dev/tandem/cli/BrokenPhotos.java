package dev.tandem.cli;

import dev.tandem.data.image.ImageException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What is said of photos that could not be read and were skipped. */
final class BrokenPhotos {
    /** Of the option. */
    static final String LIMIT =
            "How many photos may be broken, as a share (0.5%%) or a number; they are skipped and listed at the"
                    + " end, and with more it ends at once (default: 1%%, rounded up).";

    private static final int LISTED = 10;

    private BrokenPhotos() {}

    /** A line each, but for many. */
    static void note(Console console, List<ImageException> broken) {
        if (broken.isEmpty()) {
            return;
        }
        console.note("tandem: " + Format.counted(broken.size(), "photo") + " could not be read, skipped:");
        broken.stream().limit(LISTED).forEach(each -> console.note("  " + each.file() + ": " + each.reason()));
        if (broken.size() > LISTED) {
            console.note("  and " + Format.grouped(broken.size() - LISTED) + " more (--json lists all)");
        }
    }

    /** For programs. */
    static List<Map<String, String>> toList(List<ImageException> broken) {
        return broken.stream()
                .map(each -> {
                    Map<String, String> map = new LinkedHashMap<>();
                    map.put("file", each.file());
                    map.put("reason", each.reason());
                    return map;
                })
                .toList();
    }
}
