/**
 * The model zoo: one short file an architecture family, and {@link dev.tandem.models.Models} that finds them by name. Parts
 * are named as in torchvision, so that its weights load as they are. Networks only: how to train them is told elsewhere.
 */
package dev.tandem.models;
