package dev.tandem.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tandem.data.BrokenLimit;
import dev.tandem.models.ModelEntry;
import dev.tandem.models.Models;
import dev.tandem.nn.Module;
import dev.tandem.optim.Optimizer;
import dev.tandem.optim.Schedule;
import dev.tandem.trainer.LossFunction;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Everything that a training run was asked for, as {@code config.yaml} keeps it.
 *
 * @param set the network's own settings, by name; null or empty for the usual ones
 * @param data {@code mnist} for the data that ships, or a folder
 * @param imageSize height and width that images are scaled to; null for their own
 * @param momentum null where the optimizer has its own or none
 * @param warmup epochs
 * @param clipNorm 0 for none
 * @param augmentation {@code none}, {@code shift}, {@code mirror} or {@code crop}
 * @param validateOn {@code validation}, {@code test}, or {@code split} for a tenth of the training images
 * @param weights file to start from; null for none
 * @param pretrained likewise, of which the head may not fit
 * @param classes of the network; null for the data's
 * @param freeze names of parameters, or {@code body} for all but the head
 * @param unfreeze epochs, or {@code names=epoch}
 * @param rateFactor of the learning rate, by names of parameters
 * @param freezeStatistics of all batch norms
 * @param checkpointEvery steps; 0 for once an epoch
 * @param threads null for one a core
 * @param memoryLimit bytes; null for what the device has
 * @param maxBroken photos, or a share of them with {@code %}; null for the usual 1 %
 */
record TrainSettings(
        String model,
        Map<String, String> set,
        String data,
        Integer imageSize,
        int epochs,
        int batch,
        Optimizers optimizer,
        double learningRate,
        Double momentum,
        double weightDecay,
        Schedules schedule,
        double warmup,
        double labelSmoothing,
        double clipNorm,
        Normalizations normalization,
        Augmentations augmentation,
        ValidationData validateOn,
        String weights,
        String pretrained,
        Integer classes,
        List<String> freeze,
        List<String> unfreeze,
        Map<String, Double> rateFactor,
        boolean freezeStatistics,
        long seed,
        boolean deterministic,
        long checkpointEvery,
        String device,
        Integer threads,
        Long memoryLimit,
        String maxBroken) {
    static final String MNIST = "mnist";
    private static final ObjectMapper MAPPER = new ObjectMapper();

    /** Configurations of earlier runs say nothing of the newer settings. */
    TrainSettings {
        set = set == null ? Map.of() : Map.copyOf(set);
        freeze = freeze == null ? List.of() : freeze.stream().map(String::strip).toList();
        unfreeze = unfreeze == null
                ? List.of()
                : unfreeze.stream().map(String::strip).toList();
        rateFactor = rateFactor == null ? Map.of() : rateFactor;
    }

    ModelEntry entry() {
        return Models.get(model);
    }

    /** Of a whole run. */
    Schedule createSchedule(long stepsPerEpoch) {
        return schedule.create(learningRate, stepsPerEpoch * epochs, Math.round(warmup * stepsPerEpoch));
    }

    LossFunction createLoss() {
        return LossFunction.crossEntropy((float) labelSmoothing);
    }

    Optimizer createOptimizer(Module network) {
        return optimizer
                .create(network, (float) learningRate, momentum)
                .weightDecay((float) weightDecay)
                .noDecayOnBiasAndNorm()
                .clipByNorm((float) clipNorm);
    }

    BrokenLimit brokenLimit() {
        return maxBroken == null ? BrokenLimit.USUAL : BrokenLimit.parse(maxBroken);
    }

    /** By name, in the order above. */
    @SuppressWarnings("unchecked")
    Map<String, Object> toMap() {
        return MAPPER.convertValue(this, LinkedHashMap.class);
    }

    /** @throws IllegalArgumentException if the map is not what {@link #toMap} made */
    static TrainSettings fromMap(String file, Map<String, ?> map) {
        try {
            TrainSettings settings = MAPPER.convertValue(map, TrainSettings.class);
            settings.entry();
            return settings;
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    file + ": it is not the configuration of a run of this Tandem: "
                            + e.getMessage().lines().findFirst().orElse(""),
                    e);
        }
    }

    /** The same but for some values. */
    TrainSettings with(Map<String, ?> changes) {
        Map<String, Object> map = toMap();
        map.putAll(changes);
        return MAPPER.convertValue(map, TrainSettings.class);
    }
}
