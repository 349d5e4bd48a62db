package dev.tandem.cli;

import dev.tandem.data.Normalization;
import dev.tandem.data.image.Picture;
import dev.tandem.tensor.Autograd;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Scope;
import dev.tandem.tensor.Tensor;
import dev.tandem.trainer.NetworkSpec;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** What a network sees in an image: every class, the likeliest first. */
record Prediction(List<Candidate> ranking) {
    /** @param number its place among the network's classes */
    record Candidate(int number, String name, double probability) {}

    static Prediction of(TrainedNetwork trained, Picture picture, Device device) {
        NetworkSpec spec = trained.spec();
        float[] scores;
        try (Autograd.NoGrad off = Autograd.noGrad();
                Scope scope = Scope.open()) {
            scores = trained.network().apply(input(picture, spec, device)).toFloatArray();
        }
        double[] probabilities = softmax(scores);
        List<Candidate> candidates = new ArrayList<>();
        for (int c = 0; c < probabilities.length; c++) {
            candidates.add(new Candidate(c, spec.classNames().get(c), probabilities[c]));
        }
        candidates.sort(Comparator.comparingDouble(Candidate::probability).reversed());
        return new Prediction(candidates);
    }

    /** {@code [1, C, H, W]}, as the network takes it. */
    static Tensor input(Picture picture, NetworkSpec spec, Device device) {
        return Tensor.of(
                device, normalised(picture, spec.normalization()), 1, spec.channels(), spec.height(), spec.width());
    }

    /** {@code (pixel − mean) · scale}, of bytes, as in training. */
    private static float[] normalised(Picture picture, Normalization normalization) {
        byte[] bytes = picture.toBytes();
        float[] values = new float[bytes.length];
        int plane = picture.height() * picture.width();
        for (int i = 0; i < bytes.length; i++) {
            int channel = i / plane;
            values[i] = ((bytes[i] & 0xff) - normalization.mean()[channel])
                    * normalization.scale()[channel];
        }
        return values;
    }

    private static double[] softmax(float[] scores) {
        double highest = Double.NEGATIVE_INFINITY;
        for (float score : scores) {
            highest = Math.max(highest, score);
        }
        double[] result = new double[scores.length];
        double sum = 0;
        for (int i = 0; i < scores.length; i++) {
            result[i] = Math.exp(scores[i] - highest);
            sum += result[i];
        }
        for (int i = 0; i < scores.length; i++) {
            result[i] /= sum;
        }
        return result;
    }
}
