/**
 * Data sets of labelled images, and batches of them prepared ahead on another thread. Pixels are bytes as they come from
 * files; the device makes numbers of them. Knows no networks and no training.
 */
package dev.tandem.data;
