#include "memory.h"

#include <sys/mman.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "device.h"

namespace sim {
namespace {

constexpr std::uint64_t ALIGNMENT = 256;
constexpr std::uint64_t GAP = 256;  // between blocks, so that a step past the end is a step into nothing

void* reserve(std::uint64_t bytes) {
    void* start = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start == MAP_FAILED) {
        std::perror("simulated CUDA: no room for device memory");
        std::abort();
    }
    return start;
}

/** Gives whole pages back to the system; what is left of them reads as zero. */
void discard(Address start, Address end) {
    Address from = (start + 4095) & ~4095ull, to = end & ~4095ull;
    if (from < to) madvise(reinterpret_cast<void*>(from), to - from, MADV_DONTNEED);
}

}  // namespace

std::string Block::describe() const {
    return "memory block no. " + std::to_string(serial) + " of " + std::to_string(bytes) + " bytes";
}

std::string HostBlock::describe() const {
    return "pinned memory block no. " + std::to_string(serial) + " of " + std::to_string(bytes) + " bytes";
}

DeviceMemory::DeviceMemory(std::uint64_t capacity) : capacity(capacity) {
    base = reinterpret_cast<Address>(reserve(RESERVED));
    granules = static_cast<Granule*>(reserve((RESERVED >> GRANULE_SHIFT) * sizeof(Granule)));
    rover = base;
}

std::uint64_t DeviceMemory::capacity_bytes() const {
    return static_cast<std::uint64_t>(number("MEMORY", static_cast<long long>(capacity)));
}

std::uint64_t DeviceMemory::free_bytes() const {
    std::uint64_t taken = used + static_cast<std::uint64_t>(number("USED", 0));
    return taken > capacity_bytes() ? 0 : capacity_bytes() - taken;
}

/** The first room after the rover, or from the start again. */
Address DeviceMemory::find_room(std::uint64_t bytes) {
    for (int round = 0; round < 2; round++) {
        Address at = rover;
        auto next = blocks.lower_bound(at);
        if (next != blocks.begin()) {
            auto before = std::prev(next);
            at = std::max(at, before->first + before->second->bytes + GAP);
        }
        // 256-byte steps that are no multiples of 512: CUDA promises no more.
        at = ((at + 511) & ~511ull) + ALIGNMENT;
        while (next != blocks.end() && next->first < at + bytes + GAP) {
            at = ((next->first + next->second->bytes + GAP + 511) & ~511ull) + ALIGNMENT;
            ++next;
        }
        if (at + bytes + GAP <= base + RESERVED) {
            rover = at + bytes;
            return at;
        }
        rover = base;
    }
    return 0;
}

Block* DeviceMemory::allocate(Context* context, std::uint64_t bytes, const Actor* actor) {
    if (bytes > free_bytes()) return nullptr;
    Address start = find_room(bytes);
    if (start == 0) return nullptr;
    used += bytes;
    auto* block = new Block(context, start, bytes);
    blocks[start] = block;
    std::memset(reinterpret_cast<void*>(start), 0xff, bytes);
    Granule* g = granule(start);
    for (Address at = start; at < start + bytes; at += 64, g++) {
        std::uint16_t words = word_mask(at, std::min(at + 64, start + bytes));
        *g = Granule{};
        g->valid = words;
        if (actor != nullptr) {
            // Stream-ordered memory exists for others only once they know of its allocation.
            g->writer = actor->now;
            g->written = words;
        }
    }
    return block;
}

void DeviceMemory::release(Block* block) {
    Address start = block->start, end = start + block->bytes;
    Granule* first = granule(start);
    std::memset(static_cast<void*>(first), 0, ((block->bytes + 63) >> GRANULE_SHIFT) * sizeof(Granule));
    if (block->bytes >= 1 << 16) {
        discard(start, end);
        discard(reinterpret_cast<Address>(first), reinterpret_cast<Address>(granule(end)));
    }
    used -= block->bytes;
    blocks.erase(start);
    delete block;
}

Block* DeviceMemory::find(Address address) const {
    auto next = blocks.upper_bound(address);
    if (next == blocks.begin()) return nullptr;
    Block* block = std::prev(next)->second;
    return address < block->start + block->bytes ? block : nullptr;
}

Block* DeviceMemory::starting_at(Address address) const {
    auto found = blocks.find(address);
    return found == blocks.end() ? nullptr : found->second;
}

std::string DeviceMemory::whereabouts(Address address) const {
    char text[200];
    auto next = blocks.upper_bound(address);
    if (next == blocks.begin()) return "no block lies there or before";
    const Block& block = *std::prev(next)->second;
    std::snprintf(text, sizeof text, "%lld bytes past the end of the block before it, of %llu bytes at 0x%llx",
            static_cast<long long>(address - block.start - block.bytes), static_cast<unsigned long long>(block.bytes),
            static_cast<unsigned long long>(block.start));
    return text;
}

DeviceMemory* memory_of(Address address) {
    for (auto& device : devices()) {
        if (device->memory.holds(address)) return &device->memory;
    }
    return nullptr;
}

bool is_device_address(Address address) {
    return memory_of(address) != nullptr;
}

bool check_device_range(Context* context, const void* start, std::uint64_t bytes, const char* function, const char* argument) {
    if (bytes == 0) return true;
    Address address = reinterpret_cast<Address>(start);
    DeviceMemory* memory = memory_of(address);
    if (memory == nullptr) {
        complain("%s: %s %p is %s, not device memory", function, argument, start,
                start == nullptr              ? "null"
                : pinned(start, 1) != nullptr ? "pinned host memory"
                                              : "a host pointer or no pointer at all");
        return false;
    }
    if (memory != &context->device->memory) {
        complain("%s: %s %p is memory of another device", function, argument, start);
        return false;
    }
    Block* block = memory->find(address);
    if (block == nullptr) {
        complain("%s: %s %p is not allocated (never, or freed before): %s", function, argument, start,
                memory->whereabouts(address).c_str());
        return false;
    }
    if (address + bytes > block->start + block->bytes) {
        complain("%s: %s is %llu bytes at %p, which end %llu bytes past the end of its block of %llu bytes", function,
                argument, static_cast<unsigned long long>(bytes), start,
                static_cast<unsigned long long>(address + bytes - block->start - block->bytes),
                static_cast<unsigned long long>(block->bytes));
        return false;
    }
    return true;
}

void complain_of_fault(
        Fault fault, const DeviceMemory& memory, Address at, std::uint64_t bytes, bool writes, const Actor& actor, Epoch other) {
    const char* verb = writes ? "writes" : "reads";
    if (fault == Fault::NOT_ALLOCATED) {
        complain("%s %s %llu bytes at 0x%llx, which are not allocated: %s", describe_moment(actor.now).c_str(), verb,
                static_cast<unsigned long long>(bytes), static_cast<unsigned long long>(at), memory.whereabouts(at).c_str());
    } else {
        complain("%s %s 0x%llx, which %s %s; no event or synchronisation orders the two",
                describe_moment(actor.now).c_str(), verb, static_cast<unsigned long long>(at),
                describe_moment(other).c_str(), fault == Fault::RACE_WITH_WRITER ? "writes" : "reads");
    }
}

bool use_memory(Context* context, const Access& access, const Actor& actor) {
    if (access.bytes == 0) return true;
    if (!check_device_range(context, reinterpret_cast<void*>(access.start), access.bytes,
                describe_moment(actor.now).c_str(), access.writes ? "what it writes" : "what it reads")) {
        return false;
    }
    DeviceMemory& memory = context->device->memory;
    Epoch other = 0;
    Fault fault = use_range(memory.granule(access.start), access.start, access.bytes, access.writes, actor, other);
    if (fault == Fault::NONE) return true;
    complain_of_fault(fault, memory, access.start, access.bytes, access.writes, actor, other);
    return false;
}

}  // namespace sim
