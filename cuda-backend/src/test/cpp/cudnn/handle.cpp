// cuDNN handles, versions, words for errors.
#include "cudnn.h"

#include <cstdio>

namespace sim {

int use_cudnn(void* pointer, const char* function, Cudnn*& result) {
    result = handle<Cudnn>(pointer, function);
    if (result == nullptr) return CUDNN_NOT_INITIALIZED;
    if (current_context() != result->context) {
        complain("%s: the handle belongs to another context than the current one", function);
        return CUDNN_NOT_INITIALIZED;
    }
    return sticky_error(result->context) == OK ? CUDNN_OK : CUDNN_EXECUTION_FAILED_CUDA_DRIVER;
}

/** Complains, and answers true so that a status may follow. */
bool refuse(const char* function, const std::string& why) {
    complain("%s: %s", function, why.c_str());
    return true;
}

bool read_scalar(const void* pointer, const Layout& layout, const char* function, double& value) {
    if (pointer == nullptr || is_device_address(reinterpret_cast<Address>(pointer))) {
        complain("%s: alpha and beta must be host pointers", function);
        return false;
    }
    value = layout.type == CUDNN_DOUBLE ? *static_cast<const double*>(pointer) : *static_cast<const float*>(pointer);
    return true;
}

int run_cudnn(
        Cudnn* cudnn, const char* function, const std::string& what, const std::vector<Argument>& arguments, Scratch scratch,
        std::function<void()> body) {
    std::vector<Access> accesses;
    for (const Argument& argument : arguments) {
        auto address = reinterpret_cast<Address>(argument.data);
        if (!check_device_range(cudnn->context, argument.data, argument.layout->extent(), function, argument.name)) return CUDNN_BAD_PARAM;
        if (address % 16 != 0) {  // what its vector loads take for granted; only the new API says so
            complain("%s: %s at %p is not aligned to 16 bytes", function, argument.name, argument.data);
            return CUDNN_BAD_PARAM_MISALIGNED_POINTER;
        }
        if (!argument.writes || argument.blends) accesses.push_back({address, argument.layout->extent(), false});
        if (argument.writes) accesses.push_back({address, argument.layout->extent(), true});
    }
    if (scratch.bytes < scratch.needed) {
        complain("%s: the workspace has %zu bytes, %zu are needed (%s)", function, scratch.bytes, scratch.needed, what.c_str());
        return CUDNN_BAD_PARAM_SIZE_INSUFFICIENT;
    }
    if (scratch.needed > 0) {
        if (!check_device_range(cudnn->context, scratch.data, scratch.bytes, function, "the workspace")) return CUDNN_BAD_PARAM;
        if (reinterpret_cast<Address>(scratch.data) % 16 != 0) {
            complain("%s: the workspace %p is not aligned to 16 bytes", function, scratch.data);
            return CUDNN_BAD_PARAM_MISALIGNED_POINTER;
        }
        accesses.push_back({reinterpret_cast<Address>(scratch.data), scratch.needed, true});
    }
    Stream* stream = stream_of(cudnn->stream, function);
    if (stream == nullptr) return CUDNN_NOT_INITIALIZED;
    Operation operation{std::string(function) + " " + what, accesses, [=](const Actor&) -> Status {
        if (scratch.needed > 0) std::memset(scratch.data, 0xff, scratch.needed);
        body();
        return OK;
    }};
    return submit(stream, operation) == OK ? CUDNN_OK : CUDNN_EXECUTION_FAILED;
}

}  // namespace sim

using namespace sim;

extern "C" {

std::size_t cudnnGetVersion() {
    return 90501;
}

std::size_t cudnnGetMaxDeviceVersion() {
    return 1000;
}

std::size_t cudnnGetCudartVersion() {
    return SIM_CUDA_MAJOR == 12 ? 12060 : 13000;
}

int cudnnGetProperty(int which, int* value) {
    ENTER(cudnnGetProperty);
    if (which < 0 || which > 2) return CUDNN_BAD_PARAM;
    const int version[] = {9, 5, 1};
    *value = version[which];
    return CUDNN_OK;
}

const char* cudnnGetErrorString(int status) {
    switch (status) {
        case CUDNN_OK: return "CUDNN_STATUS_SUCCESS";
        case CUDNN_NOT_INITIALIZED: return "CUDNN_STATUS_NOT_INITIALIZED";
        case CUDNN_BAD_PARAM: return "CUDNN_STATUS_BAD_PARAM";
        case CUDNN_BAD_PARAM_NULL_POINTER: return "CUDNN_STATUS_BAD_PARAM_NULL_POINTER";
        case CUDNN_BAD_PARAM_MISALIGNED_POINTER: return "CUDNN_STATUS_BAD_PARAM_MISALIGNED_POINTER";
        case CUDNN_BAD_PARAM_SIZE_INSUFFICIENT: return "CUDNN_STATUS_BAD_PARAM_SIZE_INSUFFICIENT";
        case CUDNN_BAD_PARAM_SHAPE_MISMATCH: return "CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH";
        case CUDNN_NOT_SUPPORTED: return "CUDNN_STATUS_NOT_SUPPORTED";
        case CUDNN_INTERNAL_ERROR: return "CUDNN_STATUS_INTERNAL_ERROR";
        case CUDNN_EXECUTION_FAILED: return "CUDNN_STATUS_EXECUTION_FAILED";
        case CUDNN_EXECUTION_FAILED_CUDA_DRIVER: return "CUDNN_STATUS_EXECUTION_FAILED_CUDA_DRIVER";
        default: return "CUDNN_UNKNOWN_STATUS";
    }
}

void cudnnGetLastErrorString(char* text, std::size_t capacity) {
    std::snprintf(text, capacity, "the simulation\ngives no reason");
}

int cudnnCreate(void** result) {
    ENTER(cudnnCreate);
    Context* context = current_context();
    if (context == nullptr) {
        complain("cudnnCreate: no context is current on this thread");
        return CUDNN_NOT_INITIALIZED;
    }
    if (sticky_error(context) != OK) return CUDNN_NOT_INITIALIZED;
    *result = static_cast<Handle*>(new Cudnn(context));
    return CUDNN_OK;
}

int cudnnDestroy(void* pointer) {
    ENTER(cudnnDestroy);
    auto* cudnn = handle<Cudnn>(pointer, "cudnnDestroy");
    if (cudnn == nullptr) return CUDNN_NOT_INITIALIZED;
    delete cudnn;
    return CUDNN_OK;
}

int cudnnSetStream(void* pointer, void* stream) {
    ENTER(cudnnSetStream);
    Cudnn* cudnn;
    if (int status = use_cudnn(pointer, "cudnnSetStream", cudnn)) return status;
    if (stream_of(stream, "cudnnSetStream") == nullptr) return CUDNN_BAD_PARAM;
    cudnn->stream = stream;
    return CUDNN_OK;
}

int cudnnGetStream(void* pointer, void** stream) {
    ENTER(cudnnGetStream);
    Cudnn* cudnn;
    if (int status = use_cudnn(pointer, "cudnnGetStream", cudnn)) return status;
    *stream = cudnn->stream;
    return CUDNN_OK;
}
}
