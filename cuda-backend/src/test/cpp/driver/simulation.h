// What the simulated libraries share. The code is in libcuda.so.1; libcublas, libcudnn and libnvrtc link to it.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace sim {

using Address = std::uint64_t;

/** A driver status, numbered as CUresult. */
enum Status : int {
    OK = 0,
    INVALID_VALUE = 1,
    OUT_OF_MEMORY = 2,
    NOT_INITIALIZED = 3,
    NO_DEVICE = 100,
    INVALID_DEVICE = 101,
    INVALID_IMAGE = 200,
    INVALID_CONTEXT = 201,
    NO_BINARY_FOR_GPU = 209,
    INVALID_HANDLE = 400,
    NOT_FOUND = 500,
    NOT_READY = 600,
    ILLEGAL_ADDRESS = 700,
    LAUNCH_OUT_OF_RESOURCES = 701,
    PRIMARY_CONTEXT_ACTIVE = 708,
    LAUNCH_FAILED = 719,
    NOT_SUPPORTED = 801,
    CAPTURE_UNSUPPORTED = 900,
    CAPTURE_INVALIDATED = 901,
    CAPTURE_MERGE = 902,
    CAPTURE_UNMATCHED = 903,
    CAPTURE_UNJOINED = 904,
    CAPTURE_ISOLATION = 905,
    CAPTURE_IMPLICIT = 906,
    CAPTURED_EVENT = 907,
    UNKNOWN = 999
};

// Settings and diagnoses (report.cpp) ------------------------------------------------------------------------

/** TANDEM_SIM_<name> of the environment, or what tandem_sim_set said since. */
std::string setting(const char* name, const std::string& otherwise);
long long number(const char* name, long long otherwise);

/** Notes a mistake of the program under test: on standard error, and for tandem_sim_diagnostics. */
void complain(const char* format, ...) __attribute__((format(printf, 1, 2)));

/** What an operation answers that broke a rule which real hardware would not have noticed: an error, or OK. */
Status violation();

struct Counter {
    const char* name;
    long calls = 0;
    bool idle = false;  // only answers OK: see the setting IDLE
    explicit Counter(const char* name);
};

/** One call of a library function: holds the lock, counts, and knows the failure that a test has ordered. */
class Call {
public:
    explicit Call(Counter& counter);
    int injected = 0;
    const bool idle;

private:
    std::lock_guard<std::recursive_mutex> lock;
};

/** Opens every function of a library: lock, count, injected failure, and whether it is to do nothing. */
#define ENTER(function)                           \
    static ::sim::Counter sim_counter(#function); \
    ::sim::Call sim_call(sim_counter);            \
    if (sim_call.injected != 0 || sim_call.idle) return sim_call.injected

// Handles (handles.cpp) ------------------------------------------------------------------------------------------

struct Context;

/** What a program holds by pointer. Live and dead ones are known, so that misuse is told apart. */
struct Handle {
    const char* kind;
    Context* owner;  // it ends with this context; null for what is of no context
    std::uint64_t serial;
    explicit Handle(const char* kind, Context* owner = nullptr);
    virtual ~Handle();
    /** For the list of what was left over. */
    virtual std::string describe() const { return std::string(kind) + " no. " + std::to_string(serial); }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
};

/** Whether the pointer is a live handle of that kind; else complains: never created, destroyed, of another kind. */
bool check_handle(const void* pointer, const char* kind, const char* function);

template <class T>
T* handle(void* pointer, const char* function) {
    return check_handle(pointer, T::KIND, function) ? static_cast<T*>(static_cast<Handle*>(pointer)) : nullptr;
}

/** The live handles of a context, oldest first, or of all where it is null; without those that the simulation itself made. */
std::vector<Handle*> live_handles(const Context* owner);

// Operations on streams (streams.cpp) -----------------------------------------------------------------------------

struct Stream;
struct Actor;

/** A run of device memory that an operation reads or writes. */
struct Access {
    Address start;
    std::uint64_t bytes;
    bool writes;
};

/** Work for a stream. Scalars and parameters are captured by value: the work may run later, in a graph. */
struct Operation {
    std::string name;
    std::vector<Access> accesses;
    std::function<Status(const Actor&)> run;
};

/** Runs the operation now in its stream's order, or records it if the stream is being captured. */
Status submit(Stream* stream, Operation operation);

/** The stream behind a handle (0 is the legacy stream of the current context), or null after a complaint. */
Stream* stream_of(void* handle, const char* function);

Context* context_of(const Stream* stream);

/** The calling thread's context, or null. */
Context* current_context();

/** A context's sticky error, or OK. */
Status sticky_error(const Context* context);

/** Ends the current context with an error, as an illegal address does. */
void raise_sticky(int status);

/** The architecture of a context's device: 90 for sm_90. */
int architecture(const Context* context);

bool is_capturing(const Stream* stream);

/** Whether all of it is live device memory of that context; else complains. Zero bytes are always good. */
bool check_device_range(Context* context, const void* start, std::uint64_t bytes, const char* function, const char* argument);

bool is_device_address(Address address);

// Kernels (compiler.cpp) ------------------------------------------------------------------------------------------

struct CompiledKernels {
    bool good = false;
    std::string library;
    std::string log;
};

/** Compiles CUDA C as C++ into a shared library, cached by content. Names are template instances to make callable. */
CompiledKernels compile_kernels(
        const std::string& source,
        const std::string& file,
        const std::vector<std::string>& defines,
        const std::vector<std::string>& names,
        int architecture);

/** What nvrtcGetCUBIN gives: a header and everything that compile_kernels needs. */
std::string make_image(
        const std::string& source,
        const std::string& file,
        const std::vector<std::string>& defines,
        const std::vector<std::string>& names,
        int architecture);

}  // namespace sim
