package dev.tandem.io;

import java.nio.file.Path;
import java.util.Map;

/** Folders of whoever runs this, as the launcher has them. */
public final class UserFolders {
    private UserFolders() {}

    /**
     * {@code HOME}, or what Java takes for it where that is missing or empty. Not Java's first: that is another where {@code HOME}
     * was set, and {@code ?} for users that no one knows, as in containers.
     */
    public static Path home() {
        return home(System.getenv(), System.getProperty("user.home"));
    }

    static Path home(Map<String, String> environment, String userHome) {
        String home = environment.getOrDefault("HOME", "");
        return Path.of(home.isEmpty() ? userHome : home);
    }

    /** Tandem's own below {@code XDG_CACHE_HOME}, or below {@code .cache} at home; it may not exist yet. */
    public static Path cache() {
        return cache(System.getenv(), System.getProperty("user.home"));
    }

    static Path cache(Map<String, String> environment, String userHome) {
        String cache = environment.getOrDefault("XDG_CACHE_HOME", "");
        Path parent = cache.isEmpty() ? home(environment, userHome).resolve(".cache") : Path.of(cache);
        return parent.resolve("tandem");
    }
}
