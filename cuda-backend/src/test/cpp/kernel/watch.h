// Every load and store of a kernel passes here.
#pragma once

#include "executor.h"

namespace sim {

void watch_launch(const Launch& launch, const Actor& actor, Address dynamic_start, Address dynamic_end);
void watch_block();
void watch_barrier();
void watch_thread(unsigned index, unsigned warp_generation);
void watch_stack(Address start, Address end);

/** Ends the launch from within a thread of it; does not return. */
[[noreturn]] void abandon_launch(Status status);

}  // namespace sim
