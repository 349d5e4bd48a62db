package dev.tandem.nn;

import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Shape;
import dev.tandem.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * A network's parameters in one flat float32 buffer and their gradients in another, in reverse order of use: backward fills
 * the gradients from the start, so that slices can be sent to other devices while it still runs, and one optimizer call
 * updates everything. What is frozen at the end of that order, as the first layers are in transfer learning, takes no memory
 * for gradients and optimizer state.
 */
public final class FlatParameters {
    /** Where a parameter lies: elements from the start. */
    public record Entry(Parameter parameter, long offset) {
        public long count() {
            return parameter.shape().elements();
        }
    }

    /** Parameters start at multiples of 64 bytes, which vector instructions like best. */
    private static final int ALIGNMENT = 16;

    private final Device device;
    private final List<Entry> entries = new ArrayList<>();
    private final Tensor values;
    private final long length;
    private final List<Tensor> places = new ArrayList<>(); // in the gradients' buffer, of the first entries
    private Tensor gradients;

    /** @param parameters in order of use, buffers left out */
    FlatParameters(Device device, List<Parameter> parameters) {
        this.device = device;
        long offset = 0;
        for (Parameter parameter : parameters.reversed()) {
            entries.add(new Entry(parameter, offset));
            offset += aligned(parameter.shape().elements());
        }
        length = offset;
        values = Tensor.full(device, 0, DType.FLOAT32, length).persist();
    }

    private static long aligned(long elements) {
        return (elements + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    public Device device() {
        return device;
    }

    /** In the order of the buffer. */
    public List<Entry> entries() {
        return List.copyOf(entries);
    }

    /** Elements of each buffer, gaps between parameters included; gaps hold zeros. */
    public long length() {
        return length;
    }

    public Tensor values() {
        return values;
    }

    /**
     * The gradients' buffer, as far as {@link #trainedLength}; made at the first call, from when on backward writes there, and
     * anew where a parameter behind its end is frozen no more.
     */
    public Tensor gradients() {
        long needed = trainedLength();
        if (gradients == null || gradients.elements() < needed) {
            Tensor earlier = gradients;
            List<Tensor> earlierPlaces = List.copyOf(places);
            places.clear();
            gradients = zeros(needed);
            for (Entry entry : entries) {
                if (entry.offset() + entry.count() <= needed) {
                    Tensor place =
                            Tensor.wrap(device, view(gradients, entry).asPart()).persist();
                    entry.parameter().value().setGradientTarget(place.storage());
                    places.add(place); // lives as long as the parameter does: until the device closes
                }
            }
            earlierPlaces.forEach(Tensor::release);
            if (earlier != null) {
                earlier.release();
            }
        }
        return gradients;
    }

    /** The elements from the start that hold every parameter that is not frozen; all gradients and optimizer state lie there. */
    public long trainedLength() {
        return entries.stream()
                .filter(entry -> entry.parameter().isTrainable())
                .mapToLong(entry -> aligned(entry.offset() + entry.count()))
                .max()
                .orElse(0);
    }

    /** Whether a buffer of this many elements holds whole parameters. */
    public boolean holdsWhole(long elements) {
        return elements == 0 || entries.stream().anyMatch(entry -> aligned(entry.offset() + entry.count()) == elements);
    }

    /** A buffer of zeros beside the first parameters, for optimizer state. */
    public Tensor zeros(long elements) {
        return Tensor.full(device, 0, DType.FLOAT32, elements).persist();
    }

    /** Forgets all gradients, without touching memory. */
    public void clearGradients() {
        entries.forEach(entry -> entry.parameter().value().clearGradient());
    }

    Tensor valueOf(Entry entry) {
        return Tensor.wrap(device, view(values, entry).asPart()).persist();
    }

    private Storage view(Tensor flat, Entry entry) {
        return device.memory()
                .view(
                        flat.storage(),
                        entry.offset(),
                        Shape.of(entry.parameter().shape().toArray()));
    }
}
