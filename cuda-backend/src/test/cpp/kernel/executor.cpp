// The fibers. A fiber takes one thread of the block after another; only when a thread has to wait (__syncthreads, shuffle)
// does another fiber go on. So a kernel whose threads never wait costs no switches at all.
#include "executor.h"

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>

#include "watch.h"

#ifndef __x86_64__
#error "the simulated CUDA switches stacks in x86-64 assembly; JCuda's natives exist for nothing else"
#endif

tandem_sim::Place tandem_sim_place;

extern "C" void tandem_sim_switch(void** save, void* load);
asm(R"(
    .text
    .globl tandem_sim_switch
    .hidden tandem_sim_switch
    .type tandem_sim_switch, @function
tandem_sim_switch:
    push %rbp
    push %rbx
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rsp, (%rdi)
    mov %rsi, %rsp
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbx
    pop %rbp
    ret
    .size tandem_sim_switch, .-tandem_sim_switch
)");

namespace sim {
namespace {

constexpr std::size_t STACK = 128 << 10;
constexpr unsigned MOST_THREADS = 1024;

struct Fiber {
    void* stack_pointer = nullptr;
    char* stack = nullptr;
};

enum class State : char { UNBORN, READY, AT_BARRIER, IN_WARP, DONE };

struct Thread {
    State state;
    Fiber* fiber;
    int line;
};

/** The lanes that meet in a shuffle or __syncwarp; results alternate so that the slow still read while the fast give. */
struct Warp {
    unsigned live, arrived, mask, generation;
    int line;
    unsigned long long given[2][32];
};

/** One block in the making. A single one exists: the lock of the calls sees to that. */
struct RunningBlock {
    const Launch* launch;
    void* const* arguments;
    unsigned size, next, done, waiting, current, votes;
    int vote_kind, vote_result, barrier_line;
    bool failed;
    Status status;
    Thread threads[MOST_THREADS];
    Warp warps[MOST_THREADS / 32];
    std::vector<Fiber*> idle;
};

RunningBlock running;
void* scheduler;
Fiber* starting;
std::vector<Fiber*> every_fiber;
std::vector<char> dynamic_shared;

void place_thread(unsigned index) {
    const tandem_sim::Index3& size = running.launch->block;
    running.current = index;
    tandem_sim_place.thread = {index % size.x, index / size.x % size.y, index / (size.x * size.y)};
    watch_thread(index, running.warps[index / 32].generation);
}

void leave_to_scheduler() {
    Fiber* fiber = running.threads[running.current].fiber;
    tandem_sim_switch(&fiber->stack_pointer, scheduler);
}

/** Where every fiber lives: takes threads until there are none, and then waits for the next block. */
void fiber_main(Fiber* self) {
    for (;;) {
        while (running.next < running.size && !running.failed) {
            unsigned index = running.next++;
            running.threads[index].fiber = self;
            running.threads[index].state = State::READY;
            place_thread(index);
            running.launch->kernel->invoke(running.arguments);
            index = running.current;
            running.threads[index].state = State::DONE;
            running.warps[index / 32].live &= ~(1u << (index & 31));
            running.done++;
        }
        running.idle.push_back(self);
        tandem_sim_switch(&self->stack_pointer, scheduler);
    }
}

void fiber_start() {
    fiber_main(starting);
}

void prepare(Fiber* fiber) {
    auto* top = reinterpret_cast<void**>(fiber->stack + STACK);
    *--top = nullptr;  // aligns the stack as after a call
    *--top = reinterpret_cast<void*>(&fiber_start);
    for (int i = 0; i < 6; i++) *--top = nullptr;  // what tandem_sim_switch pops
    fiber->stack_pointer = top;
}

/** A fiber that waits for a thread to run. */
Fiber* idle_fiber() {
    if (running.idle.empty()) {
        auto* fiber = new Fiber;
        fiber->stack = static_cast<char*>(
                mmap(nullptr, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
        if (fiber->stack == MAP_FAILED) std::abort();
        mprotect(fiber->stack, 4096, PROT_NONE);
        every_fiber.push_back(fiber);
        prepare(fiber);
        return fiber;
    }
    Fiber* fiber = running.idle.back();
    running.idle.pop_back();
    return fiber;
}

void go_on(Fiber* fiber) {
    starting = fiber;
    watch_stack(reinterpret_cast<Address>(fiber->stack), reinterpret_cast<Address>(fiber->stack) + STACK);
    tandem_sim_switch(&scheduler, fiber->stack_pointer);
}

/** Everybody who still lives is at the barrier: lets them go. */
void open_barrier() {
    int live = static_cast<int>(running.size - running.done);
    int votes = static_cast<int>(running.votes);
    running.vote_result = running.vote_kind == 0 ? votes == live : running.vote_kind == 1 ? votes > 0 : votes;
    running.waiting = 0;
    running.votes = 0;
    for (unsigned i = 0; i < running.size; i++) {
        if (running.threads[i].state == State::AT_BARRIER) running.threads[i].state = State::READY;
    }
    watch_barrier();
}

void open_warp(unsigned index) {
    Warp& warp = running.warps[index];
    warp.arrived = 0;
    warp.generation++;
    for (unsigned lane = 0; lane < 32 && index * 32 + lane < running.size; lane++) {
        Thread& thread = running.threads[index * 32 + lane];
        if (thread.state == State::IN_WARP) thread.state = State::READY;
    }
}

/** A thread has returned while others of its warp wait for it: the hardware counts it out, so do we. */
bool release_warps_of_the_done() {
    bool released = false;
    for (unsigned w = 0; w * 32 < running.size; w++) {
        Warp& warp = running.warps[w];
        if (warp.arrived != 0 && (warp.mask & warp.live & ~warp.arrived) == 0) {
            complain("%s, line %d: a lane of the mask 0x%08x has returned from the kernel", running.launch->kernel->name,
                    warp.line, warp.mask);
            open_warp(w);
            released = true;
        }
    }
    return released;
}

void fail(Status status) {
    running.failed = true;
    running.status = status;
}

void complain_of_deadlock() {
    for (unsigned i = 0; i < running.size; i++) {
        const Thread& thread = running.threads[i];
        if (thread.state == State::AT_BARRIER || thread.state == State::IN_WARP) {
            complain("%s: deadlock in block (%u, %u, %u): thread %u waits at line %d for threads that wait elsewhere",
                    running.launch->kernel->name, tandem_sim_place.block.x, tandem_sim_place.block.y,
                    tandem_sim_place.block.z, i, thread.line);
            break;
        }
    }
    fail(LAUNCH_FAILED);
}

void run_block() {
    running.next = running.done = running.waiting = running.votes = 0;
    for (unsigned i = 0; i < running.size; i++) running.threads[i] = {State::UNBORN, nullptr, 0};
    for (unsigned w = 0; w * 32 < running.size; w++) {
        unsigned lanes = std::min(32u, running.size - w * 32);
        Warp& warp = running.warps[w];
        warp.live = lanes == 32 ? ~0u : (1u << lanes) - 1;
        warp.arrived = 0;
        warp.generation = 0;
    }
    watch_block();
    while (running.done < running.size && !running.failed) {
        while (running.next < running.size && !running.failed) go_on(idle_fiber());
        bool moved = false;
        for (unsigned i = 0; i < running.size && !running.failed; i++) {
            if (running.threads[i].state == State::READY) {
                moved = true;
                place_thread(i);
                go_on(running.threads[i].fiber);
            }
        }
        if (moved || running.failed || running.done == running.size) continue;
        if (running.waiting > 0 && running.waiting == running.size - running.done) {
            open_barrier();
        } else if (!release_warps_of_the_done()) {
            complain_of_deadlock();
        }
    }
}

/** After a failure fibers hang in the middle of kernels; they start anew. */
void reset_fibers() {
    running.idle.clear();
    for (Fiber* fiber : every_fiber) {
        prepare(fiber);
        running.idle.push_back(fiber);
    }
}

}  // namespace

void abandon_launch(Status status) {
    fail(status);
    leave_to_scheduler();
    std::abort();  // a failed thread never goes on
}

Status execute(const Launch& launch, void* const* arguments, const Actor& actor) {
    running.launch = &launch;
    running.arguments = arguments;
    running.size = launch.block.x * launch.block.y * launch.block.z;
    running.failed = false;
    running.status = OK;
    dynamic_shared.resize(launch.dynamic_shared);
    tandem_sim_place.block_size = launch.block;
    tandem_sim_place.grid_size = launch.grid;
    auto shared = reinterpret_cast<Address>(dynamic_shared.data());
    watch_launch(launch, actor, shared, shared + launch.dynamic_shared);
    std::size_t shared_bytes = launch.library->shared_end - launch.library->shared_start;
    for (unsigned z = 0; z < launch.grid.z && !running.failed; z++) {
        for (unsigned y = 0; y < launch.grid.y && !running.failed; y++) {
            for (unsigned x = 0; x < launch.grid.x && !running.failed; x++) {
                tandem_sim_place.block = {x, y, z};
                std::memset(reinterpret_cast<void*>(launch.library->shared_start), 0xff, shared_bytes);
                std::memset(dynamic_shared.data(), 0xff, dynamic_shared.size());
                run_block();
            }
        }
    }
    if (running.failed) reset_fibers();
    return running.status;
}

}  // namespace sim

using namespace sim;

extern "C" {

int tandem_sim_barrier(int line, int vote, int kind) {
    Thread& thread = running.threads[running.current];
    if (running.waiting == 0) {
        running.barrier_line = line;
    } else if (running.barrier_line != line) {
        complain("%s: thread %u is at the barrier of line %d while others are at line %d", running.launch->kernel->name,
                running.current, line, running.barrier_line);
        abandon_launch(LAUNCH_FAILED);
    }
    running.waiting++;
    running.votes += vote != 0;
    running.vote_kind = kind;
    thread.line = line;
    thread.state = State::AT_BARRIER;
    leave_to_scheduler();
    return running.vote_result;
}

const unsigned long long* tandem_sim_exchange(unsigned mask, unsigned long long value, int line) {
    unsigned index = running.current, lane = index & 31;
    Warp& warp = running.warps[index / 32];
    if ((mask >> lane & 1) == 0) {
        complain("%s, line %d: lane %u is not in its own mask 0x%08x", running.launch->kernel->name, line, lane, mask);
        abandon_launch(LAUNCH_FAILED);
    }
    if (warp.arrived == 0) {
        warp.mask = mask;
        warp.line = line;
    } else if (warp.mask != mask) {
        complain("%s, line %d: lane %u comes with mask 0x%08x, others with 0x%08x", running.launch->kernel->name, line, lane,
                mask, warp.mask);
        abandon_launch(LAUNCH_FAILED);
    }
    const unsigned long long* given = warp.given[warp.generation & 1];
    warp.given[warp.generation & 1][lane] = value;
    warp.arrived |= 1u << lane;
    unsigned expected = mask & (running.size - index / 32 * 32 >= 32 ? ~0u : (1u << (running.size & 31)) - 1);
    if (warp.arrived == expected) {
        open_warp(index / 32);
    } else {
        running.threads[index].line = line;
        running.threads[index].state = State::IN_WARP;
        leave_to_scheduler();
    }
    watch_thread(index, warp.generation);
    return given;
}

unsigned tandem_sim_active_lanes() {
    return running.warps[running.current / 32].live;
}

void tandem_sim_trap(const char* why, int line) {
    complain("%s, line %d: %s", running.launch->kernel->name, line, why);
    abandon_launch(LAUNCH_FAILED);
}

void* tandem_sim_dynamic_shared() {
    return dynamic_shared.data();
}
}
