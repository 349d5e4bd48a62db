package dev.tandem.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ElfRelinkTest {
    /** A native library of JCuda's that names another one. That the result loads, {@link FindingCudaTest} tells. */
    private static byte[] library(String name) throws IOException {
        try (InputStream in = ElfRelinkTest.class.getResourceAsStream("/lib/lib" + name + "-12.6.0-linux-x86_64.so")) {
            return in.readAllBytes();
        }
    }

    /** As a whole name; static symbol tables hold it as a part of longer ones. */
    private static int occurrences(byte[] file, String text) {
        String all = new String(file, StandardCharsets.ISO_8859_1);
        int count = 0;
        for (int at = all.indexOf("\0" + text + "\0"); at >= 0; at = all.indexOf("\0" + text + "\0", at + 1)) {
            count++;
        }
        return count;
    }

    @Test
    void theOtherReleaseIsNamedInsteadAndNothingMoves() throws IOException {
        byte[] library = library("JCublas2");
        byte[] before = library.clone();

        int changes = ElfRelink.relink(library, "libcublas.so.12", "libcublas.so.13");

        assertThat(changes).isPositive();
        assertThat(occurrences(before, "libcublas.so.12")).isPositive();
        assertThat(occurrences(library, "libcublas.so.12")).isZero();
        assertThat(occurrences(library, "libcublas.so.13")).isEqualTo(occurrences(before, "libcublas.so.12"));
        int different = 0;
        for (int i = 0; i < library.length; i++) {
            different += library[i] == before[i] ? 0 : 1;
        }
        assertThat(different)
                .as("the name's last letter, and the hash of the symbol version")
                .isBetween(1, 5);
    }

    @Test
    void aLibraryThatDoesNotNameItStaysAsItIs() throws IOException {
        byte[] library = library("JCudnn");
        byte[] before = library.clone();

        assertThat(ElfRelink.relink(library, "libcublas.so.12", "libcublas.so.13"))
                .isZero();
        assertThat(library).isEqualTo(before);
    }

    @Test
    void whatIsNoLibraryIsRefused() {
        assertThatThrownBy(() -> ElfRelink.relink(new byte[100], "libcublas.so.12", "libcublas.so.13"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("ELF");
        assertThatThrownBy(() -> ElfRelink.relink(new byte[100], "liba.so.9", "liba.so.10"))
                .hasMessageContaining("longer");
    }
}
