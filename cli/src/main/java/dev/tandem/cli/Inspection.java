package dev.tandem.cli;

import dev.tandem.data.ImageDataset;
import dev.tandem.inspect.Activations;
import dev.tandem.inspect.Filters;
import dev.tandem.inspect.GradCam;
import dev.tandem.inspect.HeatMap;
import dev.tandem.inspect.NearestImages;
import dev.tandem.inspect.Occlusion;
import dev.tandem.inspect.Pictures;
import dev.tandem.inspect.Planes;
import dev.tandem.nn.Module;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Tensor;
import dev.tandem.trainer.NetworkSpec;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntConsumer;

/** Each kind of look at a network: computes it, draws it, and puts it into the folder. */
final class Inspection {
    private static final int MOST_FILTERS = 256;
    private static final int MOST_STAGES = 32;
    private static final int BATCH = 64;
    /** Of probability: a network's noise must not look like a finding. */
    private static final float LEAST_FULL_DROP = 0.1f;

    private static final long NANOS_BETWEEN_NOTES = 10_000_000_000L;

    private final TrainedNetwork trained;
    private final Module network;
    private final InspectCommand.Looking looking;
    private final InspectionFolder folder;
    private final Device device;
    private final Console console;

    Inspection(
            TrainedNetwork trained,
            InspectCommand.Looking looking,
            InspectionFolder folder,
            Device device,
            Console console) {
        this.trained = trained;
        this.network = trained.network();
        this.looking = looking;
        this.folder = folder;
        this.device = device;
        this.console = console;
    }

    NetworkSpec spec() {
        return trained.spec();
    }

    void filters() {
        Filters filters = Filters.of(network, spec().channels(), spec().height(), spec().width());
        int count = filters.filters().size();
        int shown = Math.min(count, MOST_FILTERS);
        Filters first = new Filters(
                filters.layer(), filters.isTemplates(), filters.filters().subList(0, shown));
        String caption = (shown < count ? "The first " + shown + " of " + count : "The " + count)
                + (filters.isTemplates() ? " classes' templates (" : " filters (") + "layer " + filters.layer()
                + "), each from its smallest weight to its largest";
        List<String> names = filters.isTemplates() ? spec().classNames().subList(0, shown) : List.of();
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("what", "filters");
        details.put("layer", filters.layer());
        folder.add("First layer", "filters", caption, Pictures.filters(first, names), details);
    }

    void activations(SeenImage image) {
        List<Activations> stages = Activations.of(network, image.input(), MOST_STAGES);
        if (stages.isEmpty()) {
            throw new IllegalArgumentException("activations: no layer of " + spec().model()
                    + " gives feature maps of an image; its layers are fully connected");
        }
        int number = 1;
        for (Activations stage : stages) {
            Planes maps = stage.maps();
            int shown = Math.min(looking.channels, maps.channels());
            String caption = String.format(
                    "%s (%s): %s feature maps of %d×%d",
                    stage.layer(),
                    stage.kind(),
                    shown < maps.channels() ? shown + " of " + maps.channels() : maps.channels(),
                    maps.height(),
                    maps.width());
            Map<String, Object> details = image.details("activations");
            details.put("layer", stage.layer());
            String name = String.format(Locale.ROOT, "%s-activations-%02d-%s", image.name(), number++, stage.layer());
            folder.add("Activation maps of " + image.file(), name, caption, Pictures.activations(maps, shown), details);
        }
    }

    void gradCam(SeenImage image) {
        GradCam result = looking.layer == null
                ? GradCam.of(network, image.input(), image.target())
                : GradCam.of(network, image.input(), image.target(), looking.layer);
        Map<String, Object> details = image.details("gradcam");
        details.put("layer", result.layer());
        folder.add(
                "Where the network sees the class (Grad-CAM)",
                image.name() + "-gradcam",
                seenAs(image) + ", by " + result.map().height() + "×"
                        + result.map().width() + " maps (" + result.layer() + ")",
                Pictures.overlay(image.colours(), result.map()),
                details);
    }

    void occlusion(SeenImage image) {
        int side = Math.min(spec().height(), spec().width());
        int patch = looking.patch == null ? Math.max(1, side / 7) : looking.patch;
        int stride = looking.stride == null ? Math.max(1, patch / 2) : looking.stride;
        Occlusion result = Occlusion.of(network, image.input(), image.target(), patch, stride);
        double least = result.probability();
        for (float each : result.probabilities()) {
            least = Math.min(least, each);
        }
        HeatMap drops = result.drops();
        float full = Math.max(LEAST_FULL_DROP, drops.largest());
        Map<String, Object> details = image.details("occlusion");
        details.put("patch", patch);
        details.put("stride", stride);
        details.put("leastProbability", least);
        details.put("fullColourDrop", Format.rounded(full, 4));
        folder.add(
                "What the class loses where a square is hidden (occlusion)",
                image.name() + "-occlusion",
                seenAs(image) + "; " + Format.percent(least) + " at the least where a square of " + patch + "×" + patch
                        + " is hidden; red is a loss of "
                        + String.format(Locale.ROOT, "%.1f percentage points", 100 * full),
                Pictures.overlay(image.colours(), drops, full),
                details);
    }

    private static String seenAs(SeenImage image) {
        return image.file() + ": " + image.label() + " " + Format.percent(image.probability());
    }

    void nearest(List<SeenImage> images, ImageDataset dataset) {
        console.note("looking for the nearest of " + Format.grouped(dataset.size()) + " images of " + dataset.name());
        Tensor queries = Tensor.concat(0, images.stream().map(SeenImage::input).toArray(Tensor[]::new));
        List<List<NearestImages.Neighbour>> found = NearestImages.find(
                network, spec(), queries, dataset, looking.top, BATCH, device, notes(dataset.size()));
        List<BufferedImage> rows = new ArrayList<>();
        List<Map<String, Object>> listed = new ArrayList<>();
        for (int i = 0; i < images.size(); i++) {
            SeenImage image = images.get(i);
            List<Planes> neighbours = new ArrayList<>();
            List<String> captions = new ArrayList<>(List.of(image.name()));
            List<Map<String, Object>> each = new ArrayList<>();
            for (NearestImages.Neighbour neighbour : found.get(i)) {
                String label = dataset.classNames().get(neighbour.label());
                neighbours.add(Planes.of(dataset, neighbour.index()));
                captions.add(label);
                Map<String, Object> one = new LinkedHashMap<>();
                one.put("index", neighbour.index());
                one.put("label", label);
                one.put("distance", neighbour.distance());
                each.add(one);
            }
            rows.add(Pictures.neighbours(image.colours(), neighbours, captions));
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("image", image.file().toString());
            one.put("neighbours", each);
            listed.add(one);
        }
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("what", "nearest");
        details.put("images", listed);
        folder.add(
                "Nearest training images",
                "nearest",
                "Left: the images; beside each, those of " + dataset.name()
                        + " whose features before the last layer are nearest, with their classes",
                Pictures.stacked(rows),
                details);
    }

    private IntConsumer notes(int all) {
        long[] last = {System.nanoTime()};
        return seen -> {
            if (System.nanoTime() - last[0] > NANOS_BETWEEN_NOTES) {
                last[0] = System.nanoTime();
                console.note(Format.grouped(seen) + " of " + Format.grouped(all) + " images");
            }
        };
    }
}
