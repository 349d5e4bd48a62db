package dev.tandem.cuda.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/** Machines that tests ask for: without a GPU, with little memory, with calls that fail; and what is left at the end. */
@EnabledIf("dev.tandem.cuda.simulation.SimulatedCuda#isPossible")
class SimulatedMachineTest {
    private CudaCalls cuda;

    @BeforeEach
    void open() {
        cuda = new CudaCalls();
    }

    @AfterEach
    void close() {
        for (String key : new String[] {"INIT", "DEVICES", "MEMORY", "USED", "DRIVER", "FAIL"}) {
            cuda.control.set(key, "");
        }
        cuda.close();
    }

    private int readInt(String function, Object... more) {
        MemorySegment result = cuda.arena.allocate(4);
        Object[] all = new Object[more.length + 1];
        all[0] = result;
        System.arraycopy(more, 0, all, 1, more.length);
        cuda.ok(function, all);
        return result.get(ValueLayout.JAVA_INT, 0);
    }

    @Test
    void aMachineCanHaveNoGpuOrSeveral() {
        cuda.control.set("INIT", "100");
        assertThat(cuda.call("cuInit", 0)).isEqualTo(100);
        cuda.control.set("INIT", "");
        cuda.control.set("DEVICES", "3");
        assertThat(readInt("cuDeviceGetCount")).isEqualTo(3);
        assertThat(cuda.call("cuDeviceGet", cuda.arena.allocate(4), 2)).isZero();
        assertThat(cuda.call("cuDeviceGet", cuda.arena.allocate(4), 3)).isEqualTo(101);
    }

    @Test
    void theDriverCanBeOld() {
        cuda.control.set("DRIVER", "11040");
        assertThat(readInt("cuDriverGetVersion")).isEqualTo(11040);
    }

    @Test
    void memoryRunsOutAtTheSetSizeAndComesBack() {
        cuda.control.set("MEMORY", "1000000");
        cuda.control.set("USED", "400000");
        long block = cuda.allocate(500_000);
        assertThat(cuda.call("cuMemAlloc_v2", cuda.arena.allocate(8), 200_000L)).isEqualTo(2);
        cuda.free(block);
        cuda.free(cuda.allocate(200_000));
    }

    @Test
    void anOrderedFailureComesAtItsCall() {
        cuda.control.failCall("cuMemAlloc", 2, 2);
        long block = cuda.allocate(16);
        assertThat(cuda.call("cuMemAlloc_v2", cuda.arena.allocate(8), 16L)).isEqualTo(2);
        cuda.free(cuda.allocate(16), block);
    }

    @Test
    void aStickyFailureEndsTheContext() {
        cuda.control.failCall("cuStreamCreate", 1, 719);
        assertThat(cuda.call("cuStreamCreate", cuda.arena.allocate(8), 1)).isEqualTo(719);
        assertThat(cuda.call("cuMemAlloc_v2", cuda.arena.allocate(8), 16L)).isEqualTo(719);
        assertThat(cuda.call("cublasCreate_v2", cuda.arena.allocate(8))).isEqualTo(1);
    }

    @Test
    void whatIsLeftIsListedAndReportedAtTheEnd() {
        cuda.allocate(16);
        cuda.stream();
        cuda.pinned(32);
        assertThat(cuda.leaks())
                .satisfiesExactly(
                        leak -> assertThat(leak).startsWith("memory block").endsWith("of 16 bytes"),
                        leak -> assertThat(leak).startsWith("stream"),
                        leak -> assertThat(leak).startsWith("pinned memory block"));
        cuda.ok("cuDevicePrimaryCtxRelease_v2", 0);
        assertThat(cuda.control.diagnoses()).hasSize(3).allSatisfy(line -> assertThat(line)
                .endsWith("was never given back"));
        assertThat(cuda.leaks()).isEmpty();
        cuda.ok("cuDevicePrimaryCtxRetain", cuda.arena.allocate(8), 0);
    }

    @Test
    void freeingTwiceIsReported() {
        long block = cuda.allocate(16);
        cuda.free(block);
        assertThat(cuda.call("cuMemFree_v2", block)).isEqualTo(1);
        assertThat(cuda.control.diagnoses().get(0)).contains("cuMemFree: no block starts at");
    }

    @Test
    void hostPointersAreNoDevicePointersAndTheReverse() {
        long block = cuda.allocate(16);
        MemorySegment host = cuda.arena.allocate(16);
        assertThat(cuda.call("cuMemcpyHtoD_v2", host, host, 16L)).isEqualTo(1);
        assertThat(cuda.call("cuMemcpyDtoH_v2", block, block, 16L)).isEqualTo(1);
        assertThat(cuda.call("cuMemsetD8Async", cuda.pinned(16), (byte) 0 + 0, 16L, 0L))
                .isEqualTo(1);
        assertThat(cuda.control.diagnoses().get(0)).contains("the target", "a host pointer or no pointer at all");
        assertThat(cuda.control.diagnoses().get(1)).contains("the host side", "is device memory");
        assertThat(cuda.control.diagnoses().get(2)).contains("the target", "is pinned host memory");
        cuda.free(block);
    }

    @Test
    void whatIsNotSimulatedSaysSo() {
        assertThat(cuda.call("cuMemAllocManaged", cuda.arena.allocate(8), 16L, 1))
                .isEqualTo(801);
        assertThat(cuda.control.diagnoses()).containsExactly("cuMemAllocManaged is not simulated");
    }

    @Test
    void callsAreCounted() {
        cuda.free(cuda.allocate(16));
        assertThat(cuda.control.count("cuMemAlloc")).isEqualTo(1);
        assertThat(cuda.control.count("cuMemFree")).isEqualTo(1);
        assertThat(cuda.control.count("cuStreamCreate")).isZero();
    }

    @Test
    void theLibrariesOfCuda13HaveItsNames() throws Exception {
        Path folder = SimulatedCuda.folder13();
        assertThat(Files.exists(folder.resolve("libcublas.so.13"))).isTrue();
        assertThat(Files.exists(folder.resolve("libnvrtc.so.13"))).isTrue();
        assertThat(Files.exists(folder.resolve("libcublas.so.12"))).isFalse();
    }
}
