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
 * updates everything.
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
    private Tensor gradients;

    /** @param parameters in order of use, buffers left out */
    FlatParameters(Device device, List<Parameter> parameters) {
        this.device = device;
        long offset = 0;
        for (Parameter parameter : parameters.reversed()) {
            entries.add(new Entry(parameter, offset));
            offset += (parameter.shape().elements() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        }
        length = offset;
        values = Tensor.full(device, 0, DType.FLOAT32, length).persist();
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

    /** The gradients' buffer; made at the first call, from when on backward writes there. */
    public Tensor gradients() {
        if (gradients == null) {
            gradients = Tensor.full(device, 0, DType.FLOAT32, length).persist();
            for (Entry entry : entries) {
                Storage place = view(gradients, entry);
                // The view lives as long as the parameter does: until the device closes.
                Tensor.wrap(device, place).persist();
                entry.parameter().value().setGradientTarget(place);
            }
        }
        return gradients;
    }

    /** A buffer of zeros beside the parameters, for optimizer state. */
    public Tensor zerosLike() {
        return Tensor.full(device, 0, DType.FLOAT32, length).persist();
    }

    /** Forgets all gradients, without touching memory. */
    public void clearGradients() {
        entries.forEach(entry -> entry.parameter().value().clearGradient());
    }

    Tensor valueOf(Entry entry) {
        return Tensor.wrap(device, view(values, entry)).persist();
    }

    private Storage view(Tensor flat, Entry entry) {
        return device.memory()
                .view(
                        flat.storage(),
                        entry.offset(),
                        Shape.of(entry.parameter().shape().toArray()));
    }
}
