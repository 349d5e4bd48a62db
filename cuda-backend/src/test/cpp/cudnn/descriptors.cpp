// Tensor and filter descriptors. Four dimensions: what image networks need.
#include "cudnn.h"

namespace sim {

std::array<int, 4> packed_strides(int tensor_format, const std::array<int, 4>& size) {
    int n = size[1] * size[2] * size[3];
    if (tensor_format == CUDNN_NHWC) return {n, 1, size[3] * size[1], size[1]};
    return {n, size[2] * size[3], size[3], 1};
}

Format Layout::format() const {
    return type == CUDNN_DOUBLE ? Format::DOUBLE
            : type == CUDNN_HALF ? Format::HALF
            : type == CUDNN_BFLOAT16 ? Format::BFLOAT16
                                     : Format::FLOAT;
}

std::uint64_t Layout::extent() const {
    return static_cast<std::uint64_t>(at(size[0] - 1, size[1] - 1, size[2] - 1, size[3] - 1) + 1) * element_bytes();
}

/** The stride of an axis of size 1 does not matter. */
bool Layout::packed_as(int tensor_format) const {
    std::array<int, 4> packed = packed_strides(tensor_format, size);
    for (int i = 0; i < 4; i++) {
        if (size[i] > 1 && stride[i] != packed[i]) return false;
    }
    return true;
}

std::string Layout::describe() const {
    std::string text = type == CUDNN_DOUBLE ? "float64" : type == CUDNN_HALF ? "float16" : type == CUDNN_BFLOAT16 ? "bfloat16" : "float32";
    for (int i = 0; i < 4; i++) text += (i == 0 ? " [" : ", ") + std::to_string(size[i]);
    return text + (packed_as(CUDNN_NCHW) ? "]" : packed_as(CUDNN_NHWC) ? "] NHWC" : "] strided");
}

const Layout* tensor_layout(void* pointer, const char* function) {
    auto* descriptor = handle<TensorDescriptor>(pointer, function);
    if (descriptor == nullptr) return nullptr;
    if (descriptor->layout.type < 0) {
        complain("%s: a tensor descriptor was created but never set", function);
        return nullptr;
    }
    return &descriptor->layout;
}

namespace {

bool known_type(int type, const char* function) {
    if (type == CUDNN_FLOAT || type == CUDNN_DOUBLE || type == CUDNN_HALF || type == CUDNN_BFLOAT16) return true;
    complain("%s: data type %d is not simulated", function, type);
    return false;
}

/** Two elements at one place: allowed for nobody who writes, so refused for all. */
bool overlaps(const Layout& layout) {
    std::array<int, 4> order{0, 1, 2, 3};
    for (int i = 0; i < 4; i++) {
        for (int j = i + 1; j < 4; j++) {
            if (layout.stride[order[j]] < layout.stride[order[i]]) std::swap(order[i], order[j]);
        }
    }
    std::int64_t reach = 0;
    for (int axis : order) {
        if (layout.size[axis] == 1) continue;
        if (layout.stride[axis] <= reach) return true;
        reach += std::int64_t(layout.size[axis] - 1) * layout.stride[axis];
    }
    return false;
}

int set_tensor(void* pointer, const char* function, int type, std::array<int, 4> size, std::array<int, 4> stride) {
    auto* descriptor = handle<TensorDescriptor>(pointer, function);
    if (descriptor == nullptr) return CUDNN_BAD_PARAM;
    if (!known_type(type, function)) return CUDNN_BAD_PARAM;
    for (int i = 0; i < 4; i++) {
        if (size[i] < 1 || stride[i] < 1) {
            complain("%s: sizes [%d, %d, %d, %d], strides [%d, %d, %d, %d]: all must be at least 1", function, size[0], size[1],
                    size[2], size[3], stride[0], stride[1], stride[2], stride[3]);
            return CUDNN_BAD_PARAM;
        }
    }
    Layout layout{type, size, stride};
    if (std::uint64_t(layout.elements()) > 2147483647ull) {
        complain("%s: more than 2^31 - 1 elements", function);
        return CUDNN_NOT_SUPPORTED;
    }
    if (overlaps(layout)) {
        complain("%s: elements of size [%d, %d, %d, %d] overlap under strides [%d, %d, %d, %d]", function, size[0], size[1],
                size[2], size[3], stride[0], stride[1], stride[2], stride[3]);
        return CUDNN_BAD_PARAM;
    }
    descriptor->layout = layout;
    return CUDNN_OK;
}

int set_filter(void* pointer, const char* function, int type, int tensor_format, std::array<int, 4> size) {
    auto* descriptor = handle<FilterDescriptor>(pointer, function);
    if (descriptor == nullptr) return CUDNN_BAD_PARAM;
    if (!known_type(type, function) || (tensor_format != CUDNN_NCHW && tensor_format != CUDNN_NHWC)) return CUDNN_BAD_PARAM;
    for (int each : size) {
        if (each < 1) {
            complain("%s: size [%d, %d, %d, %d]: all must be at least 1", function, size[0], size[1], size[2], size[3]);
            return CUDNN_BAD_PARAM;
        }
    }
    descriptor->tensor_format = tensor_format;
    descriptor->layout = {type, size, packed_strides(tensor_format, size)};
    return CUDNN_OK;
}

}  // namespace
}  // namespace sim

using namespace sim;

extern "C" {

int cudnnCreateTensorDescriptor(void** result) {
    ENTER(cudnnCreateTensorDescriptor);
    *result = static_cast<Handle*>(new TensorDescriptor);
    return CUDNN_OK;
}

int cudnnDestroyTensorDescriptor(void* pointer) {
    ENTER(cudnnDestroyTensorDescriptor);
    auto* descriptor = handle<TensorDescriptor>(pointer, "cudnnDestroyTensorDescriptor");
    if (descriptor == nullptr) return CUDNN_BAD_PARAM;
    delete descriptor;
    return CUDNN_OK;
}

int cudnnSetTensor4dDescriptor(void* descriptor, int tensor_format, int type, int n, int c, int h, int w) {
    ENTER(cudnnSetTensor4dDescriptor);
    if (tensor_format != CUDNN_NCHW && tensor_format != CUDNN_NHWC) return CUDNN_BAD_PARAM;
    std::array<int, 4> size{n, c, h, w};
    return set_tensor(descriptor, "cudnnSetTensor4dDescriptor", type, size, packed_strides(tensor_format, size));
}

int cudnnSetTensor4dDescriptorEx(
        void* descriptor, int type, int n, int c, int h, int w, int n_stride, int c_stride, int h_stride, int w_stride) {
    ENTER(cudnnSetTensor4dDescriptorEx);
    return set_tensor(descriptor, "cudnnSetTensor4dDescriptorEx", type, {n, c, h, w}, {n_stride, c_stride, h_stride, w_stride});
}

int cudnnSetTensorNdDescriptor(void* descriptor, int type, int rank, const int* size, const int* stride) {
    ENTER(cudnnSetTensorNdDescriptor);
    if (rank != 4) {
        complain("cudnnSetTensorNdDescriptor: %d dimensions are not simulated, only 4", rank);
        return CUDNN_NOT_SUPPORTED;
    }
    return set_tensor(descriptor, "cudnnSetTensorNdDescriptor", type, {size[0], size[1], size[2], size[3]},
            {stride[0], stride[1], stride[2], stride[3]});
}

int cudnnGetTensor4dDescriptor(
        void* descriptor, int* type, int* n, int* c, int* h, int* w, int* n_stride, int* c_stride, int* h_stride, int* w_stride) {
    ENTER(cudnnGetTensor4dDescriptor);
    const Layout* layout = tensor_layout(descriptor, "cudnnGetTensor4dDescriptor");
    if (layout == nullptr) return CUDNN_BAD_PARAM;
    *type = layout->type;
    int* sizes[] = {n, c, h, w};
    int* strides[] = {n_stride, c_stride, h_stride, w_stride};
    for (int i = 0; i < 4; i++) {
        *sizes[i] = layout->size[i];
        *strides[i] = layout->stride[i];
    }
    return CUDNN_OK;
}

int cudnnGetTensorSizeInBytes(void* descriptor, std::size_t* bytes) {
    ENTER(cudnnGetTensorSizeInBytes);
    const Layout* layout = tensor_layout(descriptor, "cudnnGetTensorSizeInBytes");
    if (layout == nullptr) return CUDNN_BAD_PARAM;
    *bytes = layout->extent();
    return CUDNN_OK;
}

int cudnnCreateFilterDescriptor(void** result) {
    ENTER(cudnnCreateFilterDescriptor);
    *result = static_cast<Handle*>(new FilterDescriptor);
    return CUDNN_OK;
}

int cudnnDestroyFilterDescriptor(void* pointer) {
    ENTER(cudnnDestroyFilterDescriptor);
    auto* descriptor = handle<FilterDescriptor>(pointer, "cudnnDestroyFilterDescriptor");
    if (descriptor == nullptr) return CUDNN_BAD_PARAM;
    delete descriptor;
    return CUDNN_OK;
}

int cudnnSetFilter4dDescriptor(void* descriptor, int type, int tensor_format, int k, int c, int h, int w) {
    ENTER(cudnnSetFilter4dDescriptor);
    return set_filter(descriptor, "cudnnSetFilter4dDescriptor", type, tensor_format, {k, c, h, w});
}

int cudnnSetFilterNdDescriptor(void* descriptor, int type, int tensor_format, int rank, const int* size) {
    ENTER(cudnnSetFilterNdDescriptor);
    if (rank != 4) {
        complain("cudnnSetFilterNdDescriptor: %d dimensions are not simulated, only 4", rank);
        return CUDNN_NOT_SUPPORTED;
    }
    return set_filter(descriptor, "cudnnSetFilterNdDescriptor", type, tensor_format, {size[0], size[1], size[2], size[3]});
}

int cudnnGetFilterSizeInBytes(void* pointer, std::size_t* bytes) {
    ENTER(cudnnGetFilterSizeInBytes);
    auto* descriptor = handle<FilterDescriptor>(pointer, "cudnnGetFilterSizeInBytes");
    if (descriptor == nullptr || descriptor->layout.type < 0) return CUDNN_BAD_PARAM;
    *bytes = descriptor->layout.extent();
    return CUDNN_OK;
}
}
