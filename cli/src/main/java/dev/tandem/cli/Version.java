package dev.tandem.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** Which Tandem this is, as the build wrote it down. */
final class Version implements IVersionProvider {
    static String text() {
        return properties().getProperty("version");
    }

    /** Of the sources, with {@code -dirty} where they were changed since; {@code unknown} if they were built outside of Git. */
    static String commit() {
        return properties().getProperty("commit");
    }

    private static Properties properties() {
        Properties properties = new Properties();
        try (InputStream in = Version.class.getResourceAsStream("version.properties")) {
            properties.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return properties;
    }

    @Override
    public String[] getVersion() {
        return new String[] {
            "tandem " + text() + " (commit " + commit() + ")",
            "Java " + Runtime.version() + ", " + System.getProperty("os.name") + " " + System.getProperty("os.arch")
        };
    }
}
