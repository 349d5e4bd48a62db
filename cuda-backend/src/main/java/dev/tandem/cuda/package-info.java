/**
 * The seam on NVIDIA GPUs: cuDNN's convolutions and softmax, cuBLAS's products, and own kernels for the rest, called through
 * JCuda. {@code CudaLibraries} finds NVIDIA's libraries, {@code CudaRuntime} is what all operations of a device share, and an
 * operation has a file of the same name as in the CPU backend; its kernels are the {@code .cu} file of about that name among the
 * resources. Nothing outside may know JCuda.
 */
package dev.tandem.cuda;
