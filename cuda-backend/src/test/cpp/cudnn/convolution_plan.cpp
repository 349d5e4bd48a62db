// Convolution descriptors, their checks, and which algorithm takes what with how much workspace. The tables are those of the
// cuDNN documentation, read narrowly: what is doubtful there is refused here.
#include "convolution.h"

namespace sim {
namespace {

struct Algorithm {
    int number;
    bool deterministic;
    std::size_t workspace_per_pixel;
    bool only_3x3;  // Winograd
};

/** For large filters the heuristics put an algorithm first whose workspace no machine has, as the real ones were seen to do. */
constexpr int UNAFFORDABLE = 5;
constexpr std::size_t TOO_MUCH = ~std::size_t(511);

/** Best first. Other FFT, direct and explicit GEMM forms are never chosen here. */
const std::vector<Algorithm>& algorithms(Direction direction) {
    static const std::vector<Algorithm> FORWARD = {{1, true, 4, false}, {6, true, 16, true}, {0, true, 0, false}};
    static const std::vector<Algorithm> DATA = {{1, true, 4, false}, {4, true, 16, true}, {0, false, 0, false}};
    static const std::vector<Algorithm> FILTER = {
        {1, true, 4, false}, {3, false, 8, false}, {0, false, 0, false}};
    return direction == Direction::FORWARD ? FORWARD : direction == Direction::BACKWARD_DATA ? DATA : FILTER;
}

int output_size(const Convolution& c, int axis) {
    int room = c.x.size[2 + axis] + 2 * c.pad[axis] - (c.w.size[2 + axis] - 1) * c.dilation[axis] - 1;
    return room < 0 ? 0 : room / c.stride[axis] + 1;
}

bool is_large(const Convolution& c) {
    return c.w.size[2] >= 5 && c.w.size[3] >= 5 && c.direction != Direction::BACKWARD_FILTER;
}

}  // namespace

int algorithm_count(Direction direction) {
    return direction == Direction::FORWARD ? 8 : direction == Direction::BACKWARD_DATA ? 6 : 7;
}

std::string Convolution::describe() const {
    return "x " + x.describe() + ", w " + w.describe() + ", stride " + std::to_string(stride[0]) + "×" +
            std::to_string(stride[1]) + ", padding " + std::to_string(pad[0]) + "×" + std::to_string(pad[1]) + ", groups " +
            std::to_string(groups);
}

int make_convolution(
        const char* function, Direction direction, void* x_descriptor, void* w_descriptor, void* convolution_descriptor,
        void* y_descriptor, Context* context, Convolution& c) {
    const Layout *x = tensor_layout(x_descriptor, function), *y = tensor_layout(y_descriptor, function);
    auto* w = handle<FilterDescriptor>(w_descriptor, function);
    auto* d = handle<ConvolutionDescriptor>(convolution_descriptor, function);
    if (x == nullptr || y == nullptr || w == nullptr || d == nullptr) return CUDNN_BAD_PARAM;
    if (w->layout.type < 0 || !d->set) {
        complain("%s: a filter or convolution descriptor was created but never set", function);
        return CUDNN_BAD_PARAM;
    }
    c = {direction, *x, w->layout, *y, {d->pad[0], d->pad[1]}, {d->stride[0], d->stride[1]},
         {d->dilation[0], d->dilation[1]}, d->groups, d->math};
    if (x->size[1] != c.w.size[1] * c.groups || c.w.size[0] % c.groups != 0) {
        complain("%s: %s: channels and filters do not fit the groups", function, c.describe().c_str());
        return CUDNN_BAD_PARAM;
    }
    std::array<int, 4> expected{x->size[0], c.w.size[0], output_size(c, 0), output_size(c, 1)};
    if (y->size != expected) {
        complain("%s: %s: y is %s, must be [%d, %d, %d, %d]", function, c.describe().c_str(), y->describe().c_str(), expected[0],
                expected[1], expected[2], expected[3]);
        return CUDNN_BAD_PARAM;
    }
    if (x->type != c.w.type || x->type != y->type || d->compute_type != (x->type == CUDNN_DOUBLE ? CUDNN_DOUBLE : CUDNN_FLOAT)) {
        complain("%s: types x %d, w %d, y %d with compute type %d: all alike, computed in float, is what is simulated", function,
                x->type, c.w.type, y->type, d->compute_type);
        return CUDNN_NOT_SUPPORTED;
    }
    if (x->type == CUDNN_BFLOAT16 && (architecture(context) < 80 || c.math == FMA_MATH)) {
        complain("%s: bfloat16 convolutions run on tensor cores of sm_80 and later (math type %d, sm_%d)", function, c.math,
                architecture(context));
        return CUDNN_NOT_SUPPORTED;
    }
    int format = w->tensor_format;
    if (!x->packed_as(format) || !y->packed_as(format)) {
        complain("%s: the filter is %s, x is %s, y is %s: all must be packed in one order", function,
                format == CUDNN_NHWC ? "NHWC" : "NCHW", x->describe().c_str(), y->describe().c_str());
        return CUDNN_NOT_SUPPORTED;
    }
    return CUDNN_OK;
}

Plan plan(const Convolution& c, int number) {
    if (number == UNAFFORDABLE && is_large(c)) return {number, CUDNN_OK, TOO_MUCH, true, c.math};
    for (const Algorithm& algorithm : algorithms(c.direction)) {
        if (algorithm.number != number) continue;
        bool dense_3x3 = c.w.size[2] == 3 && c.w.size[3] == 3 && c.stride[0] == 1 && c.stride[1] == 1 && c.dilation[0] == 1 &&
                c.dilation[1] == 1 && c.groups == 1;
        if (algorithm.only_3x3 && !dense_3x3) break;
        std::size_t workspace = algorithm.workspace_per_pixel * static_cast<std::size_t>(c.y.size[2]) * c.y.size[3];
        if (c.math != TENSOR_OP_MATH) workspace *= 2;
        return {number, CUDNN_OK, workspace == 0 ? 0 : (workspace + 511) / 256 * 256, algorithm.deterministic, c.math};
    }
    return {number, CUDNN_NOT_SUPPORTED, 0, true, c.math};
}

std::vector<Plan> plans(const Convolution& c) {
    std::vector<Plan> all;
    if (is_large(c)) all.push_back(plan(c, UNAFFORDABLE));
    Convolution tensor_op = c, other = c;
    tensor_op.math = TENSOR_OP_MATH;
    if (c.math == TENSOR_OP_MATH) other.math = DEFAULT_MATH;
    for (const Algorithm& algorithm : algorithms(c.direction)) {
        for (const Convolution& way : {tensor_op, other}) {
            Plan one = plan(way, algorithm.number);
            if (one.status == CUDNN_OK) all.push_back(one);
        }
    }
    for (int number = 0; number < algorithm_count(c.direction); number++) {
        Plan one = plan(c, number);
        if (one.status != CUDNN_OK) all.push_back(one);
    }
    return all;
}

}  // namespace sim

using namespace sim;

extern "C" {

int cudnnCreateConvolutionDescriptor(void** result) {
    ENTER(cudnnCreateConvolutionDescriptor);
    *result = static_cast<Handle*>(new ConvolutionDescriptor);
    return CUDNN_OK;
}

int cudnnDestroyConvolutionDescriptor(void* pointer) {
    ENTER(cudnnDestroyConvolutionDescriptor);
    auto* descriptor = handle<ConvolutionDescriptor>(pointer, "cudnnDestroyConvolutionDescriptor");
    if (descriptor == nullptr) return CUDNN_BAD_PARAM;
    delete descriptor;
    return CUDNN_OK;
}

int cudnnSetConvolution2dDescriptor(
        void* pointer, int pad_h, int pad_w, int stride_h, int stride_w, int dilation_h, int dilation_w, int mode, int compute_type) {
    ENTER(cudnnSetConvolution2dDescriptor);
    auto* descriptor = handle<ConvolutionDescriptor>(pointer, "cudnnSetConvolution2dDescriptor");
    if (descriptor == nullptr) return CUDNN_BAD_PARAM;
    if (pad_h < 0 || pad_w < 0 || stride_h < 1 || stride_w < 1 || dilation_h < 1 || dilation_w < 1 || mode < 0 || mode > 1) {
        complain("cudnnSetConvolution2dDescriptor: padding %d×%d, stride %d×%d, dilation %d×%d, mode %d", pad_h, pad_w, stride_h,
                stride_w, dilation_h, dilation_w, mode);
        return CUDNN_BAD_PARAM;
    }
    if (mode != 1) {
        complain("cudnnSetConvolution2dDescriptor: only cross-correlation is simulated");
        return CUDNN_NOT_SUPPORTED;
    }
    descriptor->set = true;
    descriptor->pad[0] = pad_h, descriptor->pad[1] = pad_w;
    descriptor->stride[0] = stride_h, descriptor->stride[1] = stride_w;
    descriptor->dilation[0] = dilation_h, descriptor->dilation[1] = dilation_w;
    descriptor->mode = mode;
    descriptor->compute_type = compute_type;
    return CUDNN_OK;
}

int cudnnSetConvolutionNdDescriptor(
        void* pointer, int rank, const int* pad, const int* stride, const int* dilation, int mode, int compute_type) {
    ENTER(cudnnSetConvolutionNdDescriptor);
    if (rank != 2) {
        complain("cudnnSetConvolutionNdDescriptor: %d dimensions are not simulated, only 2", rank);
        return CUDNN_NOT_SUPPORTED;
    }
    return cudnnSetConvolution2dDescriptor(
            pointer, pad[0], pad[1], stride[0], stride[1], dilation[0], dilation[1], mode, compute_type);
}

int cudnnSetConvolutionGroupCount(void* pointer, int groups) {
    ENTER(cudnnSetConvolutionGroupCount);
    auto* descriptor = handle<ConvolutionDescriptor>(pointer, "cudnnSetConvolutionGroupCount");
    if (descriptor == nullptr || groups < 1) return CUDNN_BAD_PARAM;
    descriptor->groups = groups;
    return CUDNN_OK;
}

int cudnnGetConvolutionGroupCount(void* pointer, int* groups) {
    ENTER(cudnnGetConvolutionGroupCount);
    auto* descriptor = handle<ConvolutionDescriptor>(pointer, "cudnnGetConvolutionGroupCount");
    if (descriptor == nullptr) return CUDNN_BAD_PARAM;
    *groups = descriptor->groups;
    return CUDNN_OK;
}

int cudnnSetConvolutionMathType(void* pointer, int math) {
    ENTER(cudnnSetConvolutionMathType);
    auto* descriptor = handle<ConvolutionDescriptor>(pointer, "cudnnSetConvolutionMathType");
    if (descriptor == nullptr || math < DEFAULT_MATH || math > FMA_MATH) return CUDNN_BAD_PARAM;
    descriptor->math = math;
    return CUDNN_OK;
}

int cudnnGetConvolutionMathType(void* pointer, int* math) {
    ENTER(cudnnGetConvolutionMathType);
    auto* descriptor = handle<ConvolutionDescriptor>(pointer, "cudnnGetConvolutionMathType");
    if (descriptor == nullptr) return CUDNN_BAD_PARAM;
    *math = descriptor->math;
    return CUDNN_OK;
}

int cudnnGetConvolution2dForwardOutputDim(void* pointer, void* x_descriptor, void* w_descriptor, int* n, int* k, int* h, int* w) {
    ENTER(cudnnGetConvolution2dForwardOutputDim);
    const char* function = "cudnnGetConvolution2dForwardOutputDim";
    auto* d = handle<ConvolutionDescriptor>(pointer, function);
    auto* filter = handle<FilterDescriptor>(w_descriptor, function);
    const Layout* x = tensor_layout(x_descriptor, function);
    if (d == nullptr || filter == nullptr || x == nullptr || !d->set || filter->layout.type < 0) return CUDNN_BAD_PARAM;
    Convolution c{Direction::FORWARD, *x, filter->layout, *x, {d->pad[0], d->pad[1]}, {d->stride[0], d->stride[1]},
                  {d->dilation[0], d->dilation[1]}, d->groups, d->math};
    *n = x->size[0];
    *k = filter->layout.size[0];
    *h = output_size(c, 0);
    *w = output_size(c, 1);
    return *h < 1 || *w < 1 ? CUDNN_BAD_PARAM : CUDNN_OK;
}
}
