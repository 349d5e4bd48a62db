/**
 * Files that outlive a run: arrays in host memory, the safetensors format, PyTorch's files (to read), and the
 * atomic replacement of a file; and where the user's own folders are. A file
 * that comes from outside is checked before anything is allocated for it, and refused with {@link
 * dev.tandem.io.BrokenFileException}, which names the file, the place and the fault. Nothing here knows devices, layers or
 * training.
 */
package dev.tandem.io;
