package dev.tandem.data;

import dev.tandem.data.image.FileNames;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** What is passed over in folders of photos, in a line for each kind of file, however many there are. */
final class PhotoRemarks {
    private PhotoRemarks() {}

    /** @param part whose folders of classes those listed are */
    static List<String> on(Path part, PhotoTree tree, List<ClassFolder> listed) {
        List<String> remarks = new ArrayList<>();
        String photos = "photos " + FileNames.path(part) + ": ";
        new TreeSet<>(listed.stream()
                        .flatMap(each -> each.unread().keySet().stream())
                        .toList())
                .forEach(ending -> remarks.add(photos + unread(ending, listed)));
        Map<String, Integer> others = new TreeMap<>();
        listed.forEach(each -> each.others().forEach((ending, count) -> others.merge(ending, count, Integer::sum)));
        if (!others.isEmpty()) {
            remarks.add(photos + "passed over, since they are no images: " + counted(others));
        }
        List<Path> deeper =
                listed.stream().flatMap(each -> each.folders().stream()).toList();
        if (!deeper.isEmpty()) {
            remarks.add(photos + "folders within those of classes are not looked into: "
                    + deeper.stream()
                            .limit(5)
                            .map(each -> FileNames.of(each.getParent()) + "/" + FileNames.of(each))
                            .collect(Collectors.joining(", "))
                    + (deeper.size() > 5 ? " and " + (deeper.size() - 5) + " more" : ""));
        }
        int loose = ClassFolder.list(part).photos().size();
        if (loose > 0) {
            remarks.add(
                    photos + loose + " in it belong to no class and are not used; they want a folder of their class");
        }
        return remarks;
    }

    private static String unread(String ending, List<ClassFolder> listed) {
        List<ClassFolder> holding = listed.stream()
                .filter(each -> each.unread().containsKey(ending))
                .toList();
        int count = holding.stream().mapToInt(each -> each.unread().get(ending)).sum();
        int all = holding.stream()
                .mapToInt(each -> each.photos().size()
                        + each.unread().values().stream()
                                .mapToInt(Integer::intValue)
                                .sum())
                .sum();
        return String.format(
                Locale.ROOT,
                "%,d of %,d photos of %s end in %s, which is not read; convert them to JPEG or PNG",
                count,
                all,
                holding.size() == 1
                        ? "class " + holding.get(0).name()
                        : holding.size() + " classes ("
                                + PhotoTree.names(
                                        holding.stream().map(ClassFolder::path).toList()) + ")",
                ending);
    }

    /** Such as {@code 2 .csv, 1 .txt}. */
    @SafeVarargs
    static String counted(Map<String, Integer>... kinds) {
        List<String> counts = new ArrayList<>();
        for (Map<String, Integer> each : kinds) {
            each.forEach((ending, count) -> counts.add(String.format(Locale.ROOT, "%,d %s", count, ending)));
        }
        return String.join(", ", counts);
    }
}
