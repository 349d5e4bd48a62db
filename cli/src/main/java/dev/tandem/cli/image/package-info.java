/** Photographs of digits made like MNIST's. Plain arrays; knows no tensors. */
package dev.tandem.cli.image;
