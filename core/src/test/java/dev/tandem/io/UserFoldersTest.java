package dev.tandem.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class UserFoldersTest {
    private static final String JAVAS = "/home/java";

    @Test
    void homeIsTheVariablesOrJavasWhereThatIsMissingOrEmpty() {
        assertThat(UserFolders.home(Map.of("HOME", "/home/set"), JAVAS)).isEqualTo(Path.of("/home/set"));
        assertThat(UserFolders.home(Map.of("HOME", ""), JAVAS)).isEqualTo(Path.of(JAVAS));
        assertThat(UserFolders.home(Map.of(), JAVAS)).isEqualTo(Path.of(JAVAS));
    }

    @Test
    void theCacheIsNeverRelativeToTheCurrentFolderForAnEmptyVariable() {
        assertThat(UserFolders.cache(Map.of("HOME", "", "XDG_CACHE_HOME", ""), JAVAS))
                .isEqualTo(Path.of(JAVAS, ".cache", "tandem"));
        assertThat(UserFolders.cache(Map.of("XDG_CACHE_HOME", "/cache"), JAVAS)).isEqualTo(Path.of("/cache/tandem"));
    }
}
