package dev.tandem.onnx;

import dev.tandem.backend.MemoryOps;
import dev.tandem.backend.PadMode;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The operations of {@link MemoryOps} that ONNX has. Each returns the name of what it gives. */
final class MemoryWriter {
    private final Graph graph;

    MemoryWriter(Graph graph) {
        this.graph = graph;
    }

    void upload(MemorySegment source, Storage target) {
        for (long size : target.shape().toArray()) {
            if (graph.growsWithBatch(size)) {
                throw graph.refused("values from the host for each image");
            }
        }
        graph.bind(target, graph.constant(Constants.copyOf(target.dtype(), target.shape(), source)));
    }

    void fill(Storage target, double value) {
        String scalar = graph.constant(Constants.scalar(target.dtype(), value));
        graph.bind(
                target,
                graph.add("Expand", scalar, graph.expandSizes(target.shape().toArray())));
    }

    /** Values never change, so a copy is the same value. */
    String copy(Storage source) {
        return graph.value(source);
    }

    String cast(Storage source, DType dtype) {
        return graph.add("Cast", graph.value(source), Attributes.integer("to", Constants.type(dtype)));
    }

    String reshape(Storage source, Shape shape) {
        return source.shape().equals(shape)
                ? graph.value(source)
                : graph.add("Reshape", graph.value(source), graph.reshapeSizes(shape));
    }

    String permute(Storage source, int[] order) {
        return graph.transpose(graph.value(source), order);
    }

    String slice(Storage source, long[] start, long[] step, Shape size) {
        List<Integer> axes = new ArrayList<>();
        for (int axis = 0; axis < start.length; axis++) {
            long whole = source.shape().size(axis);
            if (start[axis] != 0 || step[axis] != 1 || size.size(axis) != whole) {
                if (graph.growsWithBatch(whole)) {
                    throw graph.refused("some images of the batch");
                }
                axes.add(axis);
            }
        }
        if (axes.isEmpty()) {
            return graph.value(source);
        }
        return graph.addTo(
                List.of(
                        graph.value(source),
                        graph.integers(
                                axes.stream().mapToLong(axis -> start[axis]).toArray()),
                        graph.integers(axes.stream()
                                .mapToLong(axis -> start[axis] + (size.size(axis) - 1) * step[axis] + 1)
                                .toArray()),
                        graph.integers(axes.stream().mapToLong(axis -> axis).toArray()),
                        graph.integers(
                                axes.stream().mapToLong(axis -> step[axis]).toArray())),
                "Slice");
    }

    /** Axes that stay as they are have a 1 among the sizes. */
    String expand(Storage source, Shape shape) {
        long[] sizes = shape.toArray();
        int added = sizes.length - source.shape().rank();
        for (int axis = added; axis < sizes.length; axis++) {
            if (source.shape().size(axis - added) == sizes[axis]) {
                sizes[axis] = 1;
            }
        }
        boolean changes = added > 0 || Arrays.stream(sizes).anyMatch(size -> size != 1);
        return changes ? graph.add("Expand", graph.value(source), graph.expandSizes(sizes)) : graph.value(source);
    }

    String concat(List<Storage> parts, int axis) {
        return graph.addTo(parts.stream().map(graph::value).toList(), "Concat", Attributes.integer("axis", axis));
    }

    String pad(Storage source, long[] before, long[] after, PadMode mode, double value) {
        long[] pads = Arrays.copyOf(before, before.length + after.length);
        System.arraycopy(after, 0, pads, before.length, after.length);
        String name =
                switch (mode) {
                    case CONSTANT -> "constant";
                    case REPLICATE -> "edge";
                    case REFLECT -> "reflect";
                };
        return graph.addTo(
                List.of(
                        graph.value(source),
                        graph.integers(pads),
                        graph.constant(Constants.scalar(source.dtype(), value))),
                "Pad",
                Attributes.text("mode", name));
    }
}
