// Device memory: one range of addresses a device on the host, with blocks, their granules, and pinned host memory.
#pragma once

#include <map>

#include "ordering.h"

namespace sim {

struct Device;

/** A block of device memory as the program allocated it. */
struct Block : Handle {
    static constexpr const char* KIND = "memory block";
    Address start;
    std::uint64_t bytes;
    Block(Context* context, Address start, std::uint64_t bytes) : Handle(KIND, context), start(start), bytes(bytes) {}
    std::string describe() const override;
};

/** The memory of one device. Addresses of freed blocks come back as late as possible, so that stale pointers show. */
class DeviceMemory {
public:
    explicit DeviceMemory(std::uint64_t capacity);

    /** A block whose bytes are all 0xff, which is NaN in every type; null if there is no room. */
    Block* allocate(Context* context, std::uint64_t bytes, const Actor* actor);

    void release(Block* block);

    /** The block that holds the address, or null. */
    Block* find(Address address) const;

    /** The block that starts at the address, or null. */
    Block* starting_at(Address address) const;

    bool holds(Address address) const { return address - base < RESERVED; }

    Granule* granule(Address address) const { return granules + ((address - base) >> GRANULE_SHIFT); }

    std::uint64_t free_bytes() const;

    std::uint64_t capacity_bytes() const;

    /** In words: "12 bytes past the end of the block of 4096 bytes at 0x...". */
    std::string whereabouts(Address address) const;

    Address start() const { return base; }

    static constexpr std::uint64_t RESERVED = 1ull << 36;

private:
    std::uint64_t capacity, used = 0;
    Address base;
    Address rover;
    Granule* granules;
    std::map<Address, Block*> blocks;

    Address find_room(std::uint64_t bytes);
};

/** Pinned host memory. */
struct HostBlock : Handle {
    static constexpr const char* KIND = "pinned memory block";
    Address start;
    std::uint64_t bytes;
    bool registered;
    HostBlock(Context* context, Address start, std::uint64_t bytes, bool registered)
        : Handle(KIND, context), start(start), bytes(bytes), registered(registered) {}
    ~HostBlock() override;
    std::string describe() const override;
};

/** The pinned block that holds all of it, or null. */
HostBlock* pinned(const void* start, std::uint64_t bytes);

/** The memory of the device that the address belongs to, or null for a host address. */
DeviceMemory* memory_of(Address address);

/** Notes what an operation uses; complains and answers false where that is not allowed. */
bool use_memory(Context* context, const Access& access, const Actor& actor);

/** Says what is wrong with an access, in words. */
void complain_of_fault(Fault fault, const DeviceMemory& memory, Address at, std::uint64_t bytes, bool writes, const Actor& actor, Epoch other);

}  // namespace sim
