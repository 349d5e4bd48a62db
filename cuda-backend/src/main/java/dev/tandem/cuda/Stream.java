package dev.tandem.cuda;

import static jcuda.driver.CUevent_flags.CU_EVENT_DISABLE_TIMING;
import static jcuda.driver.CUstream_flags.CU_STREAM_NON_BLOCKING;

import jcuda.driver.CUevent;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;
import jcuda.runtime.cudaStream_t;

/** A queue of a GPU's work, in order within itself. */
final class Stream implements AutoCloseable {
    /** JCuda's stream, which alone knows its number. */
    private static final class Handle extends CUstream {
        long value() {
            return getNativePointer();
        }
    }

    private final Handle handle = new Handle();
    private final Status status;

    Stream(Status status) {
        this.status = status;
        status.driver(JCudaDriver.cuStreamCreate(handle, CU_STREAM_NON_BLOCKING), "making a stream");
    }

    CUstream handle() {
        return handle;
    }

    long value() {
        return handle.value();
    }

    /** As cuBLAS and cuDNN take it. */
    cudaStream_t forLibraries() {
        return new cudaStream_t(handle);
    }

    CUevent newEvent() {
        CUevent event = new CUevent();
        status.driver(JCudaDriver.cuEventCreate(event, CU_EVENT_DISABLE_TIMING), "making an event");
        return event;
    }

    /** The event happens when all that is queued by now is done. */
    void record(CUevent event) {
        status.driver(JCudaDriver.cuEventRecord(event, handle), "recording an event");
    }

    /** What is queued from now on waits for the event; the host does not. */
    void await(CUevent event) {
        status.driver(JCudaDriver.cuStreamWaitEvent(handle, event, 0), "waiting for an event");
    }

    /** The host waits until all is done. */
    void synchronize(String operation) {
        status.driver(JCudaDriver.cuStreamSynchronize(handle), operation);
    }

    @Override
    public void close() {
        JCudaDriver.cuStreamDestroy(handle);
    }
}
