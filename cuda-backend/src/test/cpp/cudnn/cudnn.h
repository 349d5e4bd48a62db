// What the files of the simulated cuDNN share: statuses, descriptors, and how a call becomes an operation on a stream.
#pragma once

#include <array>

#include "../compute/numbers.h"
#include "../driver/simulation.h"

namespace sim {

/** Numbered as cuDNN 9 does. */
enum CudnnStatus : int {
    CUDNN_OK = 0,
    CUDNN_NOT_INITIALIZED = 1001,
    CUDNN_BAD_PARAM = 2000,
    CUDNN_BAD_PARAM_NULL_POINTER = 2002,
    CUDNN_BAD_PARAM_MISALIGNED_POINTER = 2003,
    CUDNN_BAD_PARAM_SIZE_INSUFFICIENT = 2006,
    CUDNN_BAD_PARAM_SHAPE_MISMATCH = 2008,
    CUDNN_NOT_SUPPORTED = 3000,
    CUDNN_INTERNAL_ERROR = 4000,
    CUDNN_EXECUTION_FAILED = 5000,
    CUDNN_EXECUTION_FAILED_CUDA_DRIVER = 5001
};

enum CudnnType { CUDNN_FLOAT = 0, CUDNN_DOUBLE = 1, CUDNN_HALF = 2, CUDNN_BFLOAT16 = 9 };
enum CudnnFormat { CUDNN_NCHW = 0, CUDNN_NHWC = 1 };

struct Cudnn : Handle {
    static constexpr const char* KIND = "cuDNN handle";
    Context* context;
    void* stream = nullptr;
    explicit Cudnn(Context* context) : Handle(KIND, context), context(context) {}
};

/** Sizes and strides of N, C, H, W. */
struct Layout {
    int type = -1;
    std::array<int, 4> size{}, stride{};

    Format format() const;
    std::size_t element_bytes() const { return bytes_of(format()); }
    std::int64_t elements() const { return std::int64_t(size[0]) * size[1] * size[2] * size[3]; }
    /** From the first byte to the last. */
    std::uint64_t extent() const;
    bool packed_as(int tensor_format) const;
    std::int64_t at(int n, int c, int h, int w) const {
        return std::int64_t(n) * stride[0] + std::int64_t(c) * stride[1] + std::int64_t(h) * stride[2] + std::int64_t(w) * stride[3];
    }
    std::string describe() const;
};

/** The strides of a packed tensor. */
std::array<int, 4> packed_strides(int tensor_format, const std::array<int, 4>& size);

struct TensorDescriptor : Handle {
    static constexpr const char* KIND = "cuDNN tensor descriptor";
    Layout layout;
    TensorDescriptor() : Handle(KIND) {}
};

struct FilterDescriptor : Handle {
    static constexpr const char* KIND = "cuDNN filter descriptor";
    Layout layout;
    int tensor_format = CUDNN_NCHW;
    FilterDescriptor() : Handle(KIND) {}
};

/** The handle if it may be used now; else the status to answer. */
int use_cudnn(void* pointer, const char* function, Cudnn*& result);

/** The layout of a descriptor that was set, or null after a complaint. */
const Layout* tensor_layout(void* pointer, const char* function);

/** A tensor argument: where it lies and how. */
struct Argument {
    const char* name;
    const void* data;
    const Layout* layout;
    bool writes;
    /** Whether old contents matter (beta is not 0). */
    bool blends = false;
};

/** Memory that an operation may scribble on. */
struct Scratch {
    void* data;
    std::size_t bytes, needed;
};

/** Checks the memory of all arguments and the scratch, and runs the body in stream order. */
int run_cudnn(
        Cudnn* cudnn, const char* function, const std::string& what, const std::vector<Argument>& arguments, Scratch scratch,
        std::function<void()> body);

/** Reads alpha or beta: float, or double where the tensor is. */
bool read_scalar(const void* pointer, const Layout& layout, const char* function, double& value);

bool refuse(const char* function, const std::string& why);

}  // namespace sim
