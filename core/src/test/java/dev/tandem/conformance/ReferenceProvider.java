package dev.tandem.conformance;

import dev.tandem.backend.Backend;
import dev.tandem.backend.BackendProvider;
import dev.tandem.backend.DeviceInfo;
import dev.tandem.backend.DeviceOptions;
import java.util.List;
import java.util.Optional;

/** Lets the kit run on the reference itself, and core's tests have a device. */
public final class ReferenceProvider implements BackendProvider {
    @Override
    public String kind() {
        return "reference";
    }

    @Override
    public int priority() {
        return -100; // never what auto opens while there is anything else
    }

    @Override
    public List<DeviceInfo> devices() {
        return List.of(ReferenceBackend.INFO);
    }

    @Override
    public Optional<String> whyUnavailable() {
        return Optional.empty();
    }

    @Override
    public Backend open(int index, DeviceOptions options) {
        return new ReferenceBackend();
    }
}
