/**
 * Writes networks as ONNX files, which other programs run. A network's forward runs once on shapes only, and each operation of
 * the backend seam that it asks for becomes a node; so whatever is made of those operations can be written, without a line
 * for its layers. Only this package may know protobuf.
 */
package dev.tandem.onnx;
