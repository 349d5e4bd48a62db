package dev.tandem.inspect;

import dev.tandem.nn.Module;
import dev.tandem.tensor.Tensor;
import java.util.function.Consumer;

/** Shows what goes into a part or comes out of it; the last time, where the part is applied more than once. */
record SiteObserver(Anatomy.Site site, Consumer<Tensor> consumer) implements Module.Observer {
    @Override
    public void applying(String path, Module module, Tensor input) {
        if (site.isInput() && site.path().equals(path)) {
            consumer.accept(input);
        }
    }

    @Override
    public void applied(String path, Module module, Tensor input, Tensor output) {
        if (!site.isInput() && site.path().equals(path)) {
            consumer.accept(output);
        }
    }
}
