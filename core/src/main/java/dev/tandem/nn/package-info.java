/**
 * Layers, losses and initialisers. A {@link dev.tandem.nn.Module} names its parameters as torchvision does and allocates
 * nothing until it is initialised on a device. No data sets, no training loop, no ready-made networks.
 */
package dev.tandem.nn;
