package dev.tandem.conformance;

import dev.tandem.backend.Storage;
import java.util.ArrayList;
import java.util.List;

/** Storages to release together. */
final class Held implements AutoCloseable {
    private final List<Storage> storages = new ArrayList<>();

    /** Takes over one reference; nulls are welcome. */
    Storage add(Storage storage) {
        if (storage != null) {
            storages.add(storage);
        }
        return storage;
    }

    @Override
    public void close() {
        storages.forEach(Storage::release);
        storages.clear();
    }
}
