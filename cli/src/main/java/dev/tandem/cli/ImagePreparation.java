package dev.tandem.cli;

import dev.tandem.cli.image.DigitPreparation;
import dev.tandem.data.Crop;
import dev.tandem.data.ImageFolder;
import dev.tandem.data.image.FileNames;
import dev.tandem.data.image.Picture;
import dev.tandem.trainer.NetworkSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** Makes of image files what a network takes; photographed digits become like MNIST's for networks that learned from those. */
final class ImagePreparation {
    enum How {
        AUTO,
        DIGIT,
        PLAIN;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final NetworkSpec spec;
    private final boolean asDigits;
    private final Console console;

    /** @param how null means {@link How#AUTO} */
    ImagePreparation(How how, NetworkSpec spec, Console console) {
        this.spec = spec;
        this.asDigits = how == null || how == How.AUTO ? looksLikeDigits(spec) : how == How.DIGIT;
        this.console = console;
    }

    /**
     * The files that arguments mean.
     *
     * @throws UsageException if one is not there, or a folder
     */
    static List<Path> existing(List<Path> arguments) {
        List<Path> images = arguments.stream().map(FileNames::meant).toList();
        for (Path image : images) {
            if (!Files.exists(image)) {
                throw new UsageException("image " + image + ": there is no such file");
            }
            if (Files.isDirectory(image)) {
                throw new UsageException("image " + image + ": it is a folder; name the files in it");
            }
        }
        return images;
    }

    /** Grey and mostly dark, as MNIST is (mean 33 of 255) and Fashion-MNIST is not quite (73). */
    private static boolean looksLikeDigits(NetworkSpec spec) {
        float mean = spec.normalization().mean()[0];
        return spec.channels() == 1 && spec.height() == spec.width() && (mean == 0 ? namesDigits(spec) : mean < 50);
    }

    /** For networks whose normalisation does not tell. */
    private static boolean namesDigits(NetworkSpec spec) {
        return spec.classNames().equals(List.of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"));
    }

    /** @throws dev.tandem.data.image.ImageException if it cannot be read, saying why */
    Picture read(Path image) {
        if (!asDigits) {
            return spec.height() == spec.width()
                    ? ImageFolder.read(image, spec.height(), spec.resize(), Crop.CENTRE)
                            .withChannels(spec.channels())
                    : Picture.read(image).withChannels(spec.channels()).fitted(spec.height(), spec.width());
        }
        DigitPreparation.Result prepared =
                DigitPreparation.prepare(Picture.read(image).grey(), spec.height());
        console.note(
                image + ": " + prepared.remark() + (prepared.found() ? "" : "; --prepare plain leaves it as it is"));
        return new Picture(List.of(prepared.image())).withChannels(spec.channels());
    }
}
