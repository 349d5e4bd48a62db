// What a CUDA C kernel file sees when it is compiled as C++ for the simulation. As little as NVRTC itself declares:
// a kernel that needs a header here would fail there too. Every load and store is instrumented (-fsanitize=thread with
// our own callbacks), so index variables are read by assembly, which is not.
#pragma once

#include "runtime.h"

typedef decltype(sizeof 0) size_t;
typedef decltype((char*)0 - (char*)0) ptrdiff_t;
typedef unsigned long uintptr_t;

#define __global__
#define __device__
#define __host__
#define __constant__ const
#define __forceinline__ inline
#define __noinline__ __attribute__((noinline))
#define __align__(n) __attribute__((aligned(n)))
#define __launch_bounds__(...)
#define __shared__ static __attribute__((section("tandem_shared")))
#define TANDEM_PLAIN __attribute__((no_sanitize("thread"), noinline))

// Where am I ------------------------------------------------------------------------------------------------------

struct uint3 {
    unsigned x, y, z;
};

struct dim3 {
    unsigned x, y, z;
    constexpr dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};

#define TANDEM_INDEX(name, member)                                                     \
    static inline uint3 name() {                                                       \
        uint3 at;                                                                      \
        asm("movl %1, %0" : "=r"(at.x) : "m"(tandem_sim_place.member.x));              \
        asm("movl %1, %0" : "=r"(at.y) : "m"(tandem_sim_place.member.y));              \
        asm("movl %1, %0" : "=r"(at.z) : "m"(tandem_sim_place.member.z));              \
        return at;                                                                     \
    }
TANDEM_INDEX(tandem_thread_index, thread)
TANDEM_INDEX(tandem_block_index, block)
TANDEM_INDEX(tandem_block_size, block_size)
TANDEM_INDEX(tandem_grid_size, grid_size)
#define threadIdx (tandem_thread_index())
#define blockIdx (tandem_block_index())
#define blockDim (tandem_block_size())
#define gridDim (tandem_grid_size())
#define warpSize 32

// Vector types ----------------------------------------------------------------------------------------------------

#define TANDEM_VECTORS(type, name)                                                                     \
    struct name##1 { type x; };                                                                        \
    struct alignas(2 * sizeof(type)) name##2 { type x, y; };                                           \
    struct name##3 { type x, y, z; };                                                                  \
    struct alignas(4 * sizeof(type) > 16 ? 16 : 4 * sizeof(type)) name##4 { type x, y, z, w; };        \
    static inline name##2 make_##name##2(type x, type y) { return {x, y}; }                            \
    static inline name##3 make_##name##3(type x, type y, type z) { return {x, y, z}; }                 \
    static inline name##4 make_##name##4(type x, type y, type z, type w) { return {x, y, z, w}; }
TANDEM_VECTORS(signed char, char)
TANDEM_VECTORS(unsigned char, uchar)
TANDEM_VECTORS(short, short)
TANDEM_VECTORS(unsigned short, ushort)
TANDEM_VECTORS(int, int)
TANDEM_VECTORS(long long, longlong)
TANDEM_VECTORS(unsigned long long, ulonglong)
TANDEM_VECTORS(float, float)
TANDEM_VECTORS(double, double)
struct uint1 { unsigned x; };
struct alignas(8) uint2 { unsigned x, y; };
struct alignas(16) uint4 { unsigned x, y, z, w; };
static inline uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }
static inline uint3 make_uint3(unsigned x, unsigned y, unsigned z) { return {x, y, z}; }
static inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }

// Mathematics -----------------------------------------------------------------------------------------------------

#define TANDEM_MATH1(name)                                    \
    extern "C" double name(double);                           \
    extern "C" float name##f(float);                          \
    static inline float name(float x) { return name##f(x); }
#define TANDEM_MATH2(name)                                                      \
    extern "C" double name(double, double);                                     \
    extern "C" float name##f(float, float);                                     \
    static inline float name(float x, float y) { return name##f(x, y); }
TANDEM_MATH1(exp) TANDEM_MATH1(exp2) TANDEM_MATH1(expm1) TANDEM_MATH1(log) TANDEM_MATH1(log2) TANDEM_MATH1(log10)
TANDEM_MATH1(log1p) TANDEM_MATH1(sqrt) TANDEM_MATH1(cbrt) TANDEM_MATH1(sin) TANDEM_MATH1(cos) TANDEM_MATH1(tan)
TANDEM_MATH1(asin) TANDEM_MATH1(acos) TANDEM_MATH1(atan) TANDEM_MATH1(sinh) TANDEM_MATH1(cosh) TANDEM_MATH1(tanh)
TANDEM_MATH1(erf) TANDEM_MATH1(erfc) TANDEM_MATH1(floor) TANDEM_MATH1(ceil) TANDEM_MATH1(trunc) TANDEM_MATH1(round)
TANDEM_MATH1(rint) TANDEM_MATH1(nearbyint) TANDEM_MATH1(fabs)
TANDEM_MATH2(pow) TANDEM_MATH2(fmod) TANDEM_MATH2(fmax) TANDEM_MATH2(fmin) TANDEM_MATH2(atan2) TANDEM_MATH2(hypot)
TANDEM_MATH2(copysign) TANDEM_MATH2(fdim) TANDEM_MATH2(remainder)
extern "C" double fma(double, double, double);
extern "C" float fmaf(float, float, float);
static inline float fma(float x, float y, float z) { return fmaf(x, y, z); }
extern "C" void sincosf(float, float*, float*);
extern "C" void sincos(double, double*, double*);
extern "C" float ldexpf(float, int);
extern "C" double ldexp(double, int);
static inline float rsqrtf(float x) { return 1 / sqrtf(x); }
static inline double rsqrt(double x) { return 1 / sqrt(x); }
static inline float sinpif(float x) { return sinf(3.14159265358979f * x); }
static inline float cospif(float x) { return cosf(3.14159265358979f * x); }
static inline float exp10f(float x) { return (float)pow(10.0, (double)x); }
static inline float normcdff(float x) { return 0.5f * erfcf(-x * 0.70710678118654752f); }
static inline bool isnan(float x) { return __builtin_isnan(x); }
static inline bool isnan(double x) { return __builtin_isnan(x); }
static inline bool isinf(float x) { return __builtin_isinf(x); }
static inline bool isinf(double x) { return __builtin_isinf(x); }
static inline bool isfinite(float x) { return __builtin_isfinite(x); }
static inline bool isfinite(double x) { return __builtin_isfinite(x); }
static inline bool signbit(float x) { return __builtin_signbit(x); }
static inline bool signbit(double x) { return __builtin_signbit(x); }

#define TANDEM_MINMAX(type)                                                        \
    static inline type min(type a, type b) { return b < a ? b : a; }               \
    static inline type max(type a, type b) { return a < b ? b : a; }
TANDEM_MINMAX(int) TANDEM_MINMAX(unsigned) TANDEM_MINMAX(long) TANDEM_MINMAX(unsigned long)
TANDEM_MINMAX(long long) TANDEM_MINMAX(unsigned long long)
static inline float min(float a, float b) { return fminf(a, b); }
static inline float max(float a, float b) { return fmaxf(a, b); }
static inline double min(double a, double b) { return fmin(a, b); }
static inline double max(double a, double b) { return fmax(a, b); }
static inline int abs(int x) { return x < 0 ? -x : x; }
static inline long long abs(long long x) { return x < 0 ? -x : x; }
static inline float abs(float x) { return __builtin_fabsf(x); }
static inline double abs(double x) { return __builtin_fabs(x); }
static inline long long llabs(long long x) { return x < 0 ? -x : x; }

#define __expf(x) expf(x)
#define __exp10f(x) exp10f(x)
#define __logf(x) logf(x)
#define __log2f(x) log2f(x)
#define __powf(x, y) powf(x, y)
#define __sinf(x) sinf(x)
#define __cosf(x) cosf(x)
#define __fdividef(x, y) ((x) / (y))
static inline float __fadd_rn(float x, float y) { return x + y; }
static inline float __fsub_rn(float x, float y) { return x - y; }
static inline float __fmul_rn(float x, float y) { return x * y; }
static inline float __fdiv_rn(float x, float y) { return x / y; }
static inline float __frcp_rn(float x) { return 1 / x; }
static inline float __fsqrt_rn(float x) { return sqrtf(x); }
static inline float __frsqrt_rn(float x) { return rsqrtf(x); }
static inline float __fmaf_rn(float x, float y, float z) { return fmaf(x, y, z); }
static inline float __saturatef(float x) { return x > 0 ? (x < 1 ? x : 1) : 0; }

// Bits and conversions --------------------------------------------------------------------------------------------

template <class To, class From>
static inline To tandem_bits(From from) {
    static_assert(sizeof(To) == sizeof(From), "of one size");
    return __builtin_bit_cast(To, from);
}
static inline int __float_as_int(float x) { return tandem_bits<int>(x); }
static inline unsigned __float_as_uint(float x) { return tandem_bits<unsigned>(x); }
static inline float __int_as_float(int x) { return tandem_bits<float>(x); }
static inline float __uint_as_float(unsigned x) { return tandem_bits<float>(x); }
static inline long long __double_as_longlong(double x) { return tandem_bits<long long>(x); }
static inline double __longlong_as_double(long long x) { return tandem_bits<double>(x); }

/** Conversions to integers saturate on a GPU, and turn NaN into 0. */
template <class To, class From>
static inline To tandem_to_integer(From x, To least, To greatest) {
    if (x != x) return 0;
    if (x <= (From)least) return least;
    if (x >= (From)greatest) return greatest;
    return (To)x;
}
static inline int __float2int_rn(float x) { return tandem_to_integer<int>(rintf(x), -2147483647 - 1, 2147483647); }
static inline int __float2int_rz(float x) { return tandem_to_integer<int>(x, -2147483647 - 1, 2147483647); }
static inline int __float2int_rd(float x) { return __float2int_rz(floorf(x)); }
static inline int __float2int_ru(float x) { return __float2int_rz(ceilf(x)); }
static inline unsigned __float2uint_rn(float x) { return tandem_to_integer<unsigned>(rintf(x), 0, 4294967295u); }
static inline unsigned __float2uint_rz(float x) { return tandem_to_integer<unsigned>(x, 0, 4294967295u); }
static inline long long __float2ll_rz(float x) {
    return tandem_to_integer<long long>(x, -9223372036854775807ll - 1, 9223372036854775807ll);
}
static inline long long __double2ll_rz(double x) {
    return tandem_to_integer<long long>(x, -9223372036854775807ll - 1, 9223372036854775807ll);
}
static inline int __double2int_rz(double x) { return tandem_to_integer<int>(x, -2147483647 - 1, 2147483647); }
static inline float __int2float_rn(int x) { return (float)x; }
static inline float __uint2float_rn(unsigned x) { return (float)x; }
static inline float __uint2float_rz(unsigned x) {
    float y = (float)x;
    return (double)y > (double)x ? __uint_as_float(__float_as_uint(y) - 1) : y;
}
static inline float __ll2float_rn(long long x) { return (float)x; }
static inline float __double2float_rn(double x) { return (float)x; }

static inline int __popc(unsigned x) { return __builtin_popcount(x); }
static inline int __popcll(unsigned long long x) { return __builtin_popcountll(x); }
static inline int __clz(int x) { return x == 0 ? 32 : __builtin_clz((unsigned)x); }
static inline int __clzll(long long x) { return x == 0 ? 64 : __builtin_clzll((unsigned long long)x); }
static inline int __ffs(int x) { return __builtin_ffs(x); }
static inline int __ffsll(long long x) { return __builtin_ffsll(x); }
static inline int __mul24(int x, int y) { return x * y; }
static inline int __mulhi(int x, int y) { return (int)((long long)x * y >> 32); }
static inline unsigned __umulhi(unsigned x, unsigned y) { return (unsigned)((unsigned long long)x * y >> 32); }
static inline unsigned long long __umul64hi(unsigned long long x, unsigned long long y) {
    return (unsigned long long)((unsigned __int128)x * y >> 64);
}
static inline unsigned __byte_perm(unsigned x, unsigned y, unsigned s) {
    unsigned long long both = (unsigned long long)y << 32 | x;
    unsigned result = 0;
    for (int i = 0; i < 4; i++) result |= (unsigned)(both >> 8 * (s >> 4 * i & 7) & 255) << 8 * i;
    return result;
}
template <class T>
static inline T __ldg(const T* p) { return *p; }

// Threads together ------------------------------------------------------------------------------------------------

#define __syncthreads() ((void)tandem_sim_barrier(__LINE__, 0, 0))
#define __syncthreads_and(p) tandem_sim_barrier(__LINE__, (p) != 0, 0)
#define __syncthreads_or(p) tandem_sim_barrier(__LINE__, (p) != 0, 1)
#define __syncthreads_count(p) tandem_sim_barrier(__LINE__, (p) != 0, 2)
#define __threadfence() ((void)0)
#define __threadfence_block() ((void)0)
#define __trap() tandem_sim_trap("__trap", __LINE__)

static inline int tandem_lane() {
    uint3 t = threadIdx, n = blockDim;
    return (int)((t.x + n.x * (t.y + n.y * t.z)) & 31);
}

template <class T>
static inline unsigned long long tandem_pack(T value) {
    static_assert(sizeof(T) <= 8, "shuffles move up to 8 bytes");
    if constexpr (sizeof(T) == 8) return tandem_bits<unsigned long long>(value);
    else if constexpr (sizeof(T) == 4) return tandem_bits<unsigned>(value);
    else return (unsigned long long)value;
}

template <class T>
static inline T tandem_unpack(unsigned long long value) {
    if constexpr (sizeof(T) == 8) return tandem_bits<T>(value);
    else if constexpr (sizeof(T) == 4) return tandem_bits<T>((unsigned)value);
    else return (T)value;
}

/** What a lane gave. Its own value where the source is outside of the segment, as the hardware does. */
template <class T>
TANDEM_PLAIN T tandem_shuffle(unsigned mask, T value, int source, bool inside, int line) {
    const unsigned long long* given = tandem_sim_exchange(mask, tandem_pack(value), line);
    if (!inside) return value;
    if ((mask >> source & 1) == 0) tandem_sim_trap("a shuffle reads a lane outside of its mask", line);
    return tandem_unpack<T>(given[source]);
}
template <class T>
static inline T tandem_shuffle_to(unsigned mask, T value, int lane, int width, int line) {
    return tandem_shuffle(mask, value, (tandem_lane() & ~(width - 1)) | (lane & (width - 1)), true, line);
}
template <class T>
static inline T tandem_shuffle_by(unsigned mask, T value, int step, int width, int line) {
    int source = tandem_lane() + step;
    bool inside = (source & ~(width - 1)) == (tandem_lane() & ~(width - 1)) && source >= 0;
    return tandem_shuffle(mask, value, inside ? source : 0, inside, line);
}
template <class T>
static inline T tandem_shuffle_xor(unsigned mask, T value, int bits, int width, int line) {
    int source = tandem_lane() ^ bits;
    bool inside = (source & ~(width - 1)) <= (tandem_lane() & ~(width - 1));
    return tandem_shuffle(mask, value, inside ? source : 0, inside, line);
}
#define __shfl_sync(mask, value, ...) tandem_shfl_sync(mask, value, __LINE__, __VA_ARGS__)
#define __shfl_down_sync(mask, value, ...) tandem_shfl_down(mask, value, __LINE__, __VA_ARGS__)
#define __shfl_up_sync(mask, value, ...) tandem_shfl_up(mask, value, __LINE__, __VA_ARGS__)
#define __shfl_xor_sync(mask, value, ...) tandem_shfl_xor(mask, value, __LINE__, __VA_ARGS__)
template <class T> static inline T tandem_shfl_sync(unsigned mask, T value, int line, int lane, int width = 32) {
    return tandem_shuffle_to(mask, value, lane, width, line);
}
template <class T> static inline T tandem_shfl_down(unsigned mask, T value, int line, unsigned step, int width = 32) {
    return tandem_shuffle_by(mask, value, (int)step, width, line);
}
template <class T> static inline T tandem_shfl_up(unsigned mask, T value, int line, unsigned step, int width = 32) {
    return tandem_shuffle_by(mask, value, -(int)step, width, line);
}
template <class T> static inline T tandem_shfl_xor(unsigned mask, T value, int line, int bits, int width = 32) {
    return tandem_shuffle_xor(mask, value, bits, width, line);
}

TANDEM_PLAIN static unsigned tandem_ballot(unsigned mask, int predicate, int line) {
    const unsigned long long* given = tandem_sim_exchange(mask, predicate != 0, line);
    unsigned votes = 0;
    for (int lane = 0; lane < 32; lane++) {
        if (mask >> lane & 1) votes |= (unsigned)(given[lane] & 1) << lane;
    }
    return votes;
}
#define __ballot_sync(mask, p) tandem_ballot(mask, p, __LINE__)
#define __any_sync(mask, p) (tandem_ballot(mask, p, __LINE__) != 0)
#define __all_sync(mask, p) (tandem_ballot(mask, p, __LINE__) == (mask))
#define __activemask() tandem_sim_active_lanes()
#define __syncwarp(...) ((void)tandem_sim_exchange(tandem_mask(__VA_ARGS__), 0, __LINE__))
static inline unsigned tandem_mask(unsigned mask = 0xffffffffu) { return mask; }

// Atomics: threads take turns here, so the operation itself is plain ------------------------------------------------

template <class T, class F>
TANDEM_PLAIN T tandem_atomic(T* address, F change) {
    tandem_sim_atomic(address, sizeof(T));
    T old = *address;
    *address = change(old);
    return old;
}
#define TANDEM_ATOMIC(name, type, expression)                                                              \
    static inline type name(type* address, type value) {                                                   \
        return tandem_atomic(address, [value](type old) __attribute__((no_sanitize("thread"))) -> type { return expression; }); \
    }
#define TANDEM_ATOMICS(type)                                      \
    TANDEM_ATOMIC(atomicAdd, type, old + value)                   \
    TANDEM_ATOMIC(atomicExch, type, value)
TANDEM_ATOMICS(int) TANDEM_ATOMICS(unsigned) TANDEM_ATOMICS(unsigned long long) TANDEM_ATOMICS(float)
TANDEM_ATOMIC(atomicAdd, double, old + value)
#define TANDEM_ATOMICS_INTEGER(type)                                                            \
    TANDEM_ATOMIC(atomicMin, type, value < old ? value : old)                                   \
    TANDEM_ATOMIC(atomicMax, type, old < value ? value : old)                                   \
    TANDEM_ATOMIC(atomicAnd, type, old & value)                                                 \
    TANDEM_ATOMIC(atomicOr, type, old | value)                                                  \
    TANDEM_ATOMIC(atomicXor, type, old ^ value)                                                 \
    static inline type atomicCAS(type* address, type expected, type value) {                    \
        return tandem_atomic(address, [expected, value](type old) __attribute__((no_sanitize("thread"))) -> type { \
            return old == expected ? value : old;                                               \
        });                                                                                     \
    }
TANDEM_ATOMICS_INTEGER(int) TANDEM_ATOMICS_INTEGER(unsigned) TANDEM_ATOMICS_INTEGER(unsigned long long)
TANDEM_ATOMIC(atomicSub, int, old - value) TANDEM_ATOMIC(atomicSub, unsigned, old - value)
TANDEM_ATOMIC(atomicInc, unsigned, old >= value ? 0 : old + 1)
TANDEM_ATOMIC(atomicDec, unsigned, old == 0 || old > value ? value : old - 1)

// The linker knows where the shared variables of this file begin and end, if there are any.
extern "C" {
extern char __start_tandem_shared[] __attribute__((weak, visibility("hidden")));
extern char __stop_tandem_shared[] __attribute__((weak, visibility("hidden")));
__attribute__((visibility("default"), no_sanitize("thread"))) void tandem_sim_shared_bounds(void** start, void** end) {
    *start = __start_tandem_shared;
    *end = __stop_tandem_shared;
}
}

// How the executor calls a kernel -----------------------------------------------------------------------------------

template <auto F>
struct tandem_kernel;

template <class... A, void (*F)(A...)>
struct tandem_kernel<F> {
    static constexpr unsigned sizes[] = {sizeof(A)..., 0};
    static constexpr unsigned alignments[] = {alignof(A)..., 0};

    template <unsigned... I>
    struct Indices {};
    template <unsigned N, unsigned... I>
    struct Count : Count<N - 1, N - 1, I...> {};
    template <unsigned... I>
    struct Count<0, I...> {
        using type = Indices<I...>;
    };

    template <unsigned... I>
    __attribute__((no_sanitize("thread"))) static void call(void* const* arguments, Indices<I...>) {
        F(*(A*)arguments[I]...);
    }

    __attribute__((no_sanitize("thread"))) static void invoke(void* const* arguments) {
        call(arguments, typename Count<sizeof...(A)>::type());
    }

    static constexpr tandem_sim::Kernel make(const char* name, unsigned threads) {
        return {name, invoke, sizeof...(A), sizes, alignments, threads};
    }
};
