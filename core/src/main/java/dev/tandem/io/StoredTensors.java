package dev.tandem.io;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Finds the tensors in whatever a pickle made: in dictionaries, lists and attributes of objects, at any depth, under names joined by
 * dots. The dictionaries in which PyTorch's modules keep their parts leave no trace in names, so a whole network's are those of its
 * {@code state_dict()}.
 */
final class StoredTensors {
    private static final int MAX_DEPTH = 64;
    private static final int MAX_NAME = 1000;
    private static final Set<String> OF_MODULES = Set.of("_parameters", "_buffers", "_modules");

    /**
     * @param group the number of the dictionary, list or object that it lies in
     * @param tensor a {@link TorchTensors.View} or {@link TorchTensors.Unreadable}
     */
    record Found(String name, int group, Object tensor) {}

    private final List<Found> found = new ArrayList<>();
    private final Set<Object> visited = Collections.newSetFromMap(new IdentityHashMap<>()); // also against cycles
    private int groups;

    private StoredTensors() {}

    static List<Found> in(Object root) {
        StoredTensors tensors = new StoredTensors();
        tensors.visit(root, "", 0, 0);
        return tensors.found;
    }

    private void visit(Object value, String name, int group, int depth) {
        if (value instanceof TorchTensors.View || value instanceof TorchTensors.Unreadable) {
            add(name, group, value);
        } else if (value instanceof NumpyArrays.Array array) {
            add(name, group, array.tensor());
        } else if (depth < MAX_DEPTH && isContainer(value) && visited.add(value)) {
            visitParts(value, name, ++groups, depth + 1);
        }
    }

    private void add(String name, int group, Object tensor) {
        if (!name.isEmpty()) {
            found.add(new Found(name, group, tensor));
        }
    }

    private static boolean isContainer(Object value) {
        return value instanceof LinkedHashMap
                || value instanceof ArrayList
                || value instanceof Unpickler.Tuple
                || value instanceof Unpickler.Inert;
    }

    private void visitParts(Object value, String name, int group, int depth) {
        if (value instanceof LinkedHashMap<?, ?> map) {
            visitEntries(map, name, group, depth);
        } else if (value instanceof ArrayList<?> list) {
            visitItems(list, name, group, depth);
        } else if (value instanceof Unpickler.Tuple tuple) {
            visitItems(tuple.items(), name, group, depth);
        } else if (value instanceof Unpickler.Inert object) {
            visitState(object.state(), name, group, depth);
            visitEntries(object.entries(), name, group, depth);
            visitItems(object.items(), name, group, depth);
            visitItems(object.arguments(), name, group, depth);
        }
    }

    /** Attributes, as one dictionary or, of classes with slots, two. */
    private void visitState(Object state, String name, int group, int depth) {
        List<?> all = state instanceof Unpickler.Tuple tuple ? tuple.items() : List.of(state);
        for (Object each : all) {
            if (each instanceof LinkedHashMap<?, ?> attributes && visited.add(attributes)) {
                visitEntries(attributes, name, group, depth);
            }
        }
    }

    private void visitEntries(Map<?, ?> entries, String name, int group, int depth) {
        entries.forEach((key, value) -> {
            if (key instanceof String || key instanceof Long) {
                visitPart(key.toString(), value, name, group, depth);
            }
        });
    }

    private void visitItems(List<?> items, String name, int group, int depth) {
        for (int i = 0; i < items.size(); i++) {
            visitPart(Integer.toString(i), items.get(i), name, group, depth);
        }
    }

    private void visitPart(String key, Object value, String name, int group, int depth) {
        boolean nameless = OF_MODULES.contains(key);
        if (nameless || name.length() + key.length() < MAX_NAME) {
            visit(value, nameless ? name : name.isEmpty() ? key : name + "." + key, group, depth);
        }
    }
}
