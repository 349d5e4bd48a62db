package dev.tandem.cuda.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/** Stream capture and graphs. */
@EnabledIf("dev.tandem.cuda.simulation.SimulatedCuda#isPossible")
class SimulatedGraphTest {
    private static final int UNSUPPORTED = 900;
    private static final int INVALIDATED = 901;
    private static final int UNJOINED = 904;
    private static final int ISOLATION = 905;

    private CudaCalls cuda;
    private long stream;
    private long branch;
    private long memory;
    private long add;

    @BeforeEach
    void open() {
        cuda = new CudaCalls();
        stream = cuda.stream();
        branch = cuda.stream();
        memory = cuda.upload(1f, 2f);
        add = cuda.kernel("add", """
                extern "C" __global__ void add(float* y, float amount) { y[threadIdx.x] += amount; }
                """);
    }

    @AfterEach
    void close() {
        cuda.close();
    }

    private void begin() {
        cuda.ok("cuStreamBeginCapture_v2", stream, 0);
    }

    private long end() {
        var result = cuda.arena.allocate(8);
        cuda.ok("cuStreamEndCapture", stream, result);
        long graph = result.get(java.lang.foreign.ValueLayout.JAVA_LONG, 0);
        long executable = cuda.create("cuGraphInstantiateWithFlags", graph, 0L);
        cuda.ok("cuGraphDestroy", graph);
        return executable;
    }

    @Test
    void aCapturedKernelRunsOnlyWhenTheGraphIsLaunchedAndAsOften() {
        begin();
        assertThat(cuda.launch(add, 1, 2, stream, memory, 10f)).isZero();
        long graph = end();
        assertThat(cuda.download(memory, 2)).containsExactly(1f, 2f);
        cuda.ok("cuGraphLaunch", graph, stream);
        cuda.ok("cuGraphLaunch", graph, stream);
        cuda.ok("cuStreamSynchronize", stream);
        assertThat(cuda.download(memory, 2)).containsExactly(21f, 22f);
        assertThat(cuda.control.diagnoses()).isEmpty();
    }

    @Test
    void aForkThatIsJoinedIsPartOfTheGraph() {
        long fork = cuda.event();
        long join = cuda.event();
        begin();
        cuda.ok("cuEventRecord", fork, stream);
        cuda.ok("cuStreamWaitEvent", branch, fork, 0);
        assertThat(cuda.launch(add, 1, 1, branch, memory, 1f)).isZero();
        assertThat(cuda.launch(add, 1, 1, stream, memory + 4, 1f)).isZero();
        cuda.ok("cuEventRecord", join, branch);
        cuda.ok("cuStreamWaitEvent", stream, join, 0);
        assertThat(cuda.launch(add, 1, 2, stream, memory, 1f)).isZero();
        long graph = end();
        cuda.ok("cuGraphLaunch", graph, stream);
        cuda.ok("cuStreamSynchronize", stream);
        assertThat(cuda.download(memory, 2)).containsExactly(3f, 4f);
        assertThat(cuda.control.diagnoses()).isEmpty();
    }

    @Test
    void branchesOfAGraphThatTouchTheSameMemoryAreReported() {
        long fork = cuda.event();
        long join = cuda.event();
        begin();
        cuda.ok("cuEventRecord", fork, stream);
        cuda.ok("cuStreamWaitEvent", branch, fork, 0);
        cuda.launch(add, 1, 2, branch, memory, 1f);
        cuda.launch(add, 1, 2, stream, memory, 1f);
        cuda.ok("cuEventRecord", join, branch);
        cuda.ok("cuStreamWaitEvent", stream, join, 0);
        assertThat(cuda.call("cuGraphLaunch", end(), stream)).isEqualTo(700);
        assertThat(cuda.control.diagnoses().get(0)).contains("branch 0 of graph", "branch 1 of graph");
    }

    @Test
    void aForkThatIsNotJoinedFails() {
        long fork = cuda.event();
        begin();
        cuda.ok("cuEventRecord", fork, stream);
        cuda.ok("cuStreamWaitEvent", branch, fork, 0);
        cuda.launch(add, 1, 2, branch, memory, 1f);
        assertThat(cuda.call("cuStreamEndCapture", stream, cuda.arena.allocate(8)))
                .isEqualTo(UNJOINED);
    }

    @Test
    void allocatingWhileCapturingInvalidatesTheCapture() {
        begin();
        assertThat(cuda.call("cuMemAlloc_v2", cuda.arena.allocate(8), 64L)).isEqualTo(UNSUPPORTED);
        assertThat(cuda.launch(add, 1, 2, stream, memory, 1f)).isEqualTo(INVALIDATED);
        assertThat(cuda.call("cuStreamEndCapture", stream, cuda.arena.allocate(8)))
                .isEqualTo(INVALIDATED);
    }

    @Test
    void waitingForTheHostWhileCapturingIsRefused() {
        begin();
        assertThat(cuda.call("cuStreamSynchronize", stream)).isEqualTo(UNSUPPORTED);
        assertThat(cuda.call("cuStreamEndCapture", stream, cuda.arena.allocate(8)))
                .isEqualTo(INVALIDATED);
    }

    @Test
    void eventsFromBeforeTheCaptureCannotBeWaitedFor() {
        long before = cuda.event();
        cuda.ok("cuEventRecord", before, branch);
        begin();
        assertThat(cuda.call("cuStreamWaitEvent", stream, before, 0)).isEqualTo(ISOLATION);
        cuda.call("cuStreamEndCapture", stream, cuda.arena.allocate(8));
    }
}
