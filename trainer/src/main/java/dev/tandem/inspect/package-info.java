/**
 * Looking inside a trained network: filters, activation maps, Grad-CAM, occlusion maps, nearest training images; and pictures of
 * them. Works on any network through {@link dev.tandem.nn.Module.Observer}; changes nothing in it, knows no model by name and
 * writes no files.
 */
package dev.tandem.inspect;
