package dev.tandem.models.parity;

import dev.tandem.io.HostTensor;
import dev.tandem.models.ModelEntry;
import dev.tandem.models.Models;
import dev.tandem.nn.AuxiliaryHeads;
import dev.tandem.nn.Dropout;
import dev.tandem.nn.Losses;
import dev.tandem.nn.Module;
import dev.tandem.nn.Parameter;
import dev.tandem.nn.StochasticDepth;
import dev.tandem.nn.Weights;
import dev.tandem.optim.Optimizer;
import dev.tandem.optim.Sgd;
import dev.tandem.tensor.Autograd;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Scope;
import dev.tandem.tensor.Shape;
import dev.tandem.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Runs a {@link Trace}'s training case with a network of the zoo and compares all that it computes. */
public final class Parity {
    private final Trace trace;
    private final Device device;
    private final Module network;
    private final Map<String, HostTensor> start;
    private final Tensor images;
    private final Tensor labels;
    private final Comparison comparison;

    private Parity(Trace trace, Device device) {
        this.trace = trace;
        this.device = device;
        ModelEntry entry = Models.get(trace.model());
        network = entry.build(trace.options(entry));
        network.initialize(device, 0);
        Map<String, Shape> shapes = new LinkedHashMap<>();
        network.parameters().forEach((name, parameter) -> shapes.put(name, parameter.shape()));
        requireSameNames(shapes.keySet());
        start = trace.state(shapes);
        images = upload(trace.input()).persist();
        labels = upload(trace.labels()).persist();
        comparison = new Comparison(trace);
    }

    /**
     * Computes the case anew on a device.
     *
     * @return a finding for each group of tensors
     * @throws IllegalArgumentException if the zoo has no such network, or its parameters are not the trace's, saying how
     */
    public static List<Finding> check(Trace trace, Device device) {
        Parity parity = new Parity(trace, device);
        parity.evaluate("eval.logits");
        parity.trainOnce();
        parity.takeSteps();
        parity.evaluate("eval_after.logits");
        return parity.comparison.findings();
    }

    /** Compact traces hold no start values whose loading would tell. */
    private void requireSameNames(Set<String> names) {
        Set<String> expected = trace.names("stepK.");
        List<String> different = Stream.concat(
                        names.stream()
                                .filter(name -> !expected.contains(name))
                                .map(name -> name + " is not in the trace"),
                        expected.stream()
                                .filter(name -> !names.contains(name))
                                .map(name -> name + " is in the trace only"))
                .toList();
        if (!different.isEmpty()) {
            throw new IllegalArgumentException(trace.file() + ": its network " + trace.model()
                    + " is built otherwise: of " + names.size() + " parameters " + different.size() + " differ: "
                    + different.stream().limit(5).collect(Collectors.joining(", "))
                    + (different.size() > 5 ? ", …" : ""));
        }
    }

    private Tensor upload(HostTensor tensor) {
        return Tensor.upload(device, tensor.data(), tensor.dtype(), tensor.shape());
    }

    private void evaluate(String name) {
        if (name.equals("eval.logits")) {
            loadStart();
        }
        network.setTraining(false);
        try (Autograd.NoGrad off = Autograd.noGrad();
                Scope scope = Scope.open()) {
            comparison.compare(name, name, Weights.toHost(network.apply(images)));
        }
    }

    private void loadStart() {
        Weights.load(trace.file().toString(), start, network, true);
    }

    /** Batch norms learn, nothing is dropped. */
    private void setTraining() {
        network.setTraining(true);
        network.visit((name, module) -> {
            if (module instanceof Dropout || module instanceof StochasticDepth) {
                module.setTraining(false);
            }
        });
    }

    private void trainOnce() {
        setTraining();
        try (Scope scope = Scope.open()) {
            Tensor input = upload(trace.input()).requireGradient();
            Tensor loss = loss(input, true);
            loss.backward();
            network.parameters().forEach((name, parameter) -> {
                if (parameter.kind() != Parameter.Kind.BUFFER) {
                    comparison.compare("grad", "grad." + name, gradient(parameter.value()));
                } else if (trace.has("train.state." + name)) {
                    comparison.compare("train.state", "train.state." + name, Weights.toHost(parameter.value()));
                }
            });
            comparison.compare("grad", "grad.input", gradient(input));
        }
    }

    /** Zeros where none has come. */
    private static HostTensor gradient(Tensor tensor) {
        return tensor.gradient() == null
                ? HostTensor.allocate(tensor.dtype(), tensor.shape())
                : Weights.toHost(tensor.gradient());
    }

    private void takeSteps() {
        loadStart();
        setTraining();
        Optimizer optimizer = new Sgd(network, trace.learningRate())
                .momentum(trace.momentum())
                .weightDecay(trace.weightDecay());
        float[] losses = new float[trace.steps()];
        for (int step = 0; step < losses.length; step++) {
            try (Scope scope = Scope.open()) {
                optimizer.clearGradients();
                Tensor loss = loss(images, false);
                loss.backward();
                optimizer.step();
                losses[step] = loss.item();
            }
        }
        comparison.compare("step.losses", "step.losses", HostTensor.of(losses, Shape.of(losses.length)));
        network.parameters()
                .forEach((name, parameter) ->
                        comparison.compare("stepK", "stepK." + name, Weights.toHost(parameter.value())));
    }

    private Tensor loss(Tensor input, boolean compared) {
        List<Tensor> outputs = AuxiliaryHeads.outputs(network, input);
        Tensor loss = AuxiliaryHeads.loss(network, outputs, this::classLoss);
        if (compared) {
            compareClassifier("train.logits", outputs.size() == 1 ? "train.loss" : "train.loss_main", outputs.get(0));
            for (int head = 1; head < outputs.size(); head++) {
                // Torchvision's output calls the logits of GoogLeNet's head aux1 aux_logits2, and those of aux2
                // aux_logits1.
                String name = outputs.size() == 2 ? "aux" : "aux" + (outputs.size() - head);
                compareClassifier("train." + name, "train.loss_" + name, outputs.get(head));
            }
            if (outputs.size() > 1) {
                comparison.compare("train.loss", "train.loss", Weights.toHost(loss));
            }
        }
        return loss;
    }

    private void compareClassifier(String logitsName, String lossName, Tensor logits) {
        comparison.compare(logitsName, logitsName, Weights.toHost(logits));
        comparison.compare(lossName, lossName, Weights.toHost(classLoss(logits)));
    }

    private Tensor classLoss(Tensor logits) {
        return Losses.crossEntropy(logits, labels);
    }
}
