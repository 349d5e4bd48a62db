package dev.tandem.backend.meta;

/** Counts the arithmetic of the operations that nearly all time goes into. */
final class MultiplyAdds {
    private long total;

    void add(long count) {
        total += count;
    }

    long total() {
        return total;
    }
}
