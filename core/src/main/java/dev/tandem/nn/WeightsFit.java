package dev.tandem.nn;

import dev.tandem.io.HostTensor;
import dev.tandem.io.WeightsFile;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Finds a network's weights among all tensors of a file. Whatever stands before a parameter's name in a file is a prefix, be it the
 * dictionary that it lies in ({@code state_dict.}) or a wrapper's name ({@code module.}); the prefix under which most parameters fit
 * by name and shape is taken.
 */
final class WeightsFit {
    /** What wrappers put before the names of the parts that they wrap, and so into the middle of names. */
    private static final Set<String> WRAPPERS =
            Set.of("module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module");

    /** Names of averages and of what optimizers keep, which have the shapes of weights. */
    private static final Pattern COPY = Pattern.compile(
            "(?i)(?:.*[._])?(ema|swa|polyak|shadow|avg|averaged?|teacher|optim\\w*|optimizers?|grads?|gradients?|momentum)(?:[._].*)?");

    /** Ends of names of what layers compute with; PyTorch's other buffers are not needed to know what a network computes. */
    private static final Set<String> OF_LAYERS =
            Set.of("weight", "bias", "running_mean", "running_var", "in_proj_weight", "in_proj_bias");

    private static final int SHOWN = 3;

    /**
     * A place in the file where weights of the network may be.
     *
     * @param fitting parameters that fit by name and shape
     * @param named those that fit by name
     */
    private static final class Place {
        final String prefix;
        int fitting;
        int named;

        Place(String prefix) {
            this.prefix = prefix;
        }

        boolean isCopy() {
            return COPY.matcher(prefix).matches();
        }

        int depth() {
            return (int) prefix.chars().filter(each -> each == '.').count();
        }

        String title() {
            return prefix.isEmpty() ? "the top" : prefix.substring(0, prefix.length() - 1);
        }
    }

    private final WeightsFile file;
    private final Module network;
    private final Map<String, Parameter> wanted;

    WeightsFit(WeightsFile file, Module network) {
        this.file = file;
        this.network = network;
        this.wanted = network.parameters();
    }

    /**
     * How many parameters of a network a file has, by name and shape: which network it is of, the nearest tells.
     */
    int fitting() {
        return best(false).stream().mapToInt(place -> place.fitting).max().orElse(0);
    }

    Weights.Fit find() {
        List<Place> plain = best(false);
        List<Place> unwrapped = best(true);
        boolean unwrap = !unwrapped.isEmpty() && (plain.isEmpty() || unwrapped.get(0).fitting > plain.get(0).fitting);
        List<Place> places = unwrap ? unwrapped : plain;
        List<String> remarks = new ArrayList<>();
        if (!file.aside().isEmpty()) {
            remarks.add("put aside, as they are no tensors: " + some(file.aside()) + "; nothing of them was run");
        }
        if (places.isEmpty()) {
            return new Weights.Fit(everything(), remarks);
        }
        Map<String, HostTensor> tensors = take(places.get(0), unwrap, remarks);
        keepHeads(tensors, remarks);
        remarkCopies(places, remarks);
        return new Weights.Fit(tensors, remarks);
    }

    /** Where nothing fits, for the message that says so. */
    private Map<String, HostTensor> everything() {
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        for (WeightsFile.Entry entry : file.entries()) {
            if (entry.shape() != null) {
                tensors.putIfAbsent(entry.name(), entry.tensor());
            }
        }
        return tensors;
    }

    /** All places, the best first. */
    private List<Place> best(boolean unwrap) {
        Map<String, Place> places = new LinkedHashMap<>();
        Set<String> seen = new HashSet<>();
        for (WeightsFile.Entry entry : file.entries()) {
            String name = name(entry, unwrap);
            if (!seen.add(name)) {
                continue;
            }
            for (int start = 0; start >= 0; start = name.indexOf('.', start) + 1) {
                Parameter parameter = wanted.get(network.currentName(name.substring(start)));
                if (parameter != null) {
                    Place place = places.computeIfAbsent(name.substring(0, start), Place::new);
                    place.named++;
                    place.fitting += parameter.shape().equals(entry.shape()) ? 1 : 0;
                }
                if (name.indexOf('.', start) < 0) {
                    break;
                }
            }
        }
        return places.values().stream()
                .sorted(Comparator.comparingInt((Place place) -> -place.fitting)
                        .thenComparingInt(place -> -place.named)
                        .thenComparing(Place::isCopy)
                        .thenComparingInt(Place::depth))
                .toList();
    }

    private static String name(WeightsFile.Entry entry, boolean unwrap) {
        if (!unwrap) {
            return entry.name();
        }
        StringBuilder name = new StringBuilder();
        for (String part : entry.name().split("\\.", -1)) {
            if (!WRAPPERS.contains(part)) {
                name.append(name.length() == 0 ? "" : ".").append(part);
            }
        }
        return name.toString();
    }

    private Map<String, HostTensor> take(Place place, boolean unwrap, List<String> remarks) {
        Map<String, WeightsFile.Entry> under = new LinkedHashMap<>();
        for (WeightsFile.Entry entry : file.entries()) {
            String name = name(entry, unwrap);
            if (name.startsWith(place.prefix)) {
                under.putIfAbsent(network.currentName(name.substring(place.prefix.length())), entry);
            }
        }
        Set<Integer> groups = under.entrySet().stream()
                .filter(each -> wanted.containsKey(each.getKey()))
                .map(each -> each.getValue().group())
                .collect(Collectors.toSet());
        Set<String> parts = wanted.keySet().stream().map(WeightsFit::first).collect(Collectors.toSet());
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        List<String> left = new ArrayList<>();
        under.forEach((name, entry) -> {
            boolean beside = !groups.contains(entry.group()) && !parts.contains(first(name));
            if (wanted.containsKey(name)) {
                tensors.put(name, entry.tensor());
            } else if (!beside && !name.endsWith(Weights.UNUSED)) {
                if (isOfLayer(name) && !AuxiliaryHeads.isLeftOut(network, name) && entry.shape() != null) {
                    tensors.put(name, entry.tensor()); // another network's, as the message will say
                } else {
                    left.add(name);
                }
            }
        });
        if (!left.isEmpty()) {
            remarks.add("not used, as the network has no such parameters: " + some(left));
        }
        return tensors;
    }

    /** Auxiliary heads that a file goes without keep their values. */
    private void keepHeads(Map<String, HostTensor> tensors, List<String> remarks) {
        List<String> heads = wanted.keySet().stream()
                .filter(name -> AuxiliaryHeads.isOfHead(network, name))
                .toList();
        if (!heads.isEmpty() && heads.stream().noneMatch(tensors::containsKey)) {
            heads.forEach(
                    name -> tensors.put(name, Weights.toHost(wanted.get(name).value())));
            remarks.add("it has no auxiliary heads ("
                    + some(heads.stream().map(WeightsFit::first).distinct().toList())
                    + "), which only training uses; the network's start anew");
        }
    }

    private static boolean isOfLayer(String name) {
        return OF_LAYERS.contains(name.substring(name.lastIndexOf('.') + 1));
    }

    private static String first(String name) {
        int dot = name.indexOf('.');
        return dot < 0 ? name : name.substring(0, dot);
    }

    /** Other places where as much of the network lies. */
    private void remarkCopies(List<Place> places, List<String> remarks) {
        Place taken = places.get(0);
        List<String> copies = places.stream()
                .skip(1)
                .filter(place -> place.fitting == taken.fitting && taken.fitting > 0)
                .map(Place::title)
                .toList();
        if (!copies.isEmpty()) {
            remarks.add("the weights under " + taken.title() + " are taken; there are as many under " + some(copies)
                    + "; to take those, name them behind the file: " + file.file() + WeightsFile.PART + copies.get(0));
        }
    }

    private static String some(Collection<String> names) {
        String shown = names.stream().limit(SHOWN).collect(Collectors.joining(", "));
        return names.size() > SHOWN ? shown + " and " + (names.size() - SHOWN) + " more" : shown;
    }
}
