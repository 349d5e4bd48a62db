/**
 * The seam on the CPU: oneDNN for what it has, own vectorised loops for the rest, all on one pool of OpenMP threads. A
 * storage keeps the order that the operation which made it liked best; whoever needs plain order asks {@link
 * dev.tandem.cpu.CpuRuntime#plain}. Nothing outside this package knows oneDNN.
 */
package dev.tandem.cpu;
