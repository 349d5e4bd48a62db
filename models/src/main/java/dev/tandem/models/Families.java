package dev.tandem.models;

/** What the families' entries share: the images that papers built their networks for. */
final class Families {
    static final ModelOptions DIGITS = new ModelOptions(10, 1, 28);
    static final ModelOptions CIFAR = new ModelOptions(10, 3, 32);
    static final ModelOptions IMAGENET = new ModelOptions(1000, 3, 224);

    private Families() {}
}
