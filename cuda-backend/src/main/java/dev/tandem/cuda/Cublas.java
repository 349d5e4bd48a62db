package dev.tandem.cuda;

import static jcuda.jcublas.cublasComputeType.CUBLAS_COMPUTE_32F;
import static jcuda.jcublas.cublasGemmAlgo.CUBLAS_GEMM_DEFAULT;
import static jcuda.jcublas.cublasOperation.CUBLAS_OP_N;
import static jcuda.jcublas.cublasOperation.CUBLAS_OP_T;

import dev.tandem.tensor.DType;
import jcuda.Pointer;
import jcuda.cudaDataType;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasMath;

/**
 * cuBLAS's matrix products, of row-major matrices. Float32 stays float32: no TF32. Halves are added up in float32 and rounded
 * once, where cuBLAS by itself may cut a sum and round its parts.
 */
final class Cublas implements AutoCloseable {
    private static final Pointer ZERO = Pointer.to(new float[] {0});

    private final cublasHandle handle = new cublasHandle();
    private final Status status;

    Cublas(Status status, Stream stream) {
        this.status = status;
        status.cublas(JCublas2.cublasCreate(handle), "opening cuBLAS");
        status.cublas(JCublas2.cublasSetStream(handle, stream.forLibraries()), "opening cuBLAS");
        int math = cublasMath.CUBLAS_DEFAULT_MATH | cublasMath.CUBLAS_MATH_DISALLOW_REDUCED_PRECISION_REDUCTION;
        status.cublas(JCublas2.cublasSetMathMode(handle, math), "opening cuBLAS");
    }

    /**
     * The sizes of products {@code C[rows, columns] = A[rows, inner] · B[inner, columns]}.
     *
     * @param transposeA whether A lies as {@code [inner, rows]}; likewise {@code transposeB}
     */
    record Sizes(long rows, long columns, long inner, boolean transposeA, boolean transposeB) {}

    /**
     * {@code C = alpha · A · B}, several times.
     *
     * @param strideA elements from one A to the next, 0 to use it again; likewise the others
     */
    void multiply(
            Sizes sizes,
            DType dtype,
            float alpha,
            long a,
            long strideA,
            long b,
            long strideB,
            long c,
            long strideC,
            long count,
            CudaStorage result) {
        int type = type(dtype);
        // cuBLAS's matrices are column-major: to it these are their transposes, and Cᵀ = Bᵀ · Aᵀ.
        int rows = Math.toIntExact(sizes.columns);
        int columns = Math.toIntExact(sizes.rows);
        int inner = Math.toIntExact(sizes.inner);
        int leadingB = sizes.transposeB ? inner : rows;
        int leadingA = sizes.transposeA ? columns : inner;
        int outcome = JCublas2.cublasGemmStridedBatchedEx_new(
                handle,
                sizes.transposeB ? CUBLAS_OP_T : CUBLAS_OP_N,
                sizes.transposeA ? CUBLAS_OP_T : CUBLAS_OP_N,
                rows,
                columns,
                inner,
                Pointer.to(new float[] {alpha}),
                new Address(b),
                type,
                leadingB,
                strideB,
                new Address(a),
                type,
                leadingA,
                strideA,
                ZERO,
                new Address(c),
                type,
                rows,
                strideC,
                Math.toIntExact(count),
                CUBLAS_COMPUTE_32F,
                CUBLAS_GEMM_DEFAULT);
        status.cublas(outcome, "matmul", result);
    }

    private static int type(DType dtype) {
        return switch (dtype) {
            case FLOAT32 -> cudaDataType.CUDA_R_32F;
            case FLOAT16 -> cudaDataType.CUDA_R_16F;
            case BFLOAT16 -> cudaDataType.CUDA_R_16BF;
            default ->
                throw new UnsupportedOperationException(
                        "cuda: matmul of " + dtype + " is not supported; cast to FLOAT32 first");
        };
    }

    @Override
    public void close() {
        JCublas2.cublasDestroy(handle);
    }
}
