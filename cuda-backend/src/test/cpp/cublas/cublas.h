// What the files of the simulated cuBLAS share.
#pragma once

#include "../compute/numbers.h"
#include "../driver/simulation.h"

namespace sim {

enum CublasStatus : int {
    CUBLAS_OK = 0,
    CUBLAS_NOT_INITIALIZED = 1,
    CUBLAS_ALLOC_FAILED = 3,
    CUBLAS_INVALID_VALUE = 7,
    CUBLAS_ARCH_MISMATCH = 8,
    CUBLAS_EXECUTION_FAILED = 13,
    CUBLAS_INTERNAL_ERROR = 14,
    CUBLAS_NOT_SUPPORTED = 15
};

struct Cublas : Handle {
    static constexpr const char* KIND = "cuBLAS handle";
    Context* context;
    void* stream = nullptr;
    void* workspace = nullptr;
    std::size_t workspace_bytes = 0;
    int math_mode = 0;
    int pointer_mode = 0;
    explicit Cublas(Context* context) : Handle(KIND, context), context(context) {}
};

/** The handle if it may be used now; else the status to answer. */
int use_cublas(void* pointer, const char* function, Cublas*& result);

}  // namespace sim
