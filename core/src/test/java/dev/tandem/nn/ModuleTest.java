package dev.tandem.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.backend.meta.MetaBackend;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Scope;
import dev.tandem.tensor.ShapeException;
import dev.tandem.tensor.Tensor;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** What modules may return, and what is said of mistakes in building and using them. */
class ModuleTest extends OnMeta {
    /** A module of one's own. */
    private static class Own extends Module {
        private final UnaryOperator<Tensor> forward;
        private final Parameter scale = parameter("scale", Parameter.Kind.WEIGHT, Initializers.ones(), 2);

        Own(UnaryOperator<Tensor> forward) {
            this.forward = forward;
        }

        Own with(String name, Module part) {
            child(name, part);
            return this;
        }

        Own instead(String name, Module part) {
            replaceChild(name, part);
            return this;
        }

        @Override
        protected Tensor forward(Tensor input) {
            return forward == null ? scale.value() : forward.apply(input);
        }

        List<Tensor> twice(Tensor input) {
            return runAll(input, x -> {
                Tensor y = x.add(1);
                return List.of(y, y);
            });
        }
    }

    private static Tensor ones() {
        return Tensor.ones(1, 2);
    }

    // Outputs that somebody else owns
    // ---------------------------------------------------------------------------------------------------------

    @Test
    void aForwardMayReturnAParameterACachedTensorOrItsInput() {
        Own parameter = new Own(null);
        Tensor cached = ones().persist();
        Own cache = new Own(x -> cached);
        Own identity = new Own(x -> x);
        Sequential network = new Sequential(parameter, cache, identity, parameter, cache);
        network.initialize(device, 0);
        for (int step = 0; step < 3; step++) {
            try (Scope scope = Scope.open()) {
                Tensor input = ones();
                assertThat(parameter.apply(input)).isSameAs(parameter.scale.value());
                assertThat(identity.apply(input)).isSameAs(input);
                assertThat(network.apply(input)).isSameAs(cached);
                assertThat(input.isReleased()).isFalse();
            }
        }
        assertThat(cached.isReleased()).isFalse();
        assertThat(parameter.scale.value().isReleased()).isFalse();
    }

    @Test
    void theSameTensorTwiceIsReleasedWithItsStep() {
        Own own = new Own(null);
        List<Tensor> outputs;
        try (Scope step = Scope.open()) {
            outputs = own.twice(ones());
            assertThat(step.owns(outputs.get(0))).isTrue();
        }
        assertThat(outputs.get(1).isReleased()).isTrue();
    }

    @Test
    void aForwardThatReturnsNothingIsNamed() {
        Sequential network = new Sequential().add("body", new Sequential().add("own", new Own(x -> null)));
        network.initialize(device, 0);
        assertThatThrownBy(() -> network.apply(ones()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("Own body.own: forward returned null; return the tensor that it computed");
    }

    @Test
    void aForwardThatReturnsAReleasedTensorIsNamed() {
        Tensor[] cached = new Tensor[1];
        Own own = new Own(x -> cached[0] == null ? cached[0] = x.add(1) : cached[0]);
        try (Scope step = Scope.open()) {
            own.apply(ones());
        }
        assertThatThrownBy(() -> own.apply(ones()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("Own: forward returned a tensor that was released; what a module keeps from one call to the"
                        + " next needs persist()");
    }

    // Parts and parameters that were forgotten
    // ---------------------------------------------------------------------------------------------------------

    @Test
    void anUnregisteredPartIsNamedWithItsUser() {
        Linear forgotten = new Linear(2, 2);
        Sequential network = new Sequential().add("body", new Own(forgotten::apply));
        network.initialize(device, 0);
        assertThatThrownBy(() -> network.apply(ones()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage(
                        "Linear(2, 2) is used by Own body but was not registered with child(...), so it has no values;"
                                + " register it in the constructor, before initialize");
    }

    @Test
    void thePartThatWasForgottenIsTheOutermostOne() {
        Own block = new Own(null);
        Own around = new Own(block::apply).with("block", block);
        Own network = new Own(around::apply);
        network.initialize(device, 0);
        assertThatThrownBy(() -> network.apply(ones()))
                .hasMessageStartingWith("Own is used by Own but was not registered");
    }

    @Test
    void aNetworkThatIsNotInitializedSaysSo() {
        Sequential network = new Sequential(new Linear(2, 2));
        assertThatThrownBy(() -> network.apply(ones()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("Sequential: parameter weight has no values yet; call initialize(device, seed) on the whole"
                        + " network first");
    }

    @Test
    void aParameterThatWasReplacedIsNamed() {
        class Replaced extends Module {
            private final Parameter first = parameter("scale", Parameter.Kind.WEIGHT, Initializers.ones(), 2);

            Replaced() {
                parameter("scale", Parameter.Kind.WEIGHT, Initializers.ones(), 3);
            }

            @Override
            protected Tensor forward(Tensor input) {
                return input.multiply(first.value());
            }
        }
        Replaced network = new Replaced();
        network.initialize(device, 0);
        assertThatThrownBy(() -> network.apply(ones()))
                .hasMessageStartingWith(
                        "Replaced: parameter scale [2] has no values although the network is initialised");
    }

    @Test
    void aPartMayHaveTwoNames() {
        Linear shared = new Linear(2, 2);
        Sequential network = new Sequential().add("first", shared).add("second", shared);
        network.initialize(device, 0);
        assertThat(network.parameters()).containsOnlyKeys("first.weight", "first.bias", "second.weight", "second.bias");
        assertThat(network.parameterCount()).isEqualTo(6);
        network.apply(ones());
    }

    @Test
    void aPartThatIsNothingOrItselfIsRefused() {
        Own own = new Own(null);
        assertThatThrownBy(() -> own.with("part", null)).hasMessage("Own: the part part is null");
        assertThatThrownBy(() -> own.with("part", new Sequential(own)))
                .hasMessageContaining("a part of itself, as part.0");
        assertThatThrownBy(() -> own.with("part", own)).hasMessageEndingWith("a part of itself, as part");
        own.with("part", new ReLU());
        assertThatThrownBy(() -> own.with("part", new ReLU())).hasMessageContaining("has a part named part already");
    }

    @Test
    void namesThatWouldBeTakenForPathsAreRefused() {
        for (String name : new String[] {"a.b", "", null}) {
            assertThatThrownBy(() -> new Sequential().add(name, new ReLU()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("Sequential: a part is named '" + name
                            + "'; give a name without dots, which join the names of parts and parameters");
        }
    }

    // Changes after initialize
    // ---------------------------------------------------------------------------------------------------------

    @Test
    void partsWithParametersAreNotReplacedOnceTheNetworkIsInitialized() {
        Sequential classifier = new Sequential(new Linear(2, 2), new ReLU());
        Own network = new Own(null).with("classifier", classifier);
        network.initialize(device, 0);
        assertThatThrownBy(() -> classifier.replace("0", new Linear(2, 3)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage(
                        "Sequential classifier of Own: its part 0 was replaced after initialize, which has laid out all"
                                + " parameters; do it before initialize");
        assertThatThrownBy(() -> classifier.replace("1", new Linear(2, 3))).hasMessageContaining("its part 1");
        assertThatThrownBy(() -> classifier.replace("0", new Identity())).hasMessageContaining("its part 0");
        assertThatThrownBy(() -> network.instead("classifier", new Linear(2, 2)))
                .hasMessageContaining("Own: its part");
        assertThatThrownBy(() -> classifier.add(new Linear(2, 3))).hasMessageContaining("a part named 2 was added");
        assertThat(classifier.size()).isEqualTo(2);
        assertThat(classifier.apply(ones()).size(1)).isEqualTo(2);
    }

    @Test
    void partsWithoutParametersMayComeAndGo() {
        Sequential body = new Sequential(new Linear(2, 2), new ReLU());
        Sequential network = new Sequential().add("body", body);
        network.initialize(device, 0);
        body.replace("1", new Tanh()).add(new Softmax());
        assertThat(body.get(1)).isInstanceOf(Tanh.class);
        assertThat(body.get(2).path()).isEqualTo("body.2");
        network.apply(ones());
    }

    @Test
    void replacingOneNameOfASharedLayerLeavesTheOther() {
        ReLU shared = new ReLU();
        Sequential network = new Sequential(shared, new Identity(), shared);
        network.replace("2", new Tanh());
        assertThat(network.get(0)).isSameAs(shared);
        assertThat(network.get(2)).isInstanceOf(Tanh.class);
    }

    @Test
    void settersThatRegisterParametersAreRefusedAndChangeNothing() {
        Conv2d conv = new Conv2d(2, 2, 1);
        Linear linear = new Linear(2, 2);
        BatchNorm2d norm = new BatchNorm2d(2);
        Sequential network =
                new Sequential().add("conv", conv).add("norm", norm).add("fc", linear);
        network.initialize(device, 0);
        assertThatThrownBy(() -> conv.bias(false))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage(
                        "Conv2d conv of Sequential: bias() was set after initialize, which has laid out all parameters;"
                                + " do it before initialize");
        List<Runnable> setters = List.of(
                () -> conv.groups(2),
                () -> conv.init(Initializers.ones()),
                () -> conv.initBias(Initializers.ones()),
                () -> linear.bias(false),
                () -> linear.init(Initializers.ones()),
                () -> linear.initBias(Initializers.ones()),
                () -> norm.init(Initializers.zeros()));
        for (Runnable setter : setters) {
            assertThatThrownBy(setter::run)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("initialize");
        }
        assertThat(conv.groups()).isEqualTo(1);
        assertThat(conv.bias()).isNotNull();
        assertThat(conv.apply(Tensor.zeros(1, 2, 3, 3)).size(1)).isEqualTo(2);
        linear.apply(ones());
    }

    @Test
    void afterItsDeviceIsClosedANetworkMayChange() {
        Linear linear = new Linear(2, 2);
        try (Device other = Device.of(new MetaBackend())) {
            linear.initialize(other, 0);
        }
        assertThatThrownBy(() -> linear.apply(ones()))
                .hasMessageEndingWith("the weight on meta (closed); what a closed device held is gone");
        linear.bias(false).initialize(device, 0);
        linear.apply(ones());
    }

    @Test
    void aNetworkIsInitializedOnceAsAWhole() {
        Linear part = new Linear(2, 2);
        Sequential network = new Sequential().add("head", part);
        network.initialize(device, 0);
        assertThatThrownBy(() -> network.initialize(device, 0))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage(
                        "Sequential: is initialised already, on meta, and would lose its values; initialize a network"
                                + " once, as a whole");
        assertThatThrownBy(() -> part.initialize(device, 0))
                .hasMessageStartingWith("Linear head: is initialised already, as part of Sequential, on meta");
        assertThatThrownBy(() -> new Sequential().add("backbone", network).initialize(device, 0))
                .hasMessageStartingWith("Sequential: its part backbone is initialised already, on meta");
    }

    // Inputs that do not fit
    // ---------------------------------------------------------------------------------------------------------

    @Test
    void anInputOfAnotherTypeNamesTheLayer() {
        Sequential network = new Sequential().add("fc", new Linear(2, 2));
        network.initialize(device, 0);
        assertThatThrownBy(() -> network.apply(Tensor.full(device, 1, DType.UINT8, 1, 2)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("Linear fc: input is UINT8; convert it with cast(DType.FLOAT32) first");
        assertThatThrownBy(() -> network.apply(Tensor.full(device, 1, DType.BFLOAT16, 1, 2)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("Linear fc: input is BFLOAT16, the weight FLOAT32; convert the input with cast");
    }

    @Test
    void anInputOnAnotherDeviceNamesTheLayer() {
        Sequential network = new Sequential().add("conv", new Conv2d(2, 2, 1));
        network.initialize(device, 0);
        try (Device other = Device.of(new MetaBackend())) {
            assertThatThrownBy(() -> network.apply(Tensor.zeros(1, 2, 3, 3)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(
                            "Conv2d conv: the input is on meta (opened later), a weight or second input on meta (opened"
                                    + " first); move one with to(device)");
        }
    }
}
