/**
 * From an image file to what a network takes: reading, turning upright, scaling, and photographs of digits made like MNIST's.
 * Plain arrays; knows no tensors.
 */
package dev.tandem.cli.image;
