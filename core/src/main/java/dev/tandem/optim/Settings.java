package dev.tandem.optim;

/** Checks of optimizers' settings. */
final class Settings {
    private Settings() {}

    /** In [0, 1). */
    static float fraction(String what, float value) {
        if (!(value >= 0 && value < 1)) {
            throw new IllegalArgumentException(what + ": " + value + " given; it must be in [0, 1)");
        }
        return value;
    }

    /** Above 0: what keeps a division from failing. */
    static float positive(String what, float value) {
        if (!(value > 0)) {
            throw new IllegalArgumentException(what + ": " + value + " given; it must be above 0");
        }
        return value;
    }
}
