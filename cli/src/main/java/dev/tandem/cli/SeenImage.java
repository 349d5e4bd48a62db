package dev.tandem.cli;

import dev.tandem.data.image.Picture;
import dev.tandem.inspect.Planes;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * An image as a network takes it, and the class in it that is looked at.
 *
 * @param name of the file, without its end
 * @param input {@code [1, C, H, W]}
 */
record SeenImage(String name, Path file, Planes colours, Tensor input, int target, String label, double probability) {
    /** @param target null for the likeliest class */
    static SeenImage of(Path file, Picture picture, TrainedNetwork trained, Integer target, Device device) {
        Prediction prediction = Prediction.of(trained, picture, device);
        Prediction.Candidate seen = prediction.ranking().stream()
                .filter(each -> target == null || each.number() == target)
                .findFirst()
                .orElseThrow();
        String name = file.getFileName().toString().replaceFirst("\\.[^.]*$", "");
        Planes colours = Planes.ofBytes(
                picture.toBytes(),
                trained.spec().channels(),
                trained.spec().height(),
                trained.spec().width());
        Tensor input = Prediction.input(picture, trained.spec(), device);
        return new SeenImage(name, file, colours, input, seen.number(), seen.name(), seen.probability());
    }

    /** For programs. */
    Map<String, Object> details(String what) {
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("what", what);
        details.put("image", file.toString());
        details.put("class", label);
        details.put("probability", probability);
        return details;
    }
}
