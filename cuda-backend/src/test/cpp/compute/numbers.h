// Number formats of device memory, and the one matrix product that the simulated libraries compute with.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

namespace sim {

enum class Format { FLOAT, DOUBLE, HALF, BFLOAT16, INT8, INT32 };

inline std::size_t bytes_of(Format format) {
    switch (format) {
        case Format::DOUBLE: return 8;
        case Format::FLOAT:
        case Format::INT32: return 4;
        case Format::INT8: return 1;
        default: return 2;
    }
}

inline float bits_to_float(std::uint32_t bits) {
    float value;
    std::memcpy(&value, &bits, 4);
    return value;
}

inline std::uint32_t float_to_bits(float value) {
    std::uint32_t bits;
    std::memcpy(&bits, &value, 4);
    return bits;
}

/** To bfloat16, nearest even. */
inline std::uint16_t to_bfloat16(float value) {
    std::uint32_t bits = float_to_bits(value);
    if (value != value) return 0x7fff;
    return static_cast<std::uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

inline float half_to_float(std::uint16_t bits) {
    int exponent = bits >> 10 & 31;
    float mantissa = static_cast<float>(bits & 1023);
    float value = exponent == 0 ? std::ldexp(mantissa, -24)
            : exponent == 31    ? (mantissa == 0 ? INFINITY : NAN)
                                : std::ldexp(1024 + mantissa, exponent - 25);
    return bits & 0x8000 ? -value : value;
}

/** To float16, nearest even, with subnormals; what is too large becomes infinite. */
inline std::uint16_t to_half(double value) {
    std::uint16_t sign = std::signbit(value) ? 0x8000 : 0;
    double size = std::fabs(value);
    if (value != value) return 0x7fff;
    if (size >= 65520) return sign | 0x7c00;
    if (size < 6.103515625e-05) return sign | static_cast<std::uint16_t>(std::nearbyint(std::ldexp(size, 24)));
    int exponent;
    double mantissa = std::nearbyint(std::ldexp(std::frexp(size, &exponent), 11));
    return static_cast<std::uint16_t>(sign | ((exponent + 13) * 1024 + static_cast<int>(mantissa)));
}

/** One element. */
inline double load(const void* base, Format format, std::int64_t index) {
    switch (format) {
        case Format::FLOAT: return static_cast<const float*>(base)[index];
        case Format::DOUBLE: return static_cast<const double*>(base)[index];
        case Format::HALF: return half_to_float(static_cast<const std::uint16_t*>(base)[index]);
        case Format::BFLOAT16:
            return bits_to_float(static_cast<std::uint32_t>(static_cast<const std::uint16_t*>(base)[index]) << 16);
        case Format::INT8: return static_cast<const std::int8_t*>(base)[index];
        default: return static_cast<const std::int32_t*>(base)[index];
    }
}

inline void store(void* base, Format format, std::int64_t index, double value) {
    switch (format) {
        case Format::FLOAT: static_cast<float*>(base)[index] = static_cast<float>(value); break;
        case Format::DOUBLE: static_cast<double*>(base)[index] = value; break;
        case Format::HALF: static_cast<std::uint16_t*>(base)[index] = to_half(value); break;
        case Format::BFLOAT16:
            static_cast<std::uint16_t*>(base)[index] = to_bfloat16(static_cast<float>(value));
            break;
        case Format::INT8: static_cast<std::int8_t*>(base)[index] = static_cast<std::int8_t>(value); break;
        default: static_cast<std::int32_t*>(base)[index] = static_cast<std::int32_t>(value);
    }
}

/** alpha · value + beta · what is there; with beta 0 what is there does not matter, not even NaN. */
inline void blend(void* base, Format format, std::int64_t index, double alpha, double value, double beta) {
    store(base, format, index, alpha * value + (beta == 0 ? 0 : beta * load(base, format, index)));
}

/** What tensor cores see of a float32 in TF32 mode: 10 bits after the point. */
inline double to_tf32(double value) {
    std::uint32_t bits = float_to_bits(static_cast<float>(value));
    if ((bits >> 23 & 255) == 255) return value;
    return bits_to_float((bits + 0xfff + (bits >> 13 & 1)) & ~0x1fffu);
}

#if defined(__x86_64__) && !defined(__clang__)
#define SIM_FAST __attribute__((target_clones("avx2", "default")))
#else
#define SIM_FAST
#endif

/** c[j·m + i] += Σp a[p·m + i] · b[j·k + p], in double precision. */
SIM_FAST inline void multiply_wide(std::size_t m, std::size_t n, std::size_t k, const double* a, const double* b, double* c) {
    for (std::size_t j = 0; j < n; j++) {
        double* __restrict__ to = c + j * m;
        const double* factor = b + j * k;
        std::size_t p = 0;
        for (; p + 4 <= k; p += 4) {
            const double *a0 = a + p * m, *a1 = a0 + m, *a2 = a1 + m, *a3 = a2 + m;
            double f0 = factor[p], f1 = factor[p + 1], f2 = factor[p + 2], f3 = factor[p + 3];
            for (std::size_t i = 0; i < m; i++) to[i] += a0[i] * f0 + a1[i] * f1 + (a2[i] * f2 + a3[i] * f3);
        }
        for (; p < k; p++) {
            const double* a0 = a + p * m;
            for (std::size_t i = 0; i < m; i++) to[i] += a0[i] * factor[p];
        }
    }
}

/** The matrix rows × columns with elements at row · row_step + column · column_step, as doubles, a column after another. */
inline std::vector<double> gather(
        const void* base, Format format, std::size_t rows, std::size_t columns, std::int64_t row_step, std::int64_t column_step) {
    std::vector<double> all(rows * columns);
    double* to = all.data();
    for (std::size_t column = 0; column < columns; column++) {
        std::int64_t at = static_cast<std::int64_t>(column) * column_step;
        for (std::size_t row = 0; row < rows; row++, at += row_step) *to++ = load(base, format, at);
    }
    return all;
}

}  // namespace sim
