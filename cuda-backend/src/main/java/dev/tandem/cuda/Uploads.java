package dev.tandem.cuda;

import java.lang.foreign.MemorySegment;
import jcuda.Pointer;
import jcuda.driver.CUevent;
import jcuda.driver.JCudaDriver;

/**
 * Copies between host and device, through pinned host memory, since copies of any other are neither asynchronous nor fast. An
 * upload goes by its own stream into a device buffer of its own while kernels of the step before still run; the compute stream
 * then waits for it and copies it to its place, which takes a hundredth of the bus's time. So no upload waits for a kernel, and
 * the host waits only when it is {@link #SLOTS} uploads ahead.
 */
final class Uploads implements AutoCloseable {
    private static final int SLOTS = 3;
    /** Larger copies go in pieces. */
    private static final int MOST_BYTES = 32 << 20;
    /** Smaller copies, such as an optimizer's scalars, are not worth a second stream. */
    private static final int SMALL_BYTES = 64 << 10;

    /** Pinned host memory. */
    private static final class Pinned extends Pointer {
        long address() {
            return getNativePointer() + getByteOffset();
        }
    }

    /** A pinned buffer, a device buffer of its size, and when both are free again. */
    private final class Slot {
        private final CUevent arrived = compute.newEvent();
        private final CUevent placed = compute.newEvent();
        private Pinned host;
        private long capacity;
        private long device;

        /** Waits until the buffers are free, and sees to it that they are large enough. */
        void prepare(long bytes, boolean needsDevice) {
            status.driver(JCudaDriver.cuEventSynchronize(arrived), "waiting for an upload");
            if (capacity < bytes) {
                close();
                long size = Long.highestOneBit(Math.max(SMALL_BYTES, bytes) * 2 - 1);
                Pinned pinned = new Pinned();
                status.driver(JCudaDriver.cuMemHostAlloc(pinned, size, 0), "allocating pinned host memory");
                host = pinned;
                capacity = size;
            }
            if (needsDevice && device == 0) {
                device = memory.allocateForGood(capacity, "an upload buffer");
            }
        }

        MemorySegment segment(long bytes) {
            return MemorySegment.ofAddress(host.address()).reinterpret(bytes);
        }

        void close() {
            if (host != null) {
                JCudaDriver.cuMemFreeHost(host);
                host = null;
            }
            capacity = 0; // else a smaller copy would be written to memory that was never got
            if (device != 0) {
                memory.free(device);
                device = 0;
            }
        }
    }

    private final Status status;
    private final GpuMemory memory;
    private final Stream compute;
    private final Stream copies;
    private final Slot[] slots = new Slot[SLOTS];
    private int next;

    Uploads(Status status, GpuMemory memory, Stream compute) {
        this.memory = memory;
        this.status = status;
        this.compute = compute;
        this.copies = new Stream(status);
        for (int i = 0; i < SLOTS; i++) {
            slots[i] = new Slot();
        }
    }

    private Slot nextSlot() {
        next = (next + 1) % SLOTS;
        return slots[next];
    }

    /** Starts to copy all of {@code source}, which may change as soon as this returns. */
    void upload(MemorySegment source, long target) {
        for (long at = 0; at < source.byteSize(); at += MOST_BYTES) {
            long bytes = Math.min(MOST_BYTES, source.byteSize() - at);
            boolean small = bytes <= SMALL_BYTES;
            Slot slot = nextSlot();
            slot.prepare(bytes, !small);
            slot.segment(bytes).copyFrom(source.asSlice(at, bytes));
            if (small) {
                toDevice(slot, target + at, bytes, compute);
                compute.record(slot.arrived);
            } else {
                throughBuffer(slot, target + at, bytes);
            }
        }
    }

    private void throughBuffer(Slot slot, long target, long bytes) {
        copies.await(slot.placed); // of the upload before, which read the same device buffer
        toDevice(slot, slot.device, bytes, copies);
        copies.record(slot.arrived);
        compute.await(slot.arrived);
        int result =
                JCudaDriver.cuMemcpyDtoDAsync(new Address(target), new Address(slot.device), bytes, compute.handle());
        status.driver(result, "an upload");
        compute.record(slot.placed);
    }

    private void toDevice(Slot slot, long target, long bytes, Stream stream) {
        int result = JCudaDriver.cuMemcpyHtoDAsync(new Address(target), slot.host, bytes, stream.handle());
        status.driver(result, "an upload");
    }

    /** Copies to the host and waits for it. */
    void download(long source, MemorySegment target) {
        for (long at = 0; at < target.byteSize(); at += MOST_BYTES) {
            long bytes = Math.min(MOST_BYTES, target.byteSize() - at);
            Slot slot = nextSlot();
            slot.prepare(bytes, false);
            int result = JCudaDriver.cuMemcpyDtoHAsync(slot.host, new Address(source + at), bytes, compute.handle());
            status.driver(result, "a download");
            compute.synchronize("a download");
            target.asSlice(at, bytes).copyFrom(slot.segment(bytes));
        }
    }

    @Override
    public void close() {
        for (Slot slot : slots) {
            slot.close();
            JCudaDriver.cuEventDestroy(slot.arrived);
            JCudaDriver.cuEventDestroy(slot.placed);
        }
        copies.close();
    }
}
