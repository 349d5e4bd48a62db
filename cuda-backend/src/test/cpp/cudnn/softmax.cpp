// Softmax over channels or over whole instances.
#include <cmath>

#include "cudnn.h"

namespace sim {
namespace {

enum Algorithm { FAST = 0, ACCURATE = 1, LOG = 2 };

struct Softmax {
    int algorithm, mode;
    double alpha, beta;
};

/** Calls the function for each group with the indices of its elements in both tensors. */
template <class F>
void for_each_group(const Layout& x, const Layout& y, int mode, F group) {
    std::vector<std::int64_t> from, to;
    const auto& size = x.size;
    for (int n = 0; n < size[0]; n++) {
        if (mode == 0) {
            from.clear();
            to.clear();
            for (int c = 0; c < size[1]; c++) {
                for (int h = 0; h < size[2]; h++) {
                    for (int w = 0; w < size[3]; w++) from.push_back(x.at(n, c, h, w)), to.push_back(y.at(n, c, h, w));
                }
            }
            group(from, to);
            continue;
        }
        for (int h = 0; h < size[2]; h++) {
            for (int w = 0; w < size[3]; w++) {
                from.clear();
                to.clear();
                for (int c = 0; c < size[1]; c++) from.push_back(x.at(n, c, h, w)), to.push_back(y.at(n, c, h, w));
                group(from, to);
            }
        }
    }
}

void forward(const Softmax& s, const Layout& x, const void* from, const Layout& y, void* to) {
    for_each_group(x, y, s.mode, [&](const std::vector<std::int64_t>& in, const std::vector<std::int64_t>& out) {
        double greatest = s.algorithm == FAST ? 0 : -INFINITY, sum = 0;
        std::vector<double> values(in.size());
        for (std::size_t i = 0; i < in.size(); i++) {
            values[i] = load(from, x.format(), in[i]);
            // fmax would lose a NaN.
            if (s.algorithm != FAST && !(values[i] <= greatest)) greatest = values[i];
        }
        for (double value : values) sum += static_cast<float>(std::exp(value - greatest));  // FAST overflows as it would
        for (std::size_t i = 0; i < in.size(); i++) {
            double result = s.algorithm == LOG ? values[i] - greatest - std::log(sum)
                    : s.algorithm == FAST      ? static_cast<float>(std::exp(values[i])) / sum
                                               : std::exp(values[i] - greatest) / sum;
            blend(to, y.format(), out[i], s.alpha, result, s.beta);
        }
    });
}

void backward(const Softmax& s, const Layout& y, const void* output, const Layout& dy, const void* gradient, const Layout& dx, void* to) {
    std::vector<std::vector<std::int64_t>> places;
    for_each_group(dx, dx, s.mode, [&](const std::vector<std::int64_t>& out, const std::vector<std::int64_t>&) { places.push_back(out); });
    std::size_t next = 0;
    for_each_group(y, dy, s.mode, [&](const std::vector<std::int64_t>& in, const std::vector<std::int64_t>& in_gradient) {
        const std::vector<std::int64_t>& out = places[next++];
        double sum = 0;
        for (std::size_t i = 0; i < in.size(); i++) {
            double g = load(gradient, dy.format(), in_gradient[i]);
            sum += s.algorithm == LOG ? g : g * load(output, y.format(), in[i]);
        }
        for (std::size_t i = 0; i < in.size(); i++) {
            double value = load(output, y.format(), in[i]), g = load(gradient, dy.format(), in_gradient[i]);
            blend(to, dx.format(), out[i], s.alpha, s.algorithm == LOG ? g - std::exp(value) * sum : value * (g - sum), s.beta);
        }
    });
}

bool same(const Layout* a, const Layout* b, const char* function) {
    if (a->size == b->size && a->type == b->type) return true;
    complain("%s: %s and %s differ in size or type", function, a->describe().c_str(), b->describe().c_str());
    return false;
}

}  // namespace
}  // namespace sim

using namespace sim;

extern "C" {

int cudnnSoftmaxForward(
        void* pointer, int algorithm, int mode, const void* alpha, void* x_descriptor, const void* x, const void* beta,
        void* y_descriptor, void* y) {
    ENTER(cudnnSoftmaxForward);
    const char* function = "cudnnSoftmaxForward";
    Cudnn* cudnn;
    if (int status = use_cudnn(pointer, function, cudnn)) return status;
    const Layout *from = tensor_layout(x_descriptor, function), *to = tensor_layout(y_descriptor, function);
    if (from == nullptr || to == nullptr || algorithm < 0 || algorithm > 2 || mode < 0 || mode > 1) return CUDNN_BAD_PARAM;
    if (!same(from, to, function)) return CUDNN_BAD_PARAM;
    Softmax s{algorithm, mode, 1, 0};
    if (!read_scalar(alpha, *from, function, s.alpha) || !read_scalar(beta, *from, function, s.beta)) return CUDNN_BAD_PARAM;
    Layout in = *from, out = *to;
    return run_cudnn(cudnn, function, in.describe(), {{"x", x, &in, false}, {"y", y, &out, true, s.beta != 0}}, {},
            [=] { forward(s, in, x, out, y); });
}

int cudnnSoftmaxBackward(
        void* pointer, int algorithm, int mode, const void* alpha, void* y_descriptor, const void* y, void* dy_descriptor,
        const void* dy, const void* beta, void* dx_descriptor, void* dx) {
    ENTER(cudnnSoftmaxBackward);
    const char* function = "cudnnSoftmaxBackward";
    Cudnn* cudnn;
    if (int status = use_cudnn(pointer, function, cudnn)) return status;
    const Layout *output = tensor_layout(y_descriptor, function), *gradient = tensor_layout(dy_descriptor, function),
                 *result = tensor_layout(dx_descriptor, function);
    if (output == nullptr || gradient == nullptr || result == nullptr || algorithm < 0 || algorithm > 2 || mode < 0 || mode > 1) {
        return CUDNN_BAD_PARAM;
    }
    if (!same(output, gradient, function) || !same(output, result, function)) return CUDNN_BAD_PARAM;
    Softmax s{algorithm, mode, 1, 0};
    if (!read_scalar(alpha, *output, function, s.alpha) || !read_scalar(beta, *output, function, s.beta)) return CUDNN_BAD_PARAM;
    Layout a = *output, b = *gradient, c = *result;
    return run_cudnn(cudnn, function, a.describe(),
            {{"y", y, &a, false}, {"dy", dy, &b, false}, {"dx", dx, &c, true, s.beta != 0}}, {},
            [=] { backward(s, a, y, b, dy, c, dx); });
}
}
