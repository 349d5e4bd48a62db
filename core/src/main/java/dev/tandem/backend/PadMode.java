package dev.tandem.backend;

/** What stands in the border that padding adds. */
public enum PadMode {
    /** One value. */
    CONSTANT,
    /** The nearest element: {@code aa|abc|cc}. */
    REPLICATE,
    /** The mirror image without the edge: {@code cb|abc|ba}; the border must be smaller than the axis. */
    REFLECT
}
