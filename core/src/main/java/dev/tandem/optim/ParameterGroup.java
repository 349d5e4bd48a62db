package dev.tandem.optim;

import dev.tandem.nn.Parameter;
import java.util.function.Predicate;

/**
 * Settings of some of a network's parameters.
 *
 * @param learningRateFactor multiplies the learning rate
 * @param weightDecay instead of the optimizer's; null for that
 * @param l1 instead of the optimizer's; null for that
 */
public record ParameterGroup(Predicate<Parameter> members, float learningRateFactor, Float weightDecay, Float l1) {}
