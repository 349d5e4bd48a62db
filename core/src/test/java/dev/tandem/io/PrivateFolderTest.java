package dev.tandem.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Folders that code is loaded from. */
@DisabledOnOs(OS.WINDOWS)
class PrivateFolderTest {
    @TempDir
    Path place;

    private static String permissions(Path folder) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(folder));
    }

    @Test
    void nobodyElseMayEnter() throws IOException {
        assertThat(permissions(PrivateFolder.at(place.resolve("a/b")).path())).isEqualTo("rwx------");
        Path open = Files.createDirectory(place.resolve("open"));
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThat(permissions(PrivateFolder.at(open).path())).isEqualTo("rwx------");
    }

    @Test
    void aLinkIsRefused() throws IOException {
        Path elsewhere = Files.createDirectory(place.resolve("elsewhere"));
        Path link = Files.createSymbolicLink(place.resolve("link"), elsewhere);
        assertThatThrownBy(() -> PrivateFolder.at(link))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("is a link or a file");
    }

    @Test
    void aFolderOfAnotherUserIsRefused() throws IOException {
        Path folder = Files.createDirectory(place.resolve("theirs"));
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
        UserPrincipal before = Files.getOwner(folder);
        try {
            Files.setOwner(
                    folder,
                    folder.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("nobody"));
        } catch (IOException e) {
            Assumptions.abort("only root may give folders away");
        }
        Assumptions.assumeFalse(before.equals(Files.getOwner(folder)));
        assertThatThrownBy(() -> PrivateFolder.at(folder))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("belongs to nobody")
                .hasMessageContaining("XDG_CACHE_HOME");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void whereTheCacheCannotBeMadeAPrivateFolderForTemporaryFilesServes() throws IOException {
        Path cache = Files.createFile(place.resolve("cache"));
        Path folder = PrivateFolder.ofOrTemporary(cache, place, "natives").path();
        assertThat(folder.getParent().getFileName().toString()).startsWith("tandem-");
        assertThat(folder.getParent().getParent()).isEqualTo(place);
        assertThat(permissions(folder.getParent())).isEqualTo("rwx------");
        assertThat(permissions(folder)).isEqualTo("rwx------");
    }

    @Test
    void aResourceIsUnpackedOnceAndMendedIfItWasCut() throws IOException {
        URL resource = Files.writeString(place.resolve("resource"), "a library")
                .toUri()
                .toURL();
        PrivateFolder folder = PrivateFolder.at(place.resolve("unpacked"));
        Path file = folder.unpack("library", resource);
        assertThat(file).hasContent("a library");
        Files.writeString(file, "a lib");
        assertThat(folder.unpack("library", resource)).hasContent("a library");
        assertThat(folder.path()).isDirectoryContaining("glob:**/library");
        try (var files = Files.list(folder.path())) {
            assertThat(files).hasSize(1);
        }
    }
}
