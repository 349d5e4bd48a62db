/**
 * Optimizers, each short enough to read like its formula: the arithmetic is the backend's, one fused call for all parameters.
 * Learning-rate schedules are functions of the step.
 */
package dev.tandem.optim;
