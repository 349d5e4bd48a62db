package dev.tandem.nn;

import dev.tandem.backend.meta.MetaBackend;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Scope;
import dev.tandem.tensor.Shape;
import dev.tandem.tensor.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Gives tests a device without memory. */
abstract class OnMeta {
    protected MetaBackend meta;
    protected Device device;
    private Scope scope;

    @BeforeEach
    void open() {
        meta = new MetaBackend();
        device = Device.of(meta);
        scope = Scope.open();
    }

    @AfterEach
    void close() {
        scope.close();
        device.close();
    }

    /** The output's shape for an input's. */
    protected Shape shapeOf(Module module, long... input) {
        module.initialize(device, 0);
        return module.apply(Tensor.zeros(input)).shape();
    }
}
