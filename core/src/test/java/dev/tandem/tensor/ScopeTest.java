package dev.tandem.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.conformance.ReferenceBackend;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which scope a tensor belongs to; what that does to memory is in the conformance kit. */
class ScopeTest {
    private Device device;

    @BeforeEach
    void open() {
        device = Device.of(new ReferenceBackend());
    }

    @AfterEach
    void close() {
        device.close();
    }

    @Test
    void withoutAScopeTensorsLiveAsLongAsTheirDevice() {
        Tensor x = Tensor.of(1);
        try (Scope scope = Scope.open()) {
            Tensor.of(2);
        }
        assertThat(x.isReleased()).isFalse();
        device.close();
        assertThat(x.isReleased()).isTrue();
    }

    @Test
    void tensorsBelongToTheInnermostScope() {
        Tensor inner;
        try (Scope outer = Scope.open()) {
            Tensor before = Tensor.of(1);
            try (Scope nested = Scope.open()) {
                inner = Tensor.of(2);
            }
            Tensor after = Tensor.of(3);
            assertThat(inner.isReleased()).isTrue();
            assertThat(before.isReleased()).isFalse();
            assertThat(after.isReleased()).isFalse();
        }
    }

    @Test
    void keepMovesOneScopeOutward() {
        Tensor kept;
        try (Scope outer = Scope.open()) {
            try (Scope nested = Scope.open()) {
                kept = nested.keep(Tensor.of(1));
            }
            assertThat(kept.isReleased()).isFalse();
        }
        assertThat(kept.isReleased()).isTrue();
    }

    @Test
    void keepInTheOutermostScopeMovesToTheDevice() {
        Tensor kept;
        try (Scope outer = Scope.open()) {
            kept = outer.keep(Tensor.of(1));
        }
        assertThat(kept.isReleased()).isFalse();
    }

    @Test
    void keepLeavesWhatLivesLongerWhereItBelongs() {
        Tensor persistent = Tensor.of(1).persist();
        try (Scope outer = Scope.open()) {
            Tensor early = Tensor.of(2);
            try (Scope nested = Scope.open()) {
                nested.keep(persistent);
                nested.keep(early);
                assertThat(outer.owns(early)).isTrue();
            }
            assertThat(early.isReleased()).isFalse();
        }
        assertThat(persistent.isReleased()).isFalse();
    }

    @Test
    void keepingTwiceMovesOnce() {
        Tensor kept;
        try (Scope outer = Scope.open()) {
            try (Scope nested = Scope.open()) {
                kept = nested.keep(nested.keep(Tensor.of(1)));
            }
            assertThat(outer.owns(kept)).isTrue();
        }
        assertThat(kept.isReleased()).isTrue();
    }

    @Test
    void anOuterScopeKeepsWhatBelongsToOneInside() {
        Tensor kept;
        try (Scope outer = Scope.open()) {
            try (Scope middle = Scope.open()) {
                try (Scope nested = Scope.open()) {
                    kept = middle.keep(Tensor.of(1));
                }
            }
            assertThat(outer.owns(kept)).isTrue();
        }
    }

    @Test
    void releasedTensorsCannotBeKept() {
        try (Scope scope = Scope.open()) {
            Tensor x = Tensor.of(1);
            x.release();
            assertThatThrownBy(() -> scope.keep(x)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(x::persist).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void anotherThreadsScopeCannotBeClosed() throws InterruptedException {
        try (Scope scope = Scope.open()) {
            Throwable[] caught = new Throwable[1];
            Thread thread = new Thread(() -> {
                try {
                    scope.close();
                } catch (IllegalStateException e) {
                    caught[0] = e;
                }
            });
            thread.start();
            thread.join();
            assertThat(caught[0]).hasMessageContaining("thread");
        }
    }
}
