package dev.tandem.cpu;

/**
 * Chooses between the two implementations of an interface of loops: {@code Vector…} with the Vector API where Java was
 * started with {@code --add-modules jdk.incubator.vector}, else {@code Scalar…}. Only the former may name the Vector API's
 * classes. Tests compare the two. {@link WinogradKernels}, {@link PlanarKernels}, {@link PlanarPoolKernels}
 * and {@link ScatterKernels} have no scalar twins: without vectors the ways for all shapes are taken.
 */
final class Kernels {
    /** Set to {@code false} to do without the Vector API even where it is present. */
    private static final String PROPERTY = "tandem.cpu.vectors";

    private static final boolean VECTORS =
            ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()
                    && !"false".equals(System.getProperty(PROPERTY));

    private Kernels() {}

    /** Whether vector loops run. */
    static boolean areVectors() {
        return VECTORS;
    }

    /** For {@code OptimizerKernels} a new {@code VectorOptimizerKernels} or {@code ScalarOptimizerKernels}. */
    static <T> T of(Class<T> loops) {
        return of(loops, VECTORS);
    }

    static <T> T of(Class<T> loops, boolean vectors) {
        String name = loops.getPackageName() + (vectors ? ".Vector" : ".Scalar") + loops.getSimpleName();
        try {
            return loops.cast(Class.forName(name).getDeclaredConstructor().newInstance());
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(name, e);
        }
    }
}
