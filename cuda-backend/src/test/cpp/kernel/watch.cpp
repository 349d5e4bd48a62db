// What the compiled kernels call before each load and store (g++ -fsanitize=thread emits the calls). Device memory: is it
// allocated, and ordered with its other users? Shared memory: does a barrier lie between two threads' uses? Anything else
// must be the kernel's own stack or constants; a host pointer is found here.
#include "watch.h"

namespace sim {
namespace {

/** Who used a word of shared memory last, and between which barriers. */
struct SharedWord {
    std::uint32_t written_in, read_in;  // intervals between barriers; 0 is never
    std::uint16_t writer, reader;       // threads
    std::uint32_t writer_step, reader_step;  // shuffles or __syncwarps of their warps before that
    bool several_readers;
};

struct Watch {
    Address device_start, stack_start, stack_end, image_start, image_end;
    Address shared_start, shared_end, dynamic_start, dynamic_end;
    Granule* granules;
    Actor actor;
    const Launch* launch;
    unsigned thread, warp_step;
    std::uint32_t interval = 1;
    std::vector<SharedWord> shared, dynamic;
} watch;

[[noreturn]] void complain_of_device(Fault fault, Address at, unsigned bytes, bool writes, Epoch other) {
    complain_of_fault(fault, *watch.launch->memory, at, bytes, writes, watch.actor, other);
    complain("   it was thread %u of block (%u, %u, %u)", watch.thread, tandem_sim_place.block.x, tandem_sim_place.block.y,
            tandem_sim_place.block.z);
    abandon_launch(ILLEGAL_ADDRESS);
}

void use_device(Address at, unsigned bytes, bool writes) {
    Granule& granule = watch.granules[(at - watch.device_start) >> GRANULE_SHIFT];
    Address end = at + bytes;
    if (((at ^ (end - 1)) >> GRANULE_SHIFT) != 0) {
        Address border = (end - 1) & ~63ull;
        use_device(at, static_cast<unsigned>(border - at), writes);
        use_device(border, static_cast<unsigned>(end - border), writes);
        return;
    }
    std::uint16_t words = word_mask(at, end);
    // The fast way: this launch did the same here before.
    if (writes ? granule.writer == watch.actor.now && (granule.written & words) == words
               : granule.readers[0] == watch.actor.now && (granule.read[0] & words) == words) {
        return;
    }
    Epoch other = 0;
    Fault fault = use(granule, words, writes, watch.actor, other);
    if (fault == Fault::NONE) return;
    if (fault != Fault::NOT_ALLOCATED && violation() == OK) {
        complain_of_fault(fault, *watch.launch->memory, at, bytes, writes, watch.actor, other);
        granule.writer = 0;
        granule.readers[0] = granule.readers[1] = 0;
        return;
    }
    complain_of_device(fault, at, bytes, writes, other);
}

/** Whether a use in the given interval and warp step may collide with one of this thread now. */
bool unordered(std::uint32_t interval, std::uint16_t thread, std::uint32_t step) {
    if (interval != watch.interval || thread == watch.thread) return false;
    return thread / 32u != watch.thread / 32u || step == watch.warp_step;
}

[[noreturn]] void complain_of_shared(const SharedWord& word, Address at, bool writes, bool other_wrote) {
    complain("%s: thread %u %s shared memory at offset %llu that thread %u %s; no barrier orders the two",
            watch.launch->kernel->name, watch.thread, writes ? "writes" : "reads",
            static_cast<unsigned long long>(
                    at - (at >= watch.shared_start && at < watch.shared_end ? watch.shared_start : watch.dynamic_start)),
            other_wrote ? word.writer : word.reader, other_wrote ? "wrote" : "read");
    abandon_launch(LAUNCH_FAILED);
}

void use_shared(SharedWord& word, Address at, bool writes) {
    if (unordered(word.written_in, word.writer, word.writer_step)) complain_of_shared(word, at, writes, true);
    if (writes) {
        bool read_by_others = word.several_readers && word.read_in == watch.interval &&
                (word.reader / 32u != watch.thread / 32u || word.reader_step == watch.warp_step);
        if (read_by_others || unordered(word.read_in, word.reader, word.reader_step)) {
            complain_of_shared(word, at, writes, false);
        }
        word.written_in = watch.interval;
        word.writer = static_cast<std::uint16_t>(watch.thread);
        word.writer_step = watch.warp_step;
    } else {
        word.several_readers = word.read_in == watch.interval && (word.several_readers || word.reader != watch.thread);
        word.read_in = watch.interval;
        word.reader = static_cast<std::uint16_t>(watch.thread);
        word.reader_step = watch.warp_step;
    }
}

void use_shared_bytes(std::vector<SharedWord>& words, Address start, Address at, unsigned bytes, bool writes) {
    for (Address word = (at - start) / 4; word <= (at + bytes - 1 - start) / 4; word++) use_shared(words[word], at, writes);
}

void touch(Address at, unsigned bytes, bool writes) {
    if (at - watch.device_start < DeviceMemory::RESERVED) {
        use_device(at, bytes, writes);
    } else if (at - watch.stack_start < watch.stack_end - watch.stack_start) {
        return;
    } else if (at - watch.shared_start < watch.shared_end - watch.shared_start) {
        use_shared_bytes(watch.shared, watch.shared_start, at, bytes, writes);
    } else if (at - watch.dynamic_start < watch.dynamic_end - watch.dynamic_start) {
        use_shared_bytes(watch.dynamic, watch.dynamic_start, at, bytes, writes);
    } else if (at - watch.image_start < watch.image_end - watch.image_start && !writes) {
        return;
    } else {
        complain("%s, thread %u of block (%u, %u, %u): %s %u bytes at 0x%llx, which is %s", watch.launch->kernel->name,
                watch.thread, tandem_sim_place.block.x, tandem_sim_place.block.y, tandem_sim_place.block.z,
                writes ? "writes" : "reads", bytes, static_cast<unsigned long long>(at),
                at < 4096                                           ? "null or close to it"
                : is_device_address(at)                             ? "memory of another device"
                : pinned(reinterpret_cast<void*>(at), 1) != nullptr ? "pinned host memory"
                                                                    : "a host address, or outside of shared memory");
        abandon_launch(ILLEGAL_ADDRESS);
    }
}

}  // namespace

void watch_launch(const Launch& launch, const Actor& actor, Address dynamic_start, Address dynamic_end) {
    watch.launch = &launch;
    watch.actor = actor;
    watch.device_start = launch.memory->start();
    watch.granules = launch.memory->granule(watch.device_start);
    watch.image_start = launch.library->image_start;
    watch.image_end = launch.library->image_end;
    watch.shared_start = launch.library->shared_start;
    watch.shared_end = launch.library->shared_end;
    watch.dynamic_start = dynamic_start;
    watch.dynamic_end = dynamic_end;
    watch.shared.assign((watch.shared_end - watch.shared_start + 3) / 4 + 4, SharedWord{});
    watch.dynamic.assign((dynamic_end - dynamic_start + 3) / 4 + 4, SharedWord{});
}

void watch_block() {
    watch.interval++;
}

void watch_barrier() {
    watch.interval++;
}

void watch_thread(unsigned index, unsigned warp_generation) {
    watch.thread = index;
    watch.warp_step = warp_generation;
}

void watch_stack(Address start, Address end) {
    watch.stack_start = start;
    watch.stack_end = end;
}

}  // namespace sim

using sim::Address;

extern "C" {

// The names are the thread sanitizer's.
#define CALLBACKS(bytes)                                                                                          \
    void __tsan_read##bytes(void* at) { sim::touch(reinterpret_cast<Address>(at), bytes, false); }                  \
    void __tsan_write##bytes(void* at) { sim::touch(reinterpret_cast<Address>(at), bytes, true); }                  \
    void __tsan_unaligned_read##bytes(void* at) { sim::touch(reinterpret_cast<Address>(at), bytes, false); }        \
    void __tsan_unaligned_write##bytes(void* at) { sim::touch(reinterpret_cast<Address>(at), bytes, true); }
CALLBACKS(1)
CALLBACKS(2)
CALLBACKS(4)
CALLBACKS(8)
CALLBACKS(16)

void __tsan_read_range(void* at, unsigned long bytes) {
    for (unsigned long i = 0; i < bytes; i += 4) sim::touch(reinterpret_cast<Address>(at) + i, std::min(4ul, bytes - i), false);
}
void __tsan_write_range(void* at, unsigned long bytes) {
    for (unsigned long i = 0; i < bytes; i += 4) sim::touch(reinterpret_cast<Address>(at) + i, std::min(4ul, bytes - i), true);
}
void __tsan_vptr_update(void**, void*) {}
void __tsan_vptr_read(void**) {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
void __tsan_init() {}

/** Atomics may meet each other, but not the plain uses of another stream. */
void tandem_sim_atomic(void* at, unsigned bytes) {
    Address address = reinterpret_cast<Address>(at);
    if (address - sim::watch.device_start < sim::DeviceMemory::RESERVED) {
        sim::use_device(address, bytes, true);
    } else if (address - sim::watch.shared_start >= sim::watch.shared_end - sim::watch.shared_start &&
            address - sim::watch.dynamic_start >= sim::watch.dynamic_end - sim::watch.dynamic_start) {
        sim::touch(address, bytes, true);
    }
}
}
