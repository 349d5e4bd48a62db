package dev.tandem.trainer;

import dev.tandem.backend.DeviceOptions;
import dev.tandem.data.ImageDataset;
import dev.tandem.data.Normalization;
import dev.tandem.nn.Flatten;
import dev.tandem.nn.Linear;
import dev.tandem.nn.Module;
import dev.tandem.nn.Sequential;
import dev.tandem.tensor.Device;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** For tests of the trainer: three classes that brightness tells apart, in images of 4×4, and a linear network. */
abstract class OnBrightness {
    static final NetworkSpec SPEC =
            new NetworkSpec("small", 1, 4, 4, List.of("dark", "grey", "bright"), Normalization.zeroToOne(1));

    @TempDir
    Path folder;

    Device device;

    @BeforeEach
    void open() {
        device = Device.open("cpu", DeviceOptions.DEFAULT.withThreads(1));
    }

    @AfterEach
    void close() {
        device.close();
    }

    /** A data set of one's own: whatever it says of its labels. */
    record Brightness(int size, IntUnaryOperator labels, boolean cutsPhotos) implements ImageDataset {
        @Override
        public String name() {
            return "brightness";
        }

        @Override
        public int channels() {
            return 1;
        }

        @Override
        public int height() {
            return 4;
        }

        @Override
        public int width() {
            return 4;
        }

        @Override
        public List<String> classNames() {
            return SPEC.classNames();
        }

        @Override
        public int label(int index) {
            return labels.applyAsInt(index);
        }

        @Override
        public void copyPixels(int index, MemorySegment target, long offset) {
            for (int p = 0; p < 16; p++) {
                target.set(ValueLayout.JAVA_BYTE, offset + p, (byte) (30 + 90 * (index % 3) + (index * 7 + p) % 20));
            }
        }
    }

    static ImageDataset images(int count) {
        return labelled(count, index -> index % 3);
    }

    static ImageDataset labelled(int count, IntUnaryOperator labels) {
        return new Brightness(count, labels, false);
    }

    Module network() {
        return network(3);
    }

    Module network(int outputs) {
        Module network = new Sequential().add("flatten", new Flatten()).add("fc", new Linear(16, outputs));
        network.initialize(device, 7);
        return network;
    }

    /** 5 steps an epoch, 3 epochs. */
    TrainerBuilder training(Module network) {
        return Trainer.builder(network, SPEC)
                .trainOn(images(30))
                .validateOn(images(9))
                .batchSize(6)
                .epochs(3)
                .seed(5);
    }

    static Callback atStep(long step, Consumer<Trainer> action) {
        return new Callback() {
            @Override
            public void onStep(Trainer trainer, Step done) {
                if (done.step() == step) {
                    action.accept(trainer);
                }
            }
        };
    }
}
