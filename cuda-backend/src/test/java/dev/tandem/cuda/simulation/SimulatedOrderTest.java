package dev.tandem.cuda.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/** Work on several streams: what events order is allowed, the rest is reported. */
@EnabledIf("dev.tandem.cuda.simulation.SimulatedCuda#isPossible")
class SimulatedOrderTest {
    private static final int ILLEGAL_ADDRESS = 700;

    private CudaCalls cuda;
    private long first;
    private long second;
    private long event;
    private long memory;

    @BeforeEach
    void open() {
        cuda = new CudaCalls();
        first = cuda.stream();
        second = cuda.stream();
        event = cuda.event();
        memory = cuda.allocate(1024);
    }

    @AfterEach
    void close() {
        cuda.close();
    }

    private int fill(long stream) {
        return cuda.call("cuMemsetD32Async", memory, 1, 256L, stream);
    }

    @Test
    void writingOnTwoStreamsWithoutAnEventIsReportedNamingBoth() {
        cuda.ok("cuMemsetD32Async", memory, 0, 256L, first);
        assertThat(fill(second)).isEqualTo(ILLEGAL_ADDRESS);
        assertThat(cuda.control.diagnoses().get(0))
                .contains("cuMemsetD32Async (operation 1 of stream no. ", "which cuMemsetD32Async", "no event");
    }

    @Test
    void anEventOrdersTwoStreams() {
        fill(first);
        cuda.ok("cuEventRecord", event, first);
        cuda.ok("cuStreamWaitEvent", second, event, 0);
        assertThat(fill(second)).isZero();
        assertThat(cuda.control.diagnoses()).isEmpty();
    }

    @Test
    void workAfterTheRecordIsNotOrderedByTheEvent() {
        cuda.ok("cuEventRecord", event, first);
        fill(first);
        cuda.ok("cuStreamWaitEvent", second, event, 0);
        assertThat(fill(second)).isEqualTo(ILLEGAL_ADDRESS);
    }

    @Test
    void theHostOrdersStreamsThatItWaitsFor() {
        fill(first);
        cuda.ok("cuStreamSynchronize", first);
        assertThat(fill(second)).isZero();
    }

    @Test
    void readersOnTwoStreamsAreFineAndALaterWriterMustKnowBoth() {
        long a = cuda.allocate(1024);
        long b = cuda.allocate(1024);
        cuda.ok("cuMemsetD32Async", memory, 1, 256L, first);
        cuda.ok("cuStreamSynchronize", first);
        cuda.ok("cuMemcpyDtoDAsync_v2", a, memory, 1024L, first);
        cuda.ok("cuMemcpyDtoDAsync_v2", b, memory, 1024L, second);
        long third = cuda.stream();
        cuda.ok("cuEventRecord", event, second);
        cuda.ok("cuStreamWaitEvent", third, event, 0);
        assertThat(fill(third)).isEqualTo(ILLEGAL_ADDRESS);
        assertThat(cuda.control.diagnoses().get(0)).contains("writes", "which cuMemcpyDtoDAsync", "reads");
    }

    @Test
    void neighboursInOneBlockMayBelongToDifferentStreams() {
        cuda.ok("cuMemsetD32Async", memory, 1, 3L, first);
        assertThat(cuda.call("cuMemsetD32Async", memory + 12, 1, 5L, second)).isZero();
        assertThat(cuda.control.diagnoses()).isEmpty();
    }

    @Test
    void kernelsAreOrderedLikeEverythingElse() {
        long add = cuda.kernel("add", """
                extern "C" __global__ void add(float* y) { y[threadIdx.x] += 1; }
                """);
        fill(first);
        assertThat(cuda.launch(add, 1, 256, second, memory)).isEqualTo(ILLEGAL_ADDRESS);
        assertThat(cuda.control.diagnoses().get(0)).contains("kernel add", "which cuMemsetD32Async");
    }

    @Test
    void aRecordedViolationCanBeLetPass() {
        cuda.control.set("ON_VIOLATION", "record");
        try {
            fill(first);
            assertThat(fill(second)).isZero();
            assertThat(cuda.control.diagnoses()).hasSize(1);
        } finally {
            cuda.control.set("ON_VIOLATION", "");
        }
    }

    @Test
    void asynchronousCopiesWantPinnedMemory() {
        MemorySegment host = cuda.arena.allocate(1024);
        assertThat(cuda.call("cuMemcpyHtoDAsync_v2", memory, host, 1024L, first))
                .isEqualTo(1);
        assertThat(cuda.control.diagnoses().get(0)).contains("cuMemcpyHtoDAsync", "is not pinned");
    }

    @Test
    void whatComesToTheHostIsThereOnlyAfterWaiting() {
        cuda.ok("cuMemsetD32Async", memory, 5, 256L, first);
        MemorySegment host = MemorySegment.ofAddress(cuda.pinned(1024)).reinterpret(1024);
        cuda.ok("cuMemcpyDtoHAsync_v2", host, memory, 1024L, first);
        assertThat(host.get(ValueLayout.JAVA_INT, 0)).isEqualTo(-1);
        cuda.ok("cuStreamSynchronize", first);
        assertThat(host.get(ValueLayout.JAVA_INT, 1020)).isEqualTo(5);
    }

    @Test
    void aSourceMustNotChangeBeforeItIsCopied() {
        MemorySegment host = MemorySegment.ofAddress(cuda.pinned(1024)).reinterpret(1024);
        cuda.ok("cuMemcpyHtoDAsync_v2", memory, host, 1024L, first);
        host.set(ValueLayout.JAVA_INT, 8, 1);
        assertThat(cuda.control.diagnoses()).isEmpty();
        cuda.ok("cuStreamSynchronize", first);
        assertThat(cuda.control.diagnoses().get(0)).contains("the host changed the source of cuMemcpyHtoDAsync");
    }

    @Test
    void anEventIsNotReadyWhenAskedTheFirstTime() {
        fill(first);
        cuda.ok("cuEventRecord", event, first);
        assertThat(cuda.call("cuEventQuery", event)).isEqualTo(600);
        assertThat(cuda.call("cuEventQuery", event)).isZero();
        assertThat(fill(second)).isZero();
    }

    @Test
    void anEventThatWasNeverRecordedIsComplete() {
        assertThat(cuda.call("cuEventQuery", event)).isZero();
        assertThat(cuda.call("cuEventSynchronize", event)).isZero();
        assertThat(cuda.call("cuStreamWaitEvent", first, event, 0)).isZero();
    }

    @Test
    void streamOrderedMemoryExistsForOthersOnlyAfterItsAllocation() {
        long block = cuda.create("cuMemAllocAsync", 1024L, first);
        assertThat(cuda.call("cuMemsetD32Async", block, 1, 256L, second)).isEqualTo(ILLEGAL_ADDRESS);
    }

    @Test
    void streamOrderedMemoryMustNotBeFreedBeforeOthersAreDone() {
        long block = cuda.create("cuMemAllocAsync", 1024L, first);
        cuda.ok("cuEventRecord", event, first);
        cuda.ok("cuStreamWaitEvent", second, event, 0);
        cuda.ok("cuMemsetD32Async", block, 1, 256L, second);
        assertThat(cuda.call("cuMemFreeAsync", block, first)).isEqualTo(ILLEGAL_ADDRESS);
        assertThat(cuda.control.diagnoses().get(0)).contains("cuMemFreeAsync", "which cuMemsetD32Async");
    }

    @Test
    void theLegacyStreamWaitsForBlockingStreamsOnly() {
        long blocking = cuda.create("cuStreamCreate", 0);
        fill(blocking);
        assertThat(cuda.call("cuMemsetD32_v2", memory, 1, 256L)).isZero();
        cuda.ok("cuCtxSynchronize");
        fill(first);
        assertThat(cuda.call("cuMemsetD32_v2", memory, 1, 256L)).isEqualTo(ILLEGAL_ADDRESS);
    }
}
