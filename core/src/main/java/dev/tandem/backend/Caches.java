package dev.tandem.backend;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** All that a device keeps by shape, for its report and its end. */
public final class Caches implements AutoCloseable {
    private final List<RecentlyUsed<?, ?>> all = new ArrayList<>();

    /** A cache, with the parameters of {@link RecentlyUsed}, which this closes with the others. */
    public <K, V> RecentlyUsed<K, V> add(String name, int limit, Consumer<? super V> closer) {
        RecentlyUsed<K, V> cache = new RecentlyUsed<>(name, limit, closer);
        all.add(cache);
        return cache;
    }

    /** How full each is: {@code oneDNN primitives 12 of 1024, plans of convolutions 3 of 1024}. */
    public String describe() {
        return all.stream().map(RecentlyUsed::describe).collect(Collectors.joining(", "));
    }

    @Override
    public void close() {
        all.forEach(RecentlyUsed::close);
    }
}
