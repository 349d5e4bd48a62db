// Which operation happened before which: a vector clock a stream, and for every 64 bytes of device memory who used them last.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "simulation.h"

namespace sim {

/** A moment on a stream: its slot in the upper 8 bits, its number of operations in the lower 24. 0 is never. */
using Epoch = std::uint32_t;

inline Epoch epoch(unsigned slot, std::uint32_t tick) {
    return slot << 24 | tick;
}

/** How far each stream had come, as somebody knows. */
class VectorClock {
public:
    std::uint32_t operator[](unsigned slot) const { return slot < ticks.size() ? ticks[slot] : 0; }

    void raise(unsigned slot, std::uint32_t tick) {
        if (slot >= ticks.size()) ticks.resize(slot + 1);
        ticks[slot] = std::max(ticks[slot], tick);
    }

    void join(const VectorClock& other) {
        for (unsigned slot = 0; slot < other.ticks.size(); slot++) raise(slot, other.ticks[slot]);
    }

    bool knows(Epoch moment) const { return (moment & 0xffffff) <= (*this)[moment >> 24]; }

private:
    std::vector<std::uint32_t> ticks;
};

/** An operation as memory sees it: when it happens and what happened before it. */
struct Actor {
    Epoch now;
    const VectorClock* seen;
    const char* name;
};

/** A new place in the vector clocks, for a stream or a branch of a graph. */
unsigned take_slot(const std::string& owner);

/** The next moment of a slot, remembered under the operation's name. */
Epoch next_moment(unsigned slot, const std::string& operation);

/** "kernel relu on stream no. 3". */
std::string describe_moment(Epoch moment);

/** 64 bytes of device memory, as 16 words: which are allocated, who wrote and read which last. */
struct Granule {
    Epoch writer, readers[2];
    std::uint16_t valid, written, read[2];
};

constexpr unsigned GRANULE_SHIFT = 6;

/** What was wrong with a use of memory. */
enum class Fault { NONE, NOT_ALLOCATED, RACE_WITH_WRITER, RACE_WITH_READER };

/** Notes a use of some words of a granule, and answers whether it was allowed. {@code other} is whom it raced with. */
Fault use(Granule& granule, std::uint16_t words, bool writes, const Actor& actor, Epoch& other);

/** Notes a use of a run of memory; the granules are those of its first byte and on. Stops at the first fault. */
Fault use_range(Granule* first, Address start, std::uint64_t bytes, bool writes, const Actor& actor, Epoch& other);

/** The words of a granule that the bytes from start to end touch; both lie in it. */
inline std::uint16_t word_mask(Address start, Address end) {
    unsigned from = (start & 63) >> 2, to = ((end - 1) & 63) >> 2;
    return static_cast<std::uint16_t>((0xffffu >> (15 - to)) & (0xffffu << from));
}

}  // namespace sim
