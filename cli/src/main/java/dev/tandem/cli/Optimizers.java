package dev.tandem.cli;

import com.fasterxml.jackson.annotation.JsonValue;
import dev.tandem.nn.Module;
import dev.tandem.optim.AdaDelta;
import dev.tandem.optim.AdaGrad;
import dev.tandem.optim.Adam;
import dev.tandem.optim.AdamW;
import dev.tandem.optim.Lars;
import dev.tandem.optim.Optimizer;
import dev.tandem.optim.RmsProp;
import dev.tandem.optim.Sgd;
import java.util.Locale;

/** Optimizers by name, with the learning rate that each is usually begun with. */
enum Optimizers {
    SGD(0.1),
    MOMENTUM(0.05),
    NESTEROV(0.05),
    ADAGRAD(0.01),
    ADADELTA(1),
    RMSPROP(0.001),
    ADAM(0.001),
    ADAMW(0.001),
    LARS(0.5);

    private final double usualLearningRate;

    Optimizers(double usualLearningRate) {
        this.usualLearningRate = usualLearningRate;
    }

    double usualLearningRate() {
        return usualLearningRate;
    }

    /** Whether {@code --momentum} means something to it. */
    boolean takesMomentum() {
        return this == MOMENTUM || this == NESTEROV || this == RMSPROP || this == LARS;
    }

    /** @param momentum null for the usual */
    Optimizer create(Module network, float learningRate, Double momentum) {
        float share = momentum == null ? 0.9f : momentum.floatValue();
        switch (this) {
            case SGD:
                return new Sgd(network, learningRate);
            case MOMENTUM:
                return new Sgd(network, learningRate).momentum(share);
            case NESTEROV:
                return new Sgd(network, learningRate).momentum(share).nesterov();
            case ADAGRAD:
                return new AdaGrad(network, learningRate);
            case ADADELTA:
                return new AdaDelta(network, learningRate);
            case RMSPROP:
                return momentum == null
                        ? new RmsProp(network, learningRate)
                        : new RmsProp(network, learningRate).momentum(share);
            case ADAM:
                return new Adam(network, learningRate);
            case ADAMW:
                return new AdamW(network, learningRate);
            case LARS:
                return new Lars(network, learningRate).momentum(share);
            default:
                throw new AssertionError(this);
        }
    }

    @JsonValue
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
