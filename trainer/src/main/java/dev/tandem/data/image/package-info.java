/**
 * From an image file to numbers: reading, turning upright, scaling, cutting. Plain arrays; knows no tensors, data sets or networks.
 */
package dev.tandem.data.image;
