/**
 * Whether networks compute what torchvision's compute: traces of one training case, written by torchvision, are run again here
 * and compared tensor by tensor.
 */
package dev.tandem.models.parity;
