package dev.tandem.backend;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Native libraries that lie ready as files, as in the portable distribution. Elsewhere they come in jars, and each backend
 * unpacks its own.
 */
public final class ReadyNatives {
    /** The system property that names their folder. */
    public static final String PROPERTY = "tandem.natives";

    private ReadyNatives() {}

    /** Empty if none was named. */
    public static Optional<Path> folder() {
        return Optional.ofNullable(System.getProperty(PROPERTY)).map(Path::of);
    }
}
