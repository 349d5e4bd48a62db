package dev.tandem.backend;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Things that are dear to make, by what they depend on: the last used ones, up to a limit. Whatever falls out is closed, so native
 * memory stays bounded where shapes never repeat, as in a server that takes images of any size. For one thread.
 *
 * <p>An entry is closed when {@code limit} others were used after it. Hold one no longer than an operation, which uses far fewer.
 */
public final class RecentlyUsed<K, V> implements AutoCloseable {
    private final String name;
    private final int limit;
    private final Consumer<? super V> closer;
    private final Map<K, V> entries = new LinkedHashMap<>(16, 0.75f, true); // the least recently used first

    /**
     * @param name of what is kept, in the plural, for {@link #describe}
     * @param limit the most entries
     * @param closer frees what falls out
     */
    public RecentlyUsed(String name, int limit, Consumer<? super V> closer) {
        if (limit < 1) {
            throw new IllegalArgumentException("cache of " + name + ": " + limit + " entries; it must keep at least 1");
        }
        this.name = name;
        this.limit = limit;
        this.closer = closer;
    }

    /** The entry of that key, made where there is none; its maker may ask for further entries. */
    public V get(K key, Supplier<? extends V> maker) {
        V value = entries.get(key);
        if (value == null) {
            value = maker.get();
            entries.put(key, value);
            if (entries.size() > limit) {
                V eldest = entries.remove(entries.keySet().iterator().next());
                closer.accept(eldest);
            }
        }
        return value;
    }

    /** For reports: {@code oneDNN primitives 12 of 1024}. */
    public String describe() {
        return name + " " + entries.size() + " of " + limit;
    }

    /** Frees all. */
    @Override
    public void close() {
        entries.values().forEach(closer);
        entries.clear();
    }
}
