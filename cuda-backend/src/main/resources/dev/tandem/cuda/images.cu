// Turns bytes of images into what networks take: crop, mirror, normalise, channels first, in one pass. So only bytes cross the bus.
#include "element.cuh"

#define MOST_CHANNELS 16

struct Normalization {
    float mean[MOST_CHANNELS];
    float scale[MOST_CHANNELS];
};

struct Sizes {
    int height, width, channels; // of the pixels [N, height, width, channels]
    int outputHeight, outputWidth;
};

// `windows` has top, left and mirror of each image; what lies outside of it is 0.
extern "C" __global__ void images(
        const uint8 *pixels, const int *windows, element *result, Sizes s, Normalization n, int64 count) {
    FOR_EACH(i, count) {
        int column = (int)(i % s.outputWidth);
        int row = (int)(i / s.outputWidth % s.outputHeight);
        int channel = (int)(i / s.outputWidth / s.outputHeight % s.channels);
        int64 image = i / s.outputWidth / s.outputHeight / s.channels;
        const int *window = windows + 3 * image;
        int y = window[0] + row;
        int x = window[1] + (window[2] != 0 ? s.outputWidth - 1 - column : column);
        float pixel = 0;
        if (y >= 0 && y < s.height && x >= 0 && x < s.width) {
            pixel = pixels[((image * s.height + y) * s.width + x) * s.channels + channel];
        }
        result[i] = To<element>::element((pixel - n.mean[channel]) * n.scale[channel]);
    }
}
