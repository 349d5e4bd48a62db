// The computation: windows gathered into columns, one image and group at a time, and a matrix product in double precision.
#include "convolution.h"

namespace sim {
namespace {

struct Geometry {
    const Convolution& c;
    int channels, filters;  // a group's
    std::size_t taps, pixels;

    explicit Geometry(const Convolution& c)
        : c(c), channels(c.w.size[1]), filters(c.w.size[0] / c.groups),
          taps(static_cast<std::size_t>(channels) * c.w.size[2] * c.w.size[3]),
          pixels(static_cast<std::size_t>(c.y.size[2]) * c.y.size[3]) {}

    /** Calls with tap, output pixel and input position, for all that lie inside of the image. */
    template <class F>
    void for_each(F visit) const {
        std::size_t tap = 0;
        for (int channel = 0; channel < channels; channel++) {
            for (int r = 0; r < c.w.size[2]; r++) {
                for (int s = 0; s < c.w.size[3]; s++, tap++) {
                    for (int i = 0; i < c.y.size[2]; i++) {
                        int h = i * c.stride[0] - c.pad[0] + r * c.dilation[0];
                        if (h < 0 || h >= c.x.size[2]) continue;
                        for (int j = 0; j < c.y.size[3]; j++) {
                            int w = j * c.stride[1] - c.pad[1] + s * c.dilation[1];
                            if (w < 0 || w >= c.x.size[3]) continue;
                            visit(tap, static_cast<std::size_t>(i) * c.y.size[3] + j, channel, h, w);
                        }
                    }
                }
            }
        }
    }
};

/** float32 operands go through TF32 unless the descriptor says FMA, as on Ampere and later. */
void round_operand(const Convolution& c, std::vector<double>& values) {
    if (c.x.type != CUDNN_FLOAT || c.math == FMA_MATH) return;
    for (double& value : values) value = to_tf32(value);
}

/** One group of an image as [channel][h][w]. */
std::vector<double> planes(const Convolution& c, const Layout& layout, const void* data, int n, int first, int count) {
    std::vector<double> all;
    all.reserve(static_cast<std::size_t>(count) * layout.size[2] * layout.size[3]);
    for (int channel = first; channel < first + count; channel++) {
        for (int h = 0; h < layout.size[2]; h++) {
            for (int w = 0; w < layout.size[3]; w++) all.push_back(load(data, layout.format(), layout.at(n, channel, h, w)));
        }
    }
    round_operand(c, all);
    return all;
}

/** A group's filters as [filter][tap]. */
std::vector<double> filters(const Convolution& c, const Geometry& g, const void* data, int group) {
    std::vector<double> all;
    all.reserve(static_cast<std::size_t>(g.filters) * g.taps);
    for (int k = 0; k < g.filters; k++) {
        for (int channel = 0; channel < g.channels; channel++) {
            for (int r = 0; r < c.w.size[2]; r++) {
                for (int s = 0; s < c.w.size[3]; s++) {
                    all.push_back(load(data, c.w.format(), c.w.at(group * g.filters + k, channel, r, s)));
                }
            }
        }
    }
    round_operand(c, all);
    return all;
}

void forward(const Convolution& c, const Geometry& g, const void* x, const void* w, void* y, double alpha, double beta) {
    for (int group = 0; group < c.groups; group++) {
        std::vector<double> weights = filters(c, g, w, group);
        for (int n = 0; n < c.x.size[0]; n++) {
            std::vector<double> image = planes(c, c.x, x, n, group * g.channels, g.channels);
            std::vector<double> columns(g.taps * g.pixels), result(g.filters * g.pixels);
            g.for_each([&](std::size_t tap, std::size_t pixel, int channel, int h, int column) {
                columns[tap * g.pixels + pixel] =
                        image[(static_cast<std::size_t>(channel) * c.x.size[2] + h) * c.x.size[3] + column];
            });
            multiply_wide(g.pixels, static_cast<std::size_t>(g.filters), g.taps, columns.data(), weights.data(), result.data());
            const double* from = result.data();
            for (int k = 0; k < g.filters; k++) {
                for (int i = 0; i < c.y.size[2]; i++) {
                    for (int j = 0; j < c.y.size[3]; j++) {
                        blend(y, c.y.format(), c.y.at(n, group * g.filters + k, i, j), alpha, *from++, beta);
                    }
                }
            }
        }
    }
}

void backward_data(const Convolution& c, const Geometry& g, void* x, const void* w, const void* y, double alpha, double beta) {
    for (int group = 0; group < c.groups; group++) {
        std::vector<double> weights = filters(c, g, w, group);
        auto k = static_cast<std::size_t>(g.filters);
        std::vector<double> by_tap = gather(weights.data(), Format::DOUBLE, k, g.taps, static_cast<std::int64_t>(g.taps), 1);
        for (int n = 0; n < c.x.size[0]; n++) {
            std::vector<double> gradient = planes(c, c.y, y, n, group * g.filters, g.filters);
            std::vector<double> columns(g.taps * g.pixels);
            multiply_wide(g.pixels, g.taps, k, gradient.data(), by_tap.data(), columns.data());
            std::vector<double> image(static_cast<std::size_t>(g.channels) * c.x.size[2] * c.x.size[3]);
            g.for_each([&](std::size_t tap, std::size_t pixel, int channel, int h, int column) {
                image[(static_cast<std::size_t>(channel) * c.x.size[2] + h) * c.x.size[3] + column] +=
                        columns[tap * g.pixels + pixel];
            });
            const double* from = image.data();
            for (int channel = 0; channel < g.channels; channel++) {
                for (int h = 0; h < c.x.size[2]; h++) {
                    for (int j = 0; j < c.x.size[3]; j++) {
                        blend(x, c.x.format(), c.x.at(n, group * g.channels + channel, h, j), alpha, *from++, beta);
                    }
                }
            }
        }
    }
}

void backward_filter(const Convolution& c, const Geometry& g, const void* x, void* w, const void* y, double alpha, double beta) {
    for (int group = 0; group < c.groups; group++) {
        std::vector<double> result(g.taps * g.filters);
        for (int n = 0; n < c.x.size[0]; n++) {
            std::vector<double> image = planes(c, c.x, x, n, group * g.channels, g.channels);
            std::vector<double> gradient = planes(c, c.y, y, n, group * g.filters, g.filters);
            std::vector<double> rows(g.pixels * g.taps);  // [pixel][tap]
            g.for_each([&](std::size_t tap, std::size_t pixel, int channel, int h, int column) {
                rows[pixel * g.taps + tap] =
                        image[(static_cast<std::size_t>(channel) * c.x.size[2] + h) * c.x.size[3] + column];
            });
            multiply_wide(g.taps, static_cast<std::size_t>(g.filters), g.pixels, rows.data(), gradient.data(), result.data());
        }
        const double* from = result.data();
        for (int k = 0; k < g.filters; k++) {
            for (int channel = 0; channel < g.channels; channel++) {
                for (int r = 0; r < c.w.size[2]; r++) {
                    for (int s = 0; s < c.w.size[3]; s++) {
                        blend(w, c.w.format(), c.w.at(group * g.filters + k, channel, r, s), alpha, *from++, beta);
                    }
                }
            }
        }
    }
}

}  // namespace

void convolve(const Convolution& c, const void* x, const void* w, const void* y, double alpha, double beta, bool jitter) {
    static unsigned calls = 0;
    // Algorithms that sum in no fixed order: their last bit changes from call to call, so nobody relies on it.
    if (jitter && calls++ % 2 == 1) alpha *= 1 + 1.2e-7;
    Geometry g(c);
    switch (c.direction) {
        case Direction::FORWARD: forward(c, g, x, w, const_cast<void*>(y), alpha, beta); break;
        case Direction::BACKWARD_DATA: backward_data(c, g, const_cast<void*>(x), w, y, alpha, beta); break;
        case Direction::BACKWARD_FILTER: backward_filter(c, g, x, const_cast<void*>(w), y, alpha, beta); break;
    }
}

}  // namespace sim
