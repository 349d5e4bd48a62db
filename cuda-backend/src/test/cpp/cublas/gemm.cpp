// Matrix products, column-major, as cuBLAS defines them: C = alpha · op(A) op(B) + beta · C.
#include "cublas.h"

namespace sim {
namespace {

enum DataType { R_32F = 0, R_64F = 1, R_16F = 2, R_16BF = 14 };

enum ComputeType {
    COMPUTE_16F = 64,
    COMPUTE_32F = 68,
    COMPUTE_32F_PEDANTIC = 69,
    COMPUTE_32F_FAST_16F = 74,
    COMPUTE_32F_FAST_16BF = 75,
    COMPUTE_32F_FAST_TF32 = 77,
    COMPUTE_64F = 70
};

struct Matrix {
    const void* data;
    int type;
    std::int64_t leading, stride;
    bool transposed;
};

struct Product {
    const char* name;
    std::int64_t m, n, k, batch;
    Matrix a, b, c;
    const void *alpha, *beta;
    int compute;
};

Format format_of(int type) {
    return type == R_16F ? Format::HALF : type == R_16BF ? Format::BFLOAT16 : type == R_64F ? Format::DOUBLE : Format::FLOAT;
}

/** The combinations of cuBLAS's table that take float32 or double scalars. */
bool supported(const Product& p) {
    bool same = p.a.type == p.b.type && p.a.type == p.c.type;
    switch (p.compute) {
        case COMPUTE_32F:
        case COMPUTE_32F_PEDANTIC:
            if (same) return p.a.type == R_32F || p.a.type == R_16F || p.a.type == R_16BF;
            return p.a.type == p.b.type && (p.a.type == R_16F || p.a.type == R_16BF) && p.c.type == R_32F;
        case COMPUTE_32F_FAST_16F:
        case COMPUTE_32F_FAST_16BF:
        case COMPUTE_32F_FAST_TF32: return same && p.a.type == R_32F;
        case COMPUTE_64F: return same && p.a.type == R_64F;
        default: return false;  // the old type numbers too, which cublasGemmEx without _new passes
    }
}

std::uint64_t extent(const Matrix& matrix, std::int64_t rows, std::int64_t columns, std::int64_t batch) {
    if (rows == 0 || columns == 0 || batch == 0) return 0;
    std::int64_t elements = (batch - 1) * matrix.stride + (columns - 1) * matrix.leading + rows;
    return static_cast<std::uint64_t>(elements) * bytes_of(format_of(matrix.type));
}

bool check_matrix(const Product& p, const Matrix& matrix, const char* name, std::int64_t rows, std::int64_t columns, Context* context) {
    if (matrix.leading < std::max<std::int64_t>(1, rows)) {
        complain("%s: ld%s is %lld, less than its %lld rows", p.name, name, static_cast<long long>(matrix.leading),
                static_cast<long long>(rows));
        return false;
    }
    if (matrix.stride < 0) {
        complain("%s: the stride of %s is negative", p.name, name);
        return false;
    }
    if (reinterpret_cast<Address>(matrix.data) % bytes_of(format_of(matrix.type)) != 0) {
        complain("%s: %s at %p is not aligned to its elements", p.name, name, matrix.data);
        return false;
    }
    return check_device_range(context, matrix.data, extent(matrix, rows, columns, p.batch), p.name, name);
}

/** m × n from m × k and k × n. */
std::vector<double> product(std::size_t m, std::size_t n, std::size_t k, const std::vector<double>& a, const std::vector<double>& b) {
    std::vector<double> c(m * n);
    if (m >= n || m >= 16) {
        multiply_wide(m, n, k, a.data(), b.data(), c.data());
        return c;
    }
    // Few rows: the transposed product has long inner loops.
    auto columns = static_cast<std::int64_t>(k), rows = static_cast<std::int64_t>(m);
    std::vector<double> wide_b = gather(b.data(), Format::DOUBLE, n, k, columns, 1);
    std::vector<double> wide_a = gather(a.data(), Format::DOUBLE, k, m, rows, 1);
    std::vector<double> wide(m * n);
    multiply_wide(n, m, k, wide_b.data(), wide_a.data(), wide.data());
    return gather(wide.data(), Format::DOUBLE, m, n, static_cast<std::int64_t>(n), 1);
}

/** The product as a sum of two, the first rounded to the format. */
std::vector<double> product_in_parts(
        std::size_t m, std::size_t n, std::size_t k, const std::vector<double>& a, const std::vector<double>& b, Format format) {
    std::vector<double> first = b, second = b;
    for (std::size_t i = 0; i < b.size(); i++) (i % k < k / 2 ? second : first)[i] = 0;
    std::vector<double> c = product(m, n, k, a, first), rest = product(m, n, k, a, second);
    for (std::size_t i = 0; i < c.size(); i++) {
        std::uint16_t rounded;
        store(&rounded, format, 0, c[i]);
        c[i] = load(&rounded, format, 0) + rest[i];
    }
    return c;
}

/** @param in_parts whether sums may be cut, with parts in the type of the result */
void compute(const Product& p, double alpha, double beta, bool tf32, bool in_parts) {
    Format fa = format_of(p.a.type), fb = format_of(p.b.type), fc = format_of(p.c.type);
    auto m = static_cast<std::size_t>(p.m), n = static_cast<std::size_t>(p.n), k = static_cast<std::size_t>(p.k);
    for (std::int64_t i = 0; i < p.batch; i++) {
        auto at = [&](const Matrix& matrix, Format format) {
            return static_cast<const char*>(matrix.data) + i * matrix.stride * static_cast<std::int64_t>(bytes_of(format));
        };
        // a: k columns of m rows; b: n columns of k rows, both dense from here on.
        std::vector<double> a = p.a.transposed ? gather(at(p.a, fa), fa, m, k, p.a.leading, 1)
                                               : gather(at(p.a, fa), fa, m, k, 1, p.a.leading);
        std::vector<double> b = p.b.transposed ? gather(at(p.b, fb), fb, k, n, p.b.leading, 1)
                                               : gather(at(p.b, fb), fb, k, n, 1, p.b.leading);
        if (tf32) {
            for (double& value : a) value = to_tf32(value);
            for (double& value : b) value = to_tf32(value);
        }
        std::vector<double> c = in_parts ? product_in_parts(m, n, k, a, b, fc) : product(m, n, k, a, b);
        auto* to = const_cast<char*>(at(p.c, fc));
        for (std::size_t column = 0; column < n; column++) {
            for (std::size_t row = 0; row < m; row++) {
                blend(to, fc, static_cast<std::int64_t>(column) * p.c.leading + static_cast<std::int64_t>(row), alpha,
                        c[column * m + row], beta);
            }
        }
    }
}

int multiply(void* pointer, Product p, int transpose_a, int transpose_b) {
    Cublas* cublas;
    if (int status = use_cublas(pointer, p.name, cublas)) return status;
    if (transpose_a < 0 || transpose_a > 2 || transpose_b < 0 || transpose_b > 2 || p.m < 0 || p.n < 0 || p.k < 0 || p.batch < 0) {
        return CUBLAS_INVALID_VALUE;
    }
    if (!supported(p)) {
        complain("%s: types A %d, B %d, C %d with compute type %d are not supported", p.name, p.a.type, p.b.type, p.c.type, p.compute);
        return CUBLAS_NOT_SUPPORTED;
    }
    if (cublas->pointer_mode != 0) {
        complain("%s: device pointers for alpha and beta are not simulated", p.name);
        return CUBLAS_NOT_SUPPORTED;
    }
    if (p.alpha == nullptr || p.beta == nullptr || is_device_address(reinterpret_cast<Address>(p.alpha)) ||
            is_device_address(reinterpret_cast<Address>(p.beta))) {
        complain("%s: alpha and beta must be host pointers", p.name);
        return CUBLAS_INVALID_VALUE;
    }
    p.a.transposed = transpose_a != 0;
    p.b.transposed = transpose_b != 0;
    std::int64_t a_rows = p.a.transposed ? p.k : p.m, b_rows = p.b.transposed ? p.n : p.k;
    std::int64_t a_columns = p.m + p.k - a_rows, b_columns = p.k + p.n - b_rows;
    if (!check_matrix(p, p.a, "A", a_rows, a_columns, cublas->context) ||
            !check_matrix(p, p.b, "B", b_rows, b_columns, cublas->context) ||
            !check_matrix(p, p.c, "C", p.m, p.n, cublas->context)) {
        return CUBLAS_INVALID_VALUE;
    }
    if (p.batch > 1 && p.m > 0 && p.n > 0 && p.c.stride < (p.n - 1) * p.c.leading + p.m) {
        complain("%s: the C matrices of the batch overlap (stride %lld)", p.name, static_cast<long long>(p.c.stride));
        return CUBLAS_INVALID_VALUE;
    }
    if (p.m == 0 || p.n == 0 || p.batch == 0) return CUBLAS_OK;

    double alpha = p.compute == COMPUTE_64F ? *static_cast<const double*>(p.alpha) : *static_cast<const float*>(p.alpha);
    double beta = p.compute == COMPUTE_64F ? *static_cast<const double*>(p.beta) : *static_cast<const float*>(p.beta);
    bool tf32 = p.a.type == R_32F && (p.compute == COMPUTE_32F_FAST_TF32 || (p.compute == COMPUTE_32F && (cublas->math_mode & 3) == 3));
    bool in_parts = bytes_of(format_of(p.c.type)) == 2 && p.compute != COMPUTE_32F_PEDANTIC && (cublas->math_mode & 16) == 0;
    std::vector<Access> accesses{
        {reinterpret_cast<Address>(p.a.data), extent(p.a, a_rows, a_columns, p.batch), false},
        {reinterpret_cast<Address>(p.b.data), extent(p.b, b_rows, b_columns, p.batch), false},
        {reinterpret_cast<Address>(p.c.data), extent(p.c, p.m, p.n, p.batch), true}};
    if (beta != 0) accesses.push_back({accesses[2].start, accesses[2].bytes, false});
    if (cublas->workspace_bytes > 0) {
        accesses.push_back({reinterpret_cast<Address>(cublas->workspace), cublas->workspace_bytes, true});
    }
    Stream* stream = stream_of(cublas->stream, p.name);
    if (stream == nullptr) return CUBLAS_NOT_INITIALIZED;
    std::string name = std::string(p.name) + " " + std::to_string(p.m) + "×" + std::to_string(p.n) + "×" + std::to_string(p.k);
    Operation operation{name, accesses, [=](const Actor&) -> Status {
        compute(p, alpha, beta, tf32, in_parts);
        return OK;
    }};
    return submit(stream, operation) == OK ? CUBLAS_OK : CUBLAS_EXECUTION_FAILED;
}

}  // namespace
}  // namespace sim

using namespace sim;

extern "C" {

int cublasGemmStridedBatchedEx_64(
        void* handle, int ta, int tb, std::int64_t m, std::int64_t n, std::int64_t k, const void* alpha, const void* a,
        int a_type, std::int64_t lda, long long a_stride, const void* b, int b_type, std::int64_t ldb, long long b_stride,
        const void* beta, void* c, int c_type, std::int64_t ldc, long long c_stride, std::int64_t batch, int compute_type, int) {
    ENTER(cublasGemmStridedBatchedEx);
    return multiply(handle,
            {"cublasGemmStridedBatchedEx", m, n, k, batch, {a, a_type, lda, a_stride, false}, {b, b_type, ldb, b_stride, false},
                {c, c_type, ldc, c_stride, false}, alpha, beta, compute_type}, ta, tb);
}

int cublasGemmStridedBatchedEx(
        void* handle, int ta, int tb, int m, int n, int k, const void* alpha, const void* a, int a_type, int lda,
        long long a_stride, const void* b, int b_type, int ldb, long long b_stride, const void* beta, void* c, int c_type,
        int ldc, long long c_stride, int batch, int compute_type, int algorithm) {
    return cublasGemmStridedBatchedEx_64(handle, ta, tb, m, n, k, alpha, a, a_type, lda, a_stride, b, b_type, ldb, b_stride,
            beta, c, c_type, ldc, c_stride, batch, compute_type, algorithm);
}

int cublasGemmEx_64(
        void* handle, int ta, int tb, std::int64_t m, std::int64_t n, std::int64_t k, const void* alpha, const void* a,
        int a_type, std::int64_t lda, const void* b, int b_type, std::int64_t ldb, const void* beta, void* c, int c_type,
        std::int64_t ldc, int compute_type, int) {
    ENTER(cublasGemmEx);
    return multiply(handle,
            {"cublasGemmEx", m, n, k, 1, {a, a_type, lda, 0, false}, {b, b_type, ldb, 0, false}, {c, c_type, ldc, 0, false},
                alpha, beta, compute_type}, ta, tb);
}

int cublasGemmEx(
        void* handle, int ta, int tb, int m, int n, int k, const void* alpha, const void* a, int a_type, int lda,
        const void* b, int b_type, int ldb, const void* beta, void* c, int c_type, int ldc, int compute_type, int algorithm) {
    return cublasGemmEx_64(handle, ta, tb, m, n, k, alpha, a, a_type, lda, b, b_type, ldb, beta, c, c_type, ldc,
            compute_type, algorithm);
}

int cublasSgemm_v2(
        void* handle, int ta, int tb, int m, int n, int k, const float* alpha, const float* a, int lda, const float* b,
        int ldb, const float* beta, float* c, int ldc) {
    ENTER(cublasSgemm);
    return multiply(handle,
            {"cublasSgemm", m, n, k, 1, {a, R_32F, lda, 0, false}, {b, R_32F, ldb, 0, false}, {c, R_32F, ldc, 0, false},
                alpha, beta, COMPUTE_32F}, ta, tb);
}

int cublasSgemmStridedBatched(
        void* handle, int ta, int tb, int m, int n, int k, const float* alpha, const float* a, int lda, long long a_stride,
        const float* b, int ldb, long long b_stride, const float* beta, float* c, int ldc, long long c_stride, int batch) {
    ENTER(cublasSgemmStridedBatched);
    return multiply(handle,
            {"cublasSgemmStridedBatched", m, n, k, batch, {a, R_32F, lda, a_stride, false}, {b, R_32F, ldb, b_stride, false},
                {c, R_32F, ldc, c_stride, false}, alpha, beta, COMPUTE_32F}, ta, tb);
}
}
