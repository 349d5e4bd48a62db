package dev.tandem.nn;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class NearestNamesTest {
    @Test
    void theNearestNameComesFirst() {
        List<String> known = List.of("classifier", "features", "stem", "seam");
        assertThat(NearestNames.of("stme", known, 1)).containsExactly("stem");
        assertThat(NearestNames.of("feature", known, 1)).containsExactly("features");
        assertThat(NearestNames.of("sem", known, 2)).containsExactly("stem", "seam");
        assertThat(NearestNames.of("x", List.of(), 3)).isEmpty();
        assertThat(NearestNames.like("stme", known)).contains("stem");
        assertThat(NearestNames.like("backbone", known)).as("too far").isEmpty();
        assertThat(NearestNames.like("x", List.of())).isEmpty();
    }
}
