// Convolutions: the descriptor, which algorithm takes what, and the computation.
#pragma once

#include "cudnn.h"

namespace sim {

struct ConvolutionDescriptor : Handle {
    static constexpr const char* KIND = "cuDNN convolution descriptor";
    bool set = false;
    int pad[2], stride[2], dilation[2];
    int mode, compute_type;
    int groups = 1;
    int math = 0;
    ConvolutionDescriptor() : Handle(KIND) {}
};

enum class Direction { FORWARD, BACKWARD_DATA, BACKWARD_FILTER };

enum Math { DEFAULT_MATH = 0, TENSOR_OP_MATH = 1, ALLOW_CONVERSION_MATH = 2, FMA_MATH = 3 };

/** A convolution with everything checked. x, w and y are the forward operands' layouts, whatever the direction. */
struct Convolution {
    Direction direction;
    Layout x, w, y;
    int pad[2], stride[2], dilation[2];
    int groups, math;

    std::string describe() const;
};

/** Reads and checks the descriptors. Complains and answers a status where they do not fit together. */
int make_convolution(
        const char* function, Direction direction, void* x_descriptor, void* w_descriptor, void* convolution_descriptor,
        void* y_descriptor, Context* context, Convolution& result);

/** How an algorithm would do it. */
struct Plan {
    int algorithm;
    int status;  // 0 if it can
    std::size_t workspace;
    bool deterministic;
    int math;  // the descriptor must have it when the algorithm runs, or the workspace is another
};

/** All algorithms of a direction with each math type that they can run with, best first, those that cannot last. */
std::vector<Plan> plans(const Convolution& convolution);

/** An algorithm with the descriptor's math type. */
Plan plan(const Convolution& convolution, int algorithm);

int algorithm_count(Direction direction);

/** result = alpha · convolution + beta · result, of the direction's own result. */
void convolve(const Convolution& convolution, const void* x, const void* w, const void* y, double alpha, double beta, bool jitter);

}  // namespace sim
