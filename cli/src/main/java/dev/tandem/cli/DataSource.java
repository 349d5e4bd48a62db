package dev.tandem.cli;

import dev.tandem.data.Datasets;
import dev.tandem.data.ImageDataset;
import dev.tandem.data.ImageFolder;
import dev.tandem.data.Resize;
import dev.tandem.data.ResizedDataset;
import dev.tandem.data.Split;
import dev.tandem.data.image.FileNames;
import dev.tandem.io.BrokenFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Data sets as {@code --data} names them. */
final class DataSource {
    private DataSource() {}

    /**
     * @param data {@code mnist} for the one that ships, or a folder
     * @param imageSize null for the images' own, or the usual 224 of photos
     * @throws UsageException if there is no such folder or it holds no data set
     * @throws BrokenFileException if a file is damaged
     */
    static ImageDataset open(String data, Split split, Integer imageSize) {
        return open(data, split, imageSize, null);
    }

    /** @param resize how photos are scaled before they are cut to {@code imageSize}; null for the usual way */
    static ImageDataset open(String data, Split split, Integer imageSize, Resize resize) {
        ImageDataset dataset = open(data, split);
        if (dataset instanceof ImageFolder photos) {
            return imageSize == null
                    ? photos
                    : photos.sized(imageSize, resize == null ? Resize.usual(imageSize) : resize);
        }
        return imageSize == null || (dataset.height() == imageSize && dataset.width() == imageSize)
                ? dataset
                : new ResizedDataset(dataset, imageSize, imageSize);
    }

    private static ImageDataset open(String data, Split split) {
        try {
            return isMnist(data) ? Datasets.mnist(split) : Datasets.open(FileNames.meant(Path.of(data)), split);
        } catch (IllegalArgumentException e) {
            throw new UsageException(e.getMessage(), e);
        }
    }

    /** Says what of a folder of photos is not used. */
    static void remark(Console console, ImageDataset dataset) {
        if (dataset instanceof ImageFolder photos) {
            photos.remarks().forEach(each -> console.note("tandem: " + each));
        }
    }

    /** What stays true in another folder. */
    static String absolute(String data) {
        return isMnist(data) ? data : absolute(Path.of(data).toAbsolutePath()).toString();
    }

    /** Without "..", which after a symbolic link is not the folder before it. */
    private static Path absolute(Path path) {
        Path shorter = path.normalize();
        try {
            return Files.exists(path) && !Files.isSameFile(path, shorter) ? path.toRealPath() : shorter;
        } catch (IOException e) {
            return path;
        }
    }

    /** The name of the data that ships, unless a folder has it. */
    static boolean isMnist(String data) {
        return data.equals(TrainSettings.MNIST) && !Files.isDirectory(Path.of(data));
    }
}
