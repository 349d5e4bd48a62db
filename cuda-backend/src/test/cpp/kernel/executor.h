// Runs a kernel: blocks one after another, the threads of a block as fibers.
#pragma once

#include "../driver/device.h"
#include "runtime.h"

namespace sim {

/** A shared library of kernels, loaded. */
struct KernelLibrary {
    void* handle = nullptr;
    const tandem_sim::Kernel* kernels = nullptr;
    Address image_start = 0, image_end = 0;    // where its code and constants lie
    Address shared_start = 0, shared_end = 0;  // its __shared__ variables
};

struct Launch {
    const tandem_sim::Kernel* kernel;
    const KernelLibrary* library;
    tandem_sim::Index3 grid, block;
    std::uint64_t dynamic_shared;
    DeviceMemory* memory;
};

/** Answers OK, ILLEGAL_ADDRESS or LAUNCH_FAILED, after a complaint. */
Status execute(const Launch& launch, void* const* arguments, const Actor& actor);

}  // namespace sim
