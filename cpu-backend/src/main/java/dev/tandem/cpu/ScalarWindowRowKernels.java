package dev.tandem.cpu;

/** A plain loop, for Java runtimes without the Vector API; its inner loop is what the compiler makes vectors of. */
final class ScalarWindowRowKernels implements WindowRowKernels {
    private static final int LANES = 8;

    @Override
    public int lanes() {
        return LANES;
    }

    @Override
    public void spread(
            float[] gradients,
            int from,
            int outputs,
            float[] weights,
            int[] offsets,
            float[] target,
            int at,
            int channels,
            int pixels,
            float[] block) {
        for (int pixel = 0; pixel < pixels; pixel++) {
            for (int o = 0; o < outputs; o++) {
                float gradient = gradients[from + pixel * outputs + o];
                for (int unit = 0; unit < UNITS; unit++) {
                    int to = at + pixel * channels + offsets[unit];
                    int w = (o * UNITS + unit) * LANES;
                    for (int lane = 0; lane < LANES; lane++) {
                        target[to + lane] += gradient * weights[w + lane];
                    }
                }
            }
        }
    }
}
