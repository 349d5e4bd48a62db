package dev.tandem.cpu;

import dev.tandem.backend.Activation;
import dev.tandem.backend.RecentlyUsed;
import dev.tandem.backend.Storage;
import dev.tandem.backend.Window;
import dev.tandem.backend.pool.Block;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;

/**
 * 2-D convolution by oneDNN's direct algorithms, and by {@link Winograd}, {@link PlanarConvolution} and {@link ScatteredGradient} where
 * those are faster. Images lie with channels last, but for planar convolution's; weights are given in plain order and brought into the
 * order that the kernel wants before each use, which takes half a percent of the convolution's time and keeps the parameters one
 * flat buffer.
 */
final class Convolution {
    private static final int DIRECT = 1;

    enum Kind {
        FORWARD,
        BACKWARD_INPUT,
        BACKWARD_WEIGHT
    }

    /** All that a primitive depends on. */
    record Key(Kind kind, Shape x, Shape weight, Window window, int groups, boolean bias, Activation activation) {}

    /**
     * A primitive, which is the plan's own, and the orders of its operands.
     *
     * @param images the order of input and output images
     * @param weightBytes of the weights (or their gradient) in the order that the primitive wants
     * @param reorder brings weights from plain order there, or their gradient back; null where the orders are the same
     */
    record Plan(Primitive primitive, Order images, long weightBytes, Primitive reorder) implements AutoCloseable {
        boolean takesPlainWeight() {
            return reorder == null;
        }

        @Override
        public void close() {
            primitive.close();
            if (reorder != null) {
                reorder.close();
            }
        }
    }

    private final CpuRuntime runtime;
    private final Winograd winograd; // null for none
    private final PlanarConvolution planar; // null for none
    private final ScatteredGradient scattered; // null for none
    private final RecentlyUsed<Key, Plan> plans;

    Convolution(CpuRuntime runtime) {
        this(runtime, Kernels.areVectors(), Winograd.isFast(runtime));
    }

    /**
     * @param withVectors whether to take the algorithms for few channels where they pay
     * @param withWinograd likewise
     */
    Convolution(CpuRuntime runtime, boolean withVectors, boolean withWinograd) {
        this.runtime = runtime;
        this.plans = runtime.cache("plans of convolutions", Plan::close);
        this.planar = withVectors ? new PlanarConvolution(runtime) : null;
        this.scattered = withVectors ? new ScatteredGradient(runtime) : null;
        this.winograd = withWinograd ? new Winograd(runtime) : null;
    }

    boolean takesWinograd(Key key) {
        Shape y = outputShape(key.x, key.weight, key.window);
        return winograd != null && winograd.pays(y, key.weight, key.window, key.groups);
    }

    boolean takesPlanar(Key key) {
        return planar != null && planar.pays(key);
    }

    boolean takesScattered(Key key) {
        return scattered != null && scattered.pays(key);
    }

    Storage forward(Storage x, Storage weight, Storage bias, Window window, int groups, Activation activation) {
        CpuStorage.requireFloat32("convolution", x, weight, bias);
        Key key = new Key(Kind.FORWARD, x.shape(), weight.shape(), window, groups, bias != null, activation);
        Shape y = outputShape(x.shape(), weight.shape(), window);
        if (y.elements() == 0) {
            return runtime.allocate(y, DType.FLOAT32);
        }
        if (takesWinograd(key)) {
            return winograd.forward(x, weight, bias, y, window, activation);
        }
        if (takesPlanar(key)) {
            return planar.forward(key, x, weight, bias, y);
        }
        Plan plan = plan(key);
        CpuStorage source = runtime.in(plan.images, x);
        CpuStorage plainWeight = runtime.plain(weight);
        CpuStorage output = runtime.allocate(y, DType.FLOAT32, plan.images);
        Block temporary = blockedWeight(plan, plainWeight);
        plan.primitive
                .with(OneDnn.ARG_SRC, source.address)
                .with(OneDnn.ARG_WEIGHTS, temporary == null ? plainWeight.address : temporary.address)
                .with(OneDnn.ARG_DST, output.address);
        if (bias != null) {
            plan.primitive.with(OneDnn.ARG_BIAS, ((CpuStorage) bias).address);
        }
        plan.primitive.run(runtime);
        release(temporary);
        plainWeight.release();
        source.release();
        return output;
    }

    Storage backwardInput(Storage gradient, Storage weight, Shape x, Window window, int groups) {
        CpuStorage.requireFloat32("convolution", gradient, weight);
        if (x.elements() == 0) {
            return runtime.allocate(x, DType.FLOAT32);
        }
        Key key = new Key(Kind.BACKWARD_INPUT, x, weight.shape(), window, groups, false, null);
        if (takesWinograd(key)) {
            return winograd.backwardInput(gradient, weight, x, window);
        }
        if (takesScattered(key)) {
            return scattered.compute(key, gradient, weight);
        }
        CpuStorage plainWeight = runtime.plain(weight);
        Plan plan = plan(key);
        CpuStorage source = runtime.in(plan.images, gradient);
        CpuStorage result = runtime.allocate(x, DType.FLOAT32, plan.images);
        Block temporary = blockedWeight(plan, plainWeight);
        plan.primitive
                .with(OneDnn.ARG_DIFF_DST, source.address)
                .with(OneDnn.ARG_WEIGHTS, temporary == null ? plainWeight.address : temporary.address)
                .with(OneDnn.ARG_DIFF_SRC, result.address)
                .run(runtime);
        release(temporary);
        plainWeight.release();
        source.release();
        return result;
    }

    void backwardWeight(
            Storage x, Storage gradient, Window window, int groups, Storage weightGradient, Storage biasGradient) {
        CpuStorage.requireFloat32("convolution", x, gradient, weightGradient, biasGradient);
        CpuStorage target = (CpuStorage) weightGradient;
        if (gradient.shape().elements() == 0) {
            target.segment().fill((byte) 0);
            if (biasGradient != null) {
                ((CpuStorage) biasGradient).segment().fill((byte) 0);
            }
            return;
        }
        Key key = new Key(Kind.BACKWARD_WEIGHT, x.shape(), target.shape(), window, groups, biasGradient != null, null);
        if (takesWinograd(key)) {
            winograd.backwardWeight(x, gradient, window, target, (CpuStorage) biasGradient);
            return;
        }
        if (takesPlanar(key)) {
            planar.backwardWeight(key, x, gradient, target, (CpuStorage) biasGradient);
            return;
        }
        Plan plan = plan(key);
        CpuStorage source = runtime.in(plan.images, x);
        CpuStorage outputGradient = runtime.in(plan.images, gradient);
        Block temporary = plan.takesPlainWeight()
                ? null
                : runtime.allocator().allocate(plan.weightBytes, "convolution weight gradient");
        plan.primitive
                .with(OneDnn.ARG_SRC, source.address)
                .with(OneDnn.ARG_DIFF_DST, outputGradient.address)
                .with(OneDnn.ARG_DIFF_WEIGHTS, temporary == null ? target.address : temporary.address);
        if (biasGradient != null) {
            plan.primitive.with(OneDnn.ARG_DIFF_BIAS, ((CpuStorage) biasGradient).address);
        }
        plan.primitive.run(runtime);
        if (temporary != null) {
            plan.reorder
                    .with(OneDnn.ARG_SRC, temporary.address)
                    .with(OneDnn.ARG_DST, target.address)
                    .run(runtime);
        }
        release(temporary);
        outputGradient.release();
        source.release();
    }

    /** The weights in the primitive's order, to release after use; null where that is the plain order. */
    private Block blockedWeight(Plan plan, CpuStorage weight) {
        if (plan.takesPlainWeight()) {
            return null;
        }
        Block block = runtime.allocator().allocate(plan.weightBytes, "convolution weights");
        plan.reorder
                .with(OneDnn.ARG_SRC, weight.address)
                .with(OneDnn.ARG_DST, block.address)
                .run(runtime);
        return block;
    }

    private void release(Block block) {
        if (block != null) {
            runtime.allocator().release(block);
        }
    }

    static Shape outputShape(Shape x, Shape weight, Window window) {
        return Shape.of(x.size(0), weight.size(0), window.outputHeight(x.size(2)), window.outputWidth(x.size(3)));
    }

    Plan plan(Key key) {
        return plans.get(key, () -> Setup.of(() -> choose(key)));
    }

    /** Channels last, unless oneDNN has only its slow reference code for that. */
    private static Plan choose(Key key) {
        Plan plan = create(key, Order.CHANNELS_LAST);
        if (plan.primitive.isReference()) {
            Plan other = create(key, Order.PLAIN);
            boolean better = !other.primitive.isReference();
            (better ? plan : other).close();
            return better ? other : plan;
        }
        return plan;
    }

    private static Plan create(Key key, Order images) {
        Shape y = outputShape(key.x, key.weight, key.window);
        long xs = MemoryDescriptor.of(key.x, DType.FLOAT32, images).handle();
        long ys = MemoryDescriptor.of(y, DType.FLOAT32, images).handle();
        Shape grouped = grouped(key.weight, key.groups);
        long weight = MemoryDescriptor.any(grouped).handle();
        long bias = key.bias
                ? MemoryDescriptor.plain(Shape.of(key.weight.size(0)), DType.FLOAT32)
                        .handle()
                : 0;
        Primitive primitive = new Primitive(descriptor(key, xs, ys, weight, bias));
        boolean backward = key.kind == Kind.BACKWARD_WEIGHT;
        MemoryDescriptor wanted = primitive.argument(backward ? OneDnn.ARG_DIFF_WEIGHTS : OneDnn.ARG_WEIGHTS);
        MemoryDescriptor plain = MemoryDescriptor.plain(grouped, DType.FLOAT32);
        Primitive reorder = plain.bytes() == 0 || wanted.sameAs(plain)
                ? null
                : Primitive.reorder(backward ? wanted : plain, backward ? plain : wanted);
        return new Plan(primitive, images, wanted.bytes(), reorder);
    }

    private static long descriptor(Key key, long x, long y, long weight, long bias) {
        Window window = key.window;
        long strides = Setup.dimensions(window.strideHeight(), window.strideWidth());
        long dilation = Setup.dimensions(window.dilationHeight() - 1, window.dilationWidth() - 1);
        long before = Setup.dimensions(window.padTop(), window.padLeft());
        long after = Setup.dimensions(window.padBottom(), window.padRight());
        long attributes = Attributes.with(key.activation);
        long engine = OneDnn.ENGINE;
        return switch (key.kind) {
            case FORWARD ->
                OneDnn.create(
                        "dnnl_convolution_forward_primitive_desc_create",
                        engine,
                        OneDnn.FORWARD_TRAINING,
                        DIRECT,
                        x,
                        weight,
                        bias,
                        y,
                        strides,
                        dilation,
                        before,
                        after,
                        attributes);
            case BACKWARD_INPUT ->
                OneDnn.create(
                        "dnnl_convolution_backward_data_primitive_desc_create",
                        engine,
                        DIRECT,
                        x,
                        weight,
                        y,
                        strides,
                        dilation,
                        before,
                        after,
                        0L,
                        attributes);
            case BACKWARD_WEIGHT ->
                OneDnn.create(
                        "dnnl_convolution_backward_weights_primitive_desc_create",
                        engine,
                        DIRECT,
                        x,
                        weight,
                        bias,
                        y,
                        strides,
                        dilation,
                        before,
                        after,
                        0L,
                        attributes);
        };
    }

    /** {@code [O, C/groups, h, w]} as oneDNN sees it: {@code [groups, O/groups, C/groups, h, w]}; the same memory. */
    private static Shape grouped(Shape weight, int groups) {
        return groups == 1
                ? weight
                : Shape.of(groups, weight.size(0) / groups, weight.size(1), weight.size(2), weight.size(3));
    }
}
