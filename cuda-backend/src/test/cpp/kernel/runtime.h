// The line between a compiled kernel file and the simulation that runs it. Both sides include this.
#pragma once

namespace tandem_sim {

struct Index3 {
    unsigned x, y, z;
};

/** Where the running thread is. The executor writes it before it goes on with a thread. */
struct Place {
    Index3 thread, block, block_size, grid_size;
};

/** A kernel as the executor calls it: arguments by address. */
struct Kernel {
    const char* name;
    void (*invoke)(void* const* arguments);
    unsigned count;
    const unsigned* sizes;
    const unsigned* alignments;
    unsigned threads;  // of __launch_bounds__, or 0
};

enum class Vote { ALL, ANY, COUNT };

}  // namespace tandem_sim

extern "C" {
extern tandem_sim::Place tandem_sim_place;

/** __syncthreads and its voting kin; the line tells barriers apart. */
int tandem_sim_barrier(int line, int vote, int kind);

/** Gives a value to the lanes of the mask and waits for theirs; answers with all 32. */
const unsigned long long* tandem_sim_exchange(unsigned mask, unsigned long long value, int line);

/** The lanes of the caller's warp that have not returned. */
unsigned tandem_sim_active_lanes();

/** An atomic operation is about to use these bytes. */
void tandem_sim_atomic(void* address, unsigned bytes);

/** Ends the launch with an error. */
void tandem_sim_trap(const char* why, int line);

/** The launch's dynamic shared memory. */
void* tandem_sim_dynamic_shared();
}
