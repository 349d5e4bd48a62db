package dev.tandem.conformance;

import org.junit.jupiter.api.Nested;

/** What tests core's own code in the kit, on the device that core's build has: the reference. */
class KitOnReferenceTest {
    @Nested
    class Tensors extends TensorConformance {
        @Override
        protected String deviceName() {
            return "reference";
        }
    }

    @Nested
    class Gradients extends GradientConformance {
        @Override
        protected String deviceName() {
            return "reference";
        }
    }

    @Nested
    class Autograd extends AutogradConformance {
        @Override
        protected String deviceName() {
            return "reference";
        }
    }

    @Nested
    class Changes extends ChangeConformance {
        @Override
        protected String deviceName() {
            return "reference";
        }
    }

    @Nested
    class Scopes extends ScopeConformance {
        @Override
        protected String deviceName() {
            return "reference";
        }
    }
}
