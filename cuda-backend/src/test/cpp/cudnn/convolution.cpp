// The entry points of convolution, three directions each: run, choose an algorithm, ask for the workspace.
#include "convolution.h"

namespace sim {
namespace {

/** cudnnConvolution…AlgoPerf_t, alike in all directions. */
struct Performance {
    int algorithm, status;
    float milliseconds;
    std::size_t workspace;
    int deterministic, math, reserved[3];
};

struct Descriptors {
    void *x, *w, *convolution, *y;
};

struct Pointers {
    const void *x, *w, *y;
};

int run(
        const char* function, Direction direction, void* pointer, const Descriptors& d, const Pointers& p, const void* alpha_pointer,
        const void* beta_pointer, int algorithm, void* workspace, std::size_t bytes) {
    Cudnn* cudnn;
    if (int status = use_cudnn(pointer, function, cudnn)) return status;
    Convolution c;
    if (int status = make_convolution(function, direction, d.x, d.w, d.convolution, d.y, cudnn->context, c)) return status;
    double alpha, beta;
    if (!read_scalar(alpha_pointer, c.x, function, alpha) || !read_scalar(beta_pointer, c.x, function, beta)) return CUDNN_BAD_PARAM;
    Plan chosen = plan(c, algorithm);
    if (chosen.status != CUDNN_OK) {
        complain("%s: algorithm %d does not take %s", function, algorithm, c.describe().c_str());
        return chosen.status;
    }
    bool blends = beta != 0;
    bool jitter = !chosen.deterministic;
    std::vector<Argument> arguments = {
        {"x", p.x, &c.x, direction == Direction::BACKWARD_DATA, blends},
        {"w", p.w, &c.w, direction == Direction::BACKWARD_FILTER, blends},
        {"y", p.y, &c.y, direction == Direction::FORWARD, blends}};
    return run_cudnn(cudnn, function, c.describe(), arguments, {workspace, bytes, chosen.workspace},
            [=] { convolve(c, p.x, p.w, p.y, alpha, beta, jitter); });
}

int report(const Convolution& c, int requested, int* returned, Performance* results, std::size_t most_workspace) {
    if (requested < 1 || returned == nullptr || results == nullptr) return CUDNN_BAD_PARAM;
    int count = 0;
    for (const Plan& one : plans(c)) {
        if (count == requested) break;
        int status = one.status == CUDNN_OK && one.workspace > most_workspace ? CUDNN_NOT_SUPPORTED : one.status;
        results[count] = {one.algorithm, status, status == CUDNN_OK ? 0.01f * static_cast<float>(count + 1) : -1.0f,
                one.workspace, one.deterministic, one.math, {}};
        count++;
    }
    *returned = count;
    return CUDNN_OK;
}

int choose(
        const char* function, Direction direction, void* pointer, const Descriptors& d, int requested, int* returned, void* results) {
    Cudnn* cudnn;
    if (int status = use_cudnn(pointer, function, cudnn)) return status;
    Convolution c;
    if (int status = make_convolution(function, direction, d.x, d.w, d.convolution, d.y, cudnn->context, c)) return status;
    return report(c, requested, returned, static_cast<Performance*>(results), ~std::size_t(0));
}

/** Find…Ex runs the algorithms for real: its output and workspace are overwritten. */
int find(
        const char* function, Direction direction, void* pointer, const Descriptors& d, const Pointers& p, int requested,
        int* returned, void* results, void* workspace, std::size_t bytes) {
    Cudnn* cudnn;
    if (int status = use_cudnn(pointer, function, cudnn)) return status;
    Convolution c;
    if (int status = make_convolution(function, direction, d.x, d.w, d.convolution, d.y, cudnn->context, c)) return status;
    Stream* stream = stream_of(cudnn->stream, function);
    if (stream == nullptr || is_capturing(stream)) {
        complain("%s: it waits for the device, so it cannot be captured", function);
        return CUDNN_NOT_SUPPORTED;
    }
    std::vector<Argument> arguments = {
        {"x", p.x, &c.x, direction == Direction::BACKWARD_DATA},
        {"w", p.w, &c.w, direction == Direction::BACKWARD_FILTER},
        {"y", p.y, &c.y, direction == Direction::FORWARD}};
    int status = run_cudnn(cudnn, function, c.describe(), arguments, {workspace, bytes, bytes}, [=] {
        for (const Argument& argument : {Argument{"x", p.x, &c.x, direction == Direction::BACKWARD_DATA},
                     Argument{"w", p.w, &c.w, direction == Direction::BACKWARD_FILTER},
                     Argument{"y", p.y, &c.y, direction == Direction::FORWARD}}) {
            if (argument.writes) std::memset(const_cast<void*>(argument.data), 0xff, argument.layout->extent());
        }
    });
    return status != CUDNN_OK ? status : report(c, requested, returned, static_cast<Performance*>(results), bytes);
}

int workspace_size(const char* function, Direction direction, void* pointer, const Descriptors& d, int algorithm, std::size_t* bytes) {
    Cudnn* cudnn;
    if (int status = use_cudnn(pointer, function, cudnn)) return status;
    Convolution c;
    if (int status = make_convolution(function, direction, d.x, d.w, d.convolution, d.y, cudnn->context, c)) return status;
    Plan chosen = plan(c, algorithm);
    if (chosen.status == CUDNN_OK) *bytes = chosen.workspace;
    return chosen.status;
}

}  // namespace
}  // namespace sim

using namespace sim;

extern "C" {

int cudnnConvolutionForward(
        void* handle, const void* alpha, void* xd, const void* x, void* wd, const void* w, void* convolution, int algorithm,
        void* workspace, std::size_t bytes, const void* beta, void* yd, void* y) {
    ENTER(cudnnConvolutionForward);
    return run("cudnnConvolutionForward", Direction::FORWARD, handle, {xd, wd, convolution, yd}, {x, w, y}, alpha, beta,
            algorithm, workspace, bytes);
}

int cudnnConvolutionBackwardData(
        void* handle, const void* alpha, void* wd, const void* w, void* dyd, const void* dy, void* convolution, int algorithm,
        void* workspace, std::size_t bytes, const void* beta, void* dxd, void* dx) {
    ENTER(cudnnConvolutionBackwardData);
    return run("cudnnConvolutionBackwardData", Direction::BACKWARD_DATA, handle, {dxd, wd, convolution, dyd}, {dx, w, dy}, alpha,
            beta, algorithm, workspace, bytes);
}

int cudnnConvolutionBackwardFilter(
        void* handle, const void* alpha, void* xd, const void* x, void* dyd, const void* dy, void* convolution, int algorithm,
        void* workspace, std::size_t bytes, const void* beta, void* dwd, void* dw) {
    ENTER(cudnnConvolutionBackwardFilter);
    return run("cudnnConvolutionBackwardFilter", Direction::BACKWARD_FILTER, handle, {xd, dwd, convolution, dyd}, {x, dw, dy},
            alpha, beta, algorithm, workspace, bytes);
}

int cudnnGetConvolutionForwardAlgorithm_v7(
        void* handle, void* xd, void* wd, void* convolution, void* yd, int requested, int* returned, void* results) {
    ENTER(cudnnGetConvolutionForwardAlgorithm_v7);
    return choose("cudnnGetConvolutionForwardAlgorithm_v7", Direction::FORWARD, handle, {xd, wd, convolution, yd}, requested,
            returned, results);
}

int cudnnGetConvolutionBackwardDataAlgorithm_v7(
        void* handle, void* wd, void* dyd, void* convolution, void* dxd, int requested, int* returned, void* results) {
    ENTER(cudnnGetConvolutionBackwardDataAlgorithm_v7);
    return choose("cudnnGetConvolutionBackwardDataAlgorithm_v7", Direction::BACKWARD_DATA, handle, {dxd, wd, convolution, dyd},
            requested, returned, results);
}

int cudnnGetConvolutionBackwardFilterAlgorithm_v7(
        void* handle, void* xd, void* dyd, void* convolution, void* dwd, int requested, int* returned, void* results) {
    ENTER(cudnnGetConvolutionBackwardFilterAlgorithm_v7);
    return choose("cudnnGetConvolutionBackwardFilterAlgorithm_v7", Direction::BACKWARD_FILTER, handle,
            {xd, dwd, convolution, dyd}, requested, returned, results);
}

int cudnnFindConvolutionForwardAlgorithmEx(
        void* handle, void* xd, const void* x, void* wd, const void* w, void* convolution, void* yd, void* y, int requested,
        int* returned, void* results, void* workspace, std::size_t bytes) {
    ENTER(cudnnFindConvolutionForwardAlgorithmEx);
    return find("cudnnFindConvolutionForwardAlgorithmEx", Direction::FORWARD, handle, {xd, wd, convolution, yd}, {x, w, y},
            requested, returned, results, workspace, bytes);
}

int cudnnFindConvolutionBackwardDataAlgorithmEx(
        void* handle, void* wd, const void* w, void* dyd, const void* dy, void* convolution, void* dxd, void* dx, int requested,
        int* returned, void* results, void* workspace, std::size_t bytes) {
    ENTER(cudnnFindConvolutionBackwardDataAlgorithmEx);
    return find("cudnnFindConvolutionBackwardDataAlgorithmEx", Direction::BACKWARD_DATA, handle, {dxd, wd, convolution, dyd},
            {dx, w, dy}, requested, returned, results, workspace, bytes);
}

int cudnnFindConvolutionBackwardFilterAlgorithmEx(
        void* handle, void* xd, const void* x, void* dyd, const void* dy, void* convolution, void* dwd, void* dw, int requested,
        int* returned, void* results, void* workspace, std::size_t bytes) {
    ENTER(cudnnFindConvolutionBackwardFilterAlgorithmEx);
    return find("cudnnFindConvolutionBackwardFilterAlgorithmEx", Direction::BACKWARD_FILTER, handle,
            {xd, dwd, convolution, dyd}, {x, dw, dy}, requested, returned, results, workspace, bytes);
}

int cudnnGetConvolutionForwardWorkspaceSize(
        void* handle, void* xd, void* wd, void* convolution, void* yd, int algorithm, std::size_t* bytes) {
    ENTER(cudnnGetConvolutionForwardWorkspaceSize);
    return workspace_size("cudnnGetConvolutionForwardWorkspaceSize", Direction::FORWARD, handle, {xd, wd, convolution, yd},
            algorithm, bytes);
}

int cudnnGetConvolutionBackwardDataWorkspaceSize(
        void* handle, void* wd, void* dyd, void* convolution, void* dxd, int algorithm, std::size_t* bytes) {
    ENTER(cudnnGetConvolutionBackwardDataWorkspaceSize);
    return workspace_size("cudnnGetConvolutionBackwardDataWorkspaceSize", Direction::BACKWARD_DATA, handle,
            {dxd, wd, convolution, dyd}, algorithm, bytes);
}

int cudnnGetConvolutionBackwardFilterWorkspaceSize(
        void* handle, void* xd, void* dyd, void* convolution, void* dwd, int algorithm, std::size_t* bytes) {
    ENTER(cudnnGetConvolutionBackwardFilterWorkspaceSize);
    return workspace_size("cudnnGetConvolutionBackwardFilterWorkspaceSize", Direction::BACKWARD_FILTER, handle,
            {xd, dwd, convolution, dyd}, algorithm, bytes);
}

int cudnnGetConvolutionForwardAlgorithmMaxCount(void*, int* count) {
    ENTER(cudnnGetConvolutionForwardAlgorithmMaxCount);
    *count = 2 * algorithm_count(Direction::FORWARD);
    return CUDNN_OK;
}

int cudnnGetConvolutionBackwardDataAlgorithmMaxCount(void*, int* count) {
    ENTER(cudnnGetConvolutionBackwardDataAlgorithmMaxCount);
    *count = 2 * algorithm_count(Direction::BACKWARD_DATA);
    return CUDNN_OK;
}

int cudnnGetConvolutionBackwardFilterAlgorithmMaxCount(void*, int* count) {
    ENTER(cudnnGetConvolutionBackwardFilterAlgorithmMaxCount);
    *count = 2 * algorithm_count(Direction::BACKWARD_FILTER);
    return CUDNN_OK;
}
}
