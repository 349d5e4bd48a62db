package dev.tandem.cuda;

import dev.tandem.io.PrivateFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import jcuda.nvrtc.JNvrtc;
import jcuda.nvrtc.nvrtcProgram;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Compiles kernels for one architecture, and keeps the machine code on disk by the hash of all that it depends on. */
final class KernelCompiler {
    private static final Logger LOG = LoggerFactory.getLogger(KernelCompiler.class);

    private final String device;
    private final String architecture;
    private final String release;
    private PrivateFolder cache;

    /** @param release NVRTC's version, on which machine code depends too */
    KernelCompiler(String device, int architecture, String release) {
        this.device = device;
        this.architecture = "sm_" + architecture;
        this.release = release;
        try {
            cache = PrivateFolder.of("cuda-kernels");
        } catch (IOException e) {
            LOG.warn("kernels are compiled anew at every start: no folder to keep them ({})", e.getMessage());
        }
    }

    /** The machine code of a source. */
    byte[] compile(String file, String source) {
        String name = hash(source) + ".cubin";
        byte[] kept = kept(name);
        if (kept != null) {
            return kept;
        }
        byte[] cubin = compileAnew(file, source);
        keep(name, cubin);
        return cubin;
    }

    private byte[] kept(String name) {
        try {
            return cache == null ? null : cache.read(name);
        } catch (IOException e) {
            LOG.debug("kernel {} cannot be read", name, e);
            return null;
        }
    }

    private void keep(String name, byte[] cubin) {
        try {
            if (cache != null) {
                cache.write(name, cubin);
            }
        } catch (IOException e) {
            LOG.warn("kernels are compiled anew at every start: {} cannot be written ({})", name, e.getMessage());
            cache = null;
        }
    }

    private byte[] compileAnew(String file, String source) {
        Compiled compiled = run(file, source);
        if (!compiled.log.isEmpty()) {
            LOG.debug("NVRTC on {}.cu: {}", file, compiled.log);
        }
        return compiled.cubin;
    }

    /** Machine code, and what the compiler had to say, which may be nothing. */
    record Compiled(byte[] cubin, String log) {}

    /** Compiles whatever is kept on disk. */
    Compiled run(String file, String source) {
        nvrtcProgram program = new nvrtcProgram();
        check(JNvrtc.nvrtcCreateProgram(program, source, file + ".cu", 0, null, null), file, "");
        try {
            String[] options = {"--gpu-architecture=" + architecture, "--std=c++17"};
            int status = JNvrtc.nvrtcCompileProgram(program, options.length, options);
            String log = log(program);
            check(status, file, "\n" + log);
            long[] size = new long[1];
            check(JNvrtc.nvrtcGetCUBINSize(program, size), file, "");
            byte[] cubin = new byte[Math.toIntExact(size[0])];
            check(JNvrtc.nvrtcGetCUBIN(program, cubin), file, "");
            return new Compiled(cubin, log);
        } finally {
            JNvrtc.nvrtcDestroyProgram(program);
        }
    }

    private static String log(nvrtcProgram program) {
        String[] log = new String[1];
        JNvrtc.nvrtcGetProgramLog(program, log);
        return log[0] == null ? "" : log[0].replace("\0", "").strip();
    }

    private void check(int status, String file, String log) {
        if (status != 0) {
            throw new CudaException(device + ": compiling " + file + ".cu for " + architecture + " failed: NVRTC "
                    + release + " says " + JNvrtc.nvrtcGetErrorString(status) + log);
        }
    }

    private String hash(String source) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update((architecture + " NVRTC " + release + "\n").getBytes(StandardCharsets.UTF_8));
            digest.update(source.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }
}
