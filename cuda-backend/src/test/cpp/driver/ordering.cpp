#include "ordering.h"

#include <cstdio>
#include <cstdlib>
#include <unordered_map>

namespace sim {
namespace {

/** The operations that a slot has seen; names are shared, since steps repeat them. */
struct Slot {
    std::string owner;
    std::vector<const std::string*> operations;
};

std::vector<Slot>& slots() {
    static auto* all = new std::vector<Slot>(1);  // slot 0 stays unused: epoch 0 is never
    return *all;
}

const std::string* shared_name(const std::string& name) {
    static auto* names = new std::set<std::string>;
    return &*names->insert(name).first;
}

}  // namespace

unsigned take_slot(const std::string& owner) {
    static unsigned recycled = 0;
    if (slots().size() < 255) {
        slots().push_back({owner, {}});
        return static_cast<unsigned>(slots().size() - 1);
    }
    // Old places serve again: their clocks go on, so at worst a race with a stream long gone is missed.
    unsigned slot = 1 + recycled++ % 254;
    slots()[slot].owner = owner;
    return slot;
}

Epoch next_moment(unsigned slot, const std::string& operation) {
    Slot& s = slots()[slot];
    s.operations.push_back(shared_name(operation));
    if (s.operations.size() >= 1u << 24) {
        std::fprintf(stderr, "simulated CUDA: more than 16 million operations on %s; its clock is full\n", s.owner.c_str());
        std::abort();
    }
    return epoch(slot, static_cast<std::uint32_t>(s.operations.size()));
}

std::string describe_moment(Epoch moment) {
    const Slot& slot = slots()[moment >> 24];
    std::uint32_t tick = moment & 0xffffff;
    const std::string& name = *slot.operations[tick - 1];
    return name + " (operation " + std::to_string(tick) + " of " + slot.owner + ")";
}

Fault use(Granule& granule, std::uint16_t words, bool writes, const Actor& actor, Epoch& other) {
    if ((granule.valid & words) != words) return Fault::NOT_ALLOCATED;
    const VectorClock& seen = *actor.seen;
    if (granule.writer != 0 && (granule.written & words) != 0 && !seen.knows(granule.writer)) {
        other = granule.writer;
        return Fault::RACE_WITH_WRITER;
    }
    if (!writes) {
        // Two readers that know nothing of each other are both kept; one that knows the other replaces it.
        int place = granule.readers[0] == actor.now                                                  ? 0
                    : granule.readers[1] == actor.now                                                ? 1
                    : granule.readers[0] == 0 || seen.knows(granule.readers[0]) ? 0
                                                                                                     : 1;
        granule.read[place] = granule.readers[place] == actor.now ? granule.read[place] | words : words;
        granule.readers[place] = actor.now;
        return Fault::NONE;
    }
    for (int i = 0; i < 2; i++) {
        if (granule.readers[i] != 0 && (granule.read[i] & words) != 0 && !seen.knows(granule.readers[i])) {
            other = granule.readers[i];
            return Fault::RACE_WITH_READER;
        }
    }
    granule.written = granule.writer == actor.now ? granule.written | words : words;
    granule.writer = actor.now;
    return Fault::NONE;
}

Fault use_range(Granule* first, Address start, std::uint64_t bytes, bool writes, const Actor& actor, Epoch& other) {
    Address end = start + bytes;
    Granule* granule = first;
    for (Address at = start; at < end; granule++) {
        Address next = std::min(end, (at | ((1u << GRANULE_SHIFT) - 1)) + 1);
        Fault fault = use(*granule, word_mask(at, next), writes, actor, other);
        if (fault != Fault::NONE) return fault;
        at = next;
    }
    return Fault::NONE;
}

}  // namespace sim
