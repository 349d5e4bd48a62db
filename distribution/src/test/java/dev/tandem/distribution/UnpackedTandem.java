package dev.tandem.distribution;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * An unpacked archive, run through a symbolic link by a process that has no more than a HOME and a PATH.
 *
 * @param home the folder that was in the archive
 */
record UnpackedTandem(Path home, Path workingFolder, Path link, Path path, Path userHome) {
    record Ended(int exitCode, String out, String err) {}

    static UnpackedTandem of(Path archive, Path folder) throws Exception {
        Path unpacked = Files.createDirectory(folder.resolve("an installation"));
        Process tar = new ProcessBuilder("tar", "-xJf", archive.toString(), "-C", unpacked.toString())
                .inheritIO()
                .start();
        if (tar.waitFor() != 0) {
            throw new IOException("tar cannot unpack " + archive + "; it needs xz");
        }
        Path home = unpacked.resolve(archive.getFileName().toString().replace(".tar.xz", ""));
        Path link = Files.createSymbolicLink(folder.resolve("link to tandem"), home.resolve("bin/tandem"));
        return new UnpackedTandem(
                home,
                Files.createDirectory(folder.resolve("some folder")),
                link,
                toolsWithoutJava(Files.createDirectory(folder.resolve("tools"))),
                Files.createDirectory(folder.resolve("a home")));
    }

    /** A folder with what the launcher calls, and no more. */
    private static Path toolsWithoutJava(Path tools) throws IOException {
        for (String name :
                List.of("env", "bash", "readlink", "dirname", "sed", "cat", "mkdir", "df", "awk", "cksum", "cut")) {
            Path tool = Files.exists(Path.of("/usr/bin", name)) ? Path.of("/usr/bin", name) : Path.of("/bin", name);
            Path script = Files.writeString(tools.resolve(name), "#!/bin/sh\nexec " + tool + " \"$@\"\n");
            if (!script.toFile().setExecutable(true)) {
                throw new IOException(script + " cannot be made executable");
            }
        }
        return tools;
    }

    UnpackedTandem withHome(Path userHome) {
        return new UnpackedTandem(home, workingFolder, link, path, userHome);
    }

    /** What the command wrote to standard output, having succeeded. */
    JsonNode json(String... arguments) throws Exception {
        Ended ended = run(arguments);
        if (ended.exitCode() != 0) {
            throw new AssertionError(String.join(" ", arguments) + " ended with " + ended);
        }
        return new ObjectMapper().readTree(ended.out());
    }

    Ended run(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(link.toString()));
        command.addAll(List.of(arguments));
        Path out = Files.createTempFile(workingFolder.getParent(), "out", null);
        Path err = Files.createTempFile(workingFolder.getParent(), "err", null);
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(workingFolder.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().clear();
        builder.environment().put("PATH", path.toString());
        builder.environment().put("HOME", userHome.toString());
        builder.environment().put("OMP_WAIT_POLICY", "passive"); // tests share their machine
        Process process = builder.start();
        if (!process.waitFor(3, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            throw new AssertionError(command + " does not end");
        }
        return new Ended(process.exitValue(), Files.readString(out), Files.readString(err));
    }
}
