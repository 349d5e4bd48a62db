package dev.tandem.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What falls out of a cache, and when. */
class RecentlyUsedTest {
    private final List<String> closed = new ArrayList<>();

    private RecentlyUsed<Integer, String> cache(int limit) {
        return new RecentlyUsed<>("words", limit, closed::add);
    }

    @Test
    void theLeastRecentlyUsedIsClosed() {
        RecentlyUsed<Integer, String> cache = cache(2);
        cache.get(1, () -> "one");
        cache.get(2, () -> "two");
        assertThat(cache.get(1, () -> "made again")).isEqualTo("one");
        cache.get(3, () -> "three");
        assertThat(closed).containsExactly("two");
        assertThat(cache.describe()).isEqualTo("words 2 of 2");
    }

    @Test
    void aMakerMayAskForOthers() {
        RecentlyUsed<Integer, String> cache = cache(2);
        assertThat(cache.get(1, () -> "one with " + cache.get(2, () -> "two"))).isEqualTo("one with two");
        assertThat(closed).isEmpty();
    }

    @Test
    void aMakerThatFailsLeavesNothing() {
        RecentlyUsed<Integer, String> cache = cache(2);
        assertThatThrownBy(() -> cache.get(1, () -> {
                    throw new IllegalStateException("no");
                }))
                .hasMessage("no");
        assertThat(cache.get(1, () -> "one")).isEqualTo("one");
    }

    @Test
    void closingClosesAllAndLeavesAnEmptyCache() {
        RecentlyUsed<Integer, String> cache = cache(2);
        cache.get(1, () -> "one");
        cache.get(2, () -> "two");
        cache.close();
        cache.close();
        assertThat(closed).containsExactlyInAnyOrder("one", "two");
        assertThat(cache.describe()).isEqualTo("words 0 of 2");
    }
}
