#include "simulation.h"

/** Answers for every function that JCuda's natives refer to and that the simulation lacks. */
extern "C" __attribute__((visibility("default"))) int tandem_sim_not_simulated(const char* function, int status) {
    sim::complain("%s is not simulated", function);
    return status;
}
