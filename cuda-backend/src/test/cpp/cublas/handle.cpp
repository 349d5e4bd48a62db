// cuBLAS handles and their settings.
#include "cublas.h"

namespace sim {

int use_cublas(void* pointer, const char* function, Cublas*& result) {
    result = handle<Cublas>(pointer, function);
    if (result == nullptr) return CUBLAS_NOT_INITIALIZED;
    if (current_context() != result->context) {
        complain("%s: the handle belongs to another context than the current one", function);
        return CUBLAS_NOT_INITIALIZED;
    }
    return sticky_error(result->context) == OK ? CUBLAS_OK : CUBLAS_EXECUTION_FAILED;
}

}  // namespace sim

using namespace sim;

extern "C" {

int cublasCreate_v2(void** result) {
    ENTER(cublasCreate);
    Context* context = current_context();
    if (context == nullptr) {
        complain("cublasCreate: no context is current on this thread");
        return CUBLAS_NOT_INITIALIZED;
    }
    if (sticky_error(context) != OK) return CUBLAS_NOT_INITIALIZED;
    *result = static_cast<Handle*>(new Cublas(context));
    return CUBLAS_OK;
}

int cublasDestroy_v2(void* pointer) {
    ENTER(cublasDestroy);
    auto* cublas = handle<Cublas>(pointer, "cublasDestroy");
    if (cublas == nullptr) return CUBLAS_NOT_INITIALIZED;
    delete cublas;
    return CUBLAS_OK;
}

int cublasGetVersion_v2(void*, int* version) {
    ENTER(cublasGetVersion);
    *version = SIM_CUDA_MAJOR == 12 ? 120604 : 130000;
    return CUBLAS_OK;
}

int cublasGetProperty(int which, int* value) {
    ENTER(cublasGetProperty);
    if (which < 0 || which > 2) return CUBLAS_INVALID_VALUE;
    const int version[] = {SIM_CUDA_MAJOR, SIM_CUDA_MAJOR == 12 ? 6 : 0, SIM_CUDA_MAJOR == 12 ? 4 : 0};
    *value = version[which];
    return CUBLAS_OK;
}

/** Also takes the handle's own workspace away, as the documentation says. */
int cublasSetStream_v2(void* pointer, void* stream) {
    ENTER(cublasSetStream);
    Cublas* cublas;
    if (int status = use_cublas(pointer, "cublasSetStream", cublas)) return status;
    if (stream_of(stream, "cublasSetStream") == nullptr) return CUBLAS_INVALID_VALUE;
    cublas->stream = stream;
    cublas->workspace = nullptr;
    cublas->workspace_bytes = 0;
    return CUBLAS_OK;
}

int cublasGetStream_v2(void* pointer, void** stream) {
    ENTER(cublasGetStream);
    Cublas* cublas;
    if (int status = use_cublas(pointer, "cublasGetStream", cublas)) return status;
    *stream = cublas->stream;
    return CUBLAS_OK;
}

int cublasSetWorkspace_v2(void* pointer, void* workspace, std::size_t bytes) {
    ENTER(cublasSetWorkspace);
    Cublas* cublas;
    if (int status = use_cublas(pointer, "cublasSetWorkspace", cublas)) return status;
    if (reinterpret_cast<Address>(workspace) % 256 != 0) {
        complain("cublasSetWorkspace: %p is not aligned to 256 bytes", workspace);
        return CUBLAS_INVALID_VALUE;
    }
    if (!check_device_range(cublas->context, workspace, bytes, "cublasSetWorkspace", "the workspace")) return CUBLAS_INVALID_VALUE;
    cublas->workspace = workspace;
    cublas->workspace_bytes = bytes;
    return CUBLAS_OK;
}

/** DEFAULT, PEDANTIC, TF32_TENSOR_OP, with DISALLOW_REDUCED_PRECISION_REDUCTION (16) or not. */
int cublasSetMathMode(void* pointer, int mode) {
    ENTER(cublasSetMathMode);
    Cublas* cublas;
    if (int status = use_cublas(pointer, "cublasSetMathMode", cublas)) return status;
    int base = mode & ~16;
    if (base != 0 && base != 2 && base != 3) {
        complain("cublasSetMathMode: mode %d is not one of default (0), pedantic (2), TF32 (3)", mode);
        return CUBLAS_INVALID_VALUE;
    }
    cublas->math_mode = mode;
    return CUBLAS_OK;
}

int cublasGetMathMode(void* pointer, int* mode) {
    ENTER(cublasGetMathMode);
    Cublas* cublas;
    if (int status = use_cublas(pointer, "cublasGetMathMode", cublas)) return status;
    *mode = cublas->math_mode;
    return CUBLAS_OK;
}

int cublasSetPointerMode_v2(void* pointer, int mode) {
    ENTER(cublasSetPointerMode);
    Cublas* cublas;
    if (int status = use_cublas(pointer, "cublasSetPointerMode", cublas)) return status;
    if (mode < 0 || mode > 1) return CUBLAS_INVALID_VALUE;
    cublas->pointer_mode = mode;
    return CUBLAS_OK;
}

int cublasGetPointerMode_v2(void* pointer, int* mode) {
    ENTER(cublasGetPointerMode);
    Cublas* cublas;
    if (int status = use_cublas(pointer, "cublasGetPointerMode", cublas)) return status;
    *mode = cublas->pointer_mode;
    return CUBLAS_OK;
}

int cublasSetAtomicsMode(void* pointer, int) {
    ENTER(cublasSetAtomicsMode);
    Cublas* cublas;
    return use_cublas(pointer, "cublasSetAtomicsMode", cublas);
}

const char* cublasGetStatusName(int status) {
    switch (status) {
        case CUBLAS_OK: return "CUBLAS_STATUS_SUCCESS";
        case CUBLAS_NOT_INITIALIZED: return "CUBLAS_STATUS_NOT_INITIALIZED";
        case CUBLAS_ALLOC_FAILED: return "CUBLAS_STATUS_ALLOC_FAILED";
        case CUBLAS_INVALID_VALUE: return "CUBLAS_STATUS_INVALID_VALUE";
        case CUBLAS_ARCH_MISMATCH: return "CUBLAS_STATUS_ARCH_MISMATCH";
        case CUBLAS_EXECUTION_FAILED: return "CUBLAS_STATUS_EXECUTION_FAILED";
        case CUBLAS_INTERNAL_ERROR: return "CUBLAS_STATUS_INTERNAL_ERROR";
        case CUBLAS_NOT_SUPPORTED: return "CUBLAS_STATUS_NOT_SUPPORTED";
        default: return "<unknown>";
    }
}

const char* cublasGetStatusString(int status) {
    switch (status) {
        case CUBLAS_OK: return "success";
        case CUBLAS_NOT_INITIALIZED: return "the library was not initialized";
        case CUBLAS_ALLOC_FAILED: return "the resource allocation failed";
        case CUBLAS_INVALID_VALUE: return "an unsupported value or parameter was passed to the function";
        case CUBLAS_ARCH_MISMATCH: return "the requested feature is not available on the device architecture";
        case CUBLAS_EXECUTION_FAILED: return "the function failed to launch on the GPU";
        case CUBLAS_INTERNAL_ERROR: return "an internal operation failed";
        case CUBLAS_NOT_SUPPORTED: return "the requested functionality is not supported";
        default: return "<unknown>";
    }
}
}
