// Initialisation, devices, contexts, and the driver's own words for its errors.
#include "device.h"

#include <cstdio>
#include <cstring>

#include "capture.h"

namespace sim {
namespace {

bool initialised = false;

/** The contexts of a thread, the current one last. */
std::vector<Context*>& context_stack() {
    thread_local std::vector<Context*> stack;
    return stack;
}

std::set<Context*>& contexts() {
    static auto* all = new std::set<Context*>;
    return *all;
}

struct Name {
    int status;
    const char* name;
    const char* words;
};

const Name NAMES[] = {
    {OK, "CUDA_SUCCESS", "no error"},
    {INVALID_VALUE, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    {OUT_OF_MEMORY, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    {NOT_INITIALIZED, "CUDA_ERROR_NOT_INITIALIZED", "initialization error"},
    {4, "CUDA_ERROR_DEINITIALIZED", "driver shutting down"},
    {34, "CUDA_ERROR_STUB_LIBRARY", "CUDA driver is a stub library"},
    {46, "CUDA_ERROR_DEVICE_UNAVAILABLE", "CUDA-capable device(s) is/are busy or unavailable"},
    {NO_DEVICE, "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"},
    {INVALID_DEVICE, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
    {INVALID_IMAGE, "CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid"},
    {INVALID_CONTEXT, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
    {NO_BINARY_FOR_GPU, "CUDA_ERROR_NO_BINARY_FOR_GPU", "no kernel image is available for execution on the device"},
    {214, "CUDA_ERROR_ECC_UNCORRECTABLE", "uncorrectable ECC error encountered"},
    {222, "CUDA_ERROR_UNSUPPORTED_PTX_VERSION", "the provided PTX was compiled with an unsupported toolchain."},
    {INVALID_HANDLE, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"},
    {NOT_FOUND, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
    {NOT_READY, "CUDA_ERROR_NOT_READY", "device not ready"},
    {ILLEGAL_ADDRESS, "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"},
    {LAUNCH_OUT_OF_RESOURCES, "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES", "too many resources requested for launch"},
    {702, "CUDA_ERROR_LAUNCH_TIMEOUT", "the launch timed out and was terminated"},
    {PRIMARY_CONTEXT_ACTIVE, "CUDA_ERROR_PRIMARY_CONTEXT_ACTIVE", "cannot set while device is active in this process"},
    {716, "CUDA_ERROR_MISALIGNED_ADDRESS", "misaligned address"},
    {LAUNCH_FAILED, "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"},
    {NOT_SUPPORTED, "CUDA_ERROR_NOT_SUPPORTED", "operation not supported"},
    {802, "CUDA_ERROR_SYSTEM_NOT_READY", "system not yet initialized"},
    {803, "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH", "system has unsupported display driver / cuda driver combination"},
    {805, "CUDA_ERROR_MPS_CONNECTION_FAILED", "MPS client failed to connect to the MPS control daemon or the MPS server"},
    {810, "CUDA_ERROR_MPS_CLIENT_TERMINATED", "MPS client terminated"},
    {CAPTURE_UNSUPPORTED, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED", "operation not permitted when stream is capturing"},
    {CAPTURE_INVALIDATED, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED",
     "operation failed due to a previous error during capture"},
    {CAPTURE_MERGE, "CUDA_ERROR_STREAM_CAPTURE_MERGE", "operation would result in a merge of separate capture sequences"},
    {CAPTURE_UNMATCHED, "CUDA_ERROR_STREAM_CAPTURE_UNMATCHED", "capture was not ended in the same stream as it began"},
    {CAPTURE_UNJOINED, "CUDA_ERROR_STREAM_CAPTURE_UNJOINED",
     "capturing stream has unjoined work"},
    {CAPTURE_ISOLATION, "CUDA_ERROR_STREAM_CAPTURE_ISOLATION",
     "dependency created on uncaptured work in another stream"},
    {CAPTURE_IMPLICIT, "CUDA_ERROR_STREAM_CAPTURE_IMPLICIT",
     "operation would make the legacy stream depend on a capturing blocking stream"},
    {CAPTURED_EVENT, "CUDA_ERROR_CAPTURED_EVENT",
     "operation not permitted on an event last recorded in a capturing stream"},
    {UNKNOWN, "CUDA_ERROR_UNKNOWN", "unknown error"},
};

const Name* find_name(int status) {
    for (const Name& name : NAMES) {
        if (name.status == status) return &name;
    }
    return nullptr;
}

/** Settings may change between tests, so the number of devices is asked each time. */
int device_count() {
    return static_cast<int>(std::min(8ll, number("DEVICES", 1)));
}

Device* device_at(int ordinal) {
    if (!initialised || ordinal < 0 || ordinal >= device_count()) return nullptr;
    while (static_cast<int>(devices().size()) <= ordinal) {
        devices().push_back(std::make_unique<Device>(static_cast<int>(devices().size())));
    }
    return devices()[static_cast<std::size_t>(ordinal)].get();
}

}  // namespace

Device::Device(int ordinal) : ordinal(ordinal), memory(4ull << 30) {}

int Device::architecture() const {
    return static_cast<int>(number("ARCH", 90));
}

std::vector<std::unique_ptr<Device>>& devices() {
    static auto* all = new std::vector<std::unique_ptr<Device>>;
    return *all;
}

Context::Context(Device* device) : Handle(KIND), device(device) {
    contexts().insert(this);
    legacy = new LegacyStream(this);
}

Context::~Context() {
    delete legacy;
    contexts().erase(this);
}

Context* current_context() {
    auto& stack = context_stack();
    if (stack.empty() || contexts().count(stack.back()) == 0) return nullptr;
    return stack.back();
}

Status sticky_error(const Context* context) {
    return static_cast<Status>(context->sticky);
}

int architecture(const Context* context) {
    return context->device->architecture();
}

void raise_sticky(int status) {
    Context* context = current_context();
    if (context != nullptr) context->sticky = status;
}

int ready(Context*& context) {
    if (!initialised) return NOT_INITIALIZED;
    context = current_context();
    if (context == nullptr) {
        complain("no context is current on this thread (cuCtxSetCurrent)");
        return INVALID_CONTEXT;
    }
    return context->sticky;
}

}  // namespace sim

using namespace sim;

extern "C" {

int cuInit(unsigned flags) {
    ENTER(cuInit);
    if (int status = static_cast<int>(number("INIT", OK))) return status;
    if (flags != 0) return INVALID_VALUE;
    if (device_count() == 0) return NO_DEVICE;
    initialised = true;
    return OK;
}

int cuDriverGetVersion(int* version) {
    ENTER(cuDriverGetVersion);
    *version = static_cast<int>(number("DRIVER", SIM_CUDA_MAJOR == 12 ? 12060 : 13000));
    return OK;
}

// Real NVRTC 13 asks the driver for functions that NVIDIA does not describe; it goes without where there are none, and calls null where
// nothing answers.
int cuGetExportTable(const void** table, const void*) {
    *table = nullptr;
    return NOT_FOUND;
}

int cuGetErrorName(int status, const char** text) {
    const Name* name = find_name(status);
    *text = name == nullptr ? nullptr : name->name;
    return name == nullptr ? INVALID_VALUE : OK;
}

int cuGetErrorString(int status, const char** text) {
    const Name* name = find_name(status);
    *text = name == nullptr ? nullptr : name->words;
    return name == nullptr ? INVALID_VALUE : OK;
}

int cuDeviceGetCount(int* count) {
    ENTER(cuDeviceGetCount);
    if (!initialised) return NOT_INITIALIZED;
    *count = device_count();
    return OK;
}

int cuDeviceGet(int* device, int ordinal) {
    ENTER(cuDeviceGet);
    if (!initialised) return NOT_INITIALIZED;
    if (device_at(ordinal) == nullptr) return INVALID_DEVICE;
    *device = ordinal;
    return OK;
}

int cuDeviceGetName(char* name, int length, int ordinal) {
    ENTER(cuDeviceGetName);
    Device* device = device_at(ordinal);
    if (device == nullptr) return INVALID_DEVICE;
    std::snprintf(name, static_cast<std::size_t>(length), "Simulated GPU");
    return OK;
}

int cuDeviceTotalMem_v2(std::size_t* bytes, int ordinal) {
    ENTER(cuDeviceTotalMem);
    Device* device = device_at(ordinal);
    if (device == nullptr) return INVALID_DEVICE;
    *bytes = device->memory.capacity_bytes();
    return OK;
}

int cuDeviceGetUuid(char* uuid, int ordinal) {
    ENTER(cuDeviceGetUuid);
    if (device_at(ordinal) == nullptr) return INVALID_DEVICE;
    std::memset(uuid, 0x51, 16);
    uuid[15] = static_cast<char>(ordinal);
    return OK;
}

int cuDeviceGetPCIBusId(char* text, int length, int ordinal) {
    ENTER(cuDeviceGetPCIBusId);
    if (device_at(ordinal) == nullptr) return INVALID_DEVICE;
    std::snprintf(text, static_cast<std::size_t>(length), "0000:%02x:00.0", ordinal + 1);
    return OK;
}

int cuDeviceComputeCapability(int* major, int* minor, int ordinal) {
    ENTER(cuDeviceComputeCapability);
    Device* device = device_at(ordinal);
    if (device == nullptr) return INVALID_DEVICE;
    *major = device->architecture() / 10;
    *minor = device->architecture() % 10;
    return OK;
}

int cuDeviceGetAttribute(int* value, int attribute, int ordinal) {
    ENTER(cuDeviceGetAttribute);
    Device* device = device_at(ordinal);
    if (device == nullptr) return INVALID_DEVICE;
    static const std::map<int, int> VALUES = {
        {1, 1024},                              // threads a block
        {2, 1024}, {3, 1024}, {4, 64},          // block dimensions
        {5, 2147483647}, {6, 65535}, {7, 65535},  // grid dimensions
        {8, 49152},                             // shared memory a block
        {9, 65536},                             // constant memory
        {10, 32},                               // warp size
        {12, 65536},                            // registers a block
        {13, 1500000},                          // clock rate, kHz
        {15, 1},                                // copies overlap with kernels
        {16, 4},                                // multiprocessors
        {17, 0}, {18, 0}, {20, 0},              // no time limit, not integrated, default compute mode
        {19, 1},                                // can map host memory
        {31, 1},                                // concurrent kernels
        {32, 0},                                // no ECC
        {33, 1}, {34, 0}, {35, 0},              // PCI bus, device, no TCC
        {36, 2000000}, {37, 4096},              // memory clock, kHz; bus width, bits
        {38, 4 << 20},                          // L2 cache
        {39, 2048},                             // threads a multiprocessor
        {40, 2},                                // copy engines
        {41, 1},                                // unified addressing
        {78, 1},                                // stream priorities
        {81, 102400}, {82, 65536},              // shared memory and registers a multiprocessor
        {83, 0},                                // managed memory: not simulated
        {97, 101376},                           // shared memory a block, opted in
        {106, 32},                              // blocks a multiprocessor
        {115, 1},                               // memory pools
    };
    if (attribute == 75 || attribute == 76) {
        *value = attribute == 75 ? device->architecture() / 10 : device->architecture() % 10;
        return OK;
    }
    auto found = VALUES.find(attribute);
    if (found == VALUES.end()) {
        complain("cuDeviceGetAttribute: attribute %d is not simulated", attribute);
        return INVALID_VALUE;
    }
    *value = found->second;
    return OK;
}

int cuDeviceCanAccessPeer(int* can, int, int) {
    ENTER(cuDeviceCanAccessPeer);
    *can = 0;
    return OK;
}

int cuDevicePrimaryCtxRetain(void** result, int ordinal) {
    ENTER(cuDevicePrimaryCtxRetain);
    if (!initialised) return NOT_INITIALIZED;
    Device* device = device_at(ordinal);
    if (device == nullptr) return INVALID_DEVICE;
    if (device->primary == nullptr) device->primary = new Context(device);
    device->retained++;
    *result = static_cast<Handle*>(device->primary);
    return OK;
}

/** Takes everything with it that the program left over. */
static void end_context(Device* device, const char* function) {
    Context* context = device->primary;
    for (Handle* handle : live_handles(context)) {
        complain("%s: %s was never given back", function, handle->describe().c_str());
        if (auto* block = dynamic_cast<Block*>(handle)) {
            device->memory.release(block);
        } else {
            delete handle;
        }
    }
    delete context;
    device->primary = nullptr;
}

int cuDevicePrimaryCtxRelease_v2(int ordinal) {
    ENTER(cuDevicePrimaryCtxRelease);
    Device* device = device_at(ordinal);
    if (device == nullptr) return INVALID_DEVICE;
    if (device->retained == 0) {
        complain("cuDevicePrimaryCtxRelease: the context of device %d is not retained", ordinal);
        return INVALID_CONTEXT;
    }
    if (--device->retained == 0) end_context(device, "cuDevicePrimaryCtxRelease");
    return OK;
}

int cuDevicePrimaryCtxReset_v2(int ordinal) {
    ENTER(cuDevicePrimaryCtxReset);
    Device* device = device_at(ordinal);
    if (device == nullptr) return INVALID_DEVICE;
    if (device->primary != nullptr) {
        end_context(device, "cuDevicePrimaryCtxReset");
        if (device->retained > 0) device->primary = new Context(device);
    }
    return OK;
}

int cuDevicePrimaryCtxGetState(int ordinal, unsigned* flags, int* active) {
    ENTER(cuDevicePrimaryCtxGetState);
    Device* device = device_at(ordinal);
    if (device == nullptr) return INVALID_DEVICE;
    *flags = device->primary == nullptr ? 0 : device->primary->flags;
    *active = device->primary != nullptr;
    return OK;
}

int cuDevicePrimaryCtxSetFlags_v2(int ordinal, unsigned) {
    ENTER(cuDevicePrimaryCtxSetFlags);
    return device_at(ordinal) == nullptr ? INVALID_DEVICE : OK;
}

int cuCtxSetCurrent(void* pointer) {
    ENTER(cuCtxSetCurrent);
    if (!initialised) return NOT_INITIALIZED;
    auto& stack = context_stack();
    if (!stack.empty()) stack.pop_back();
    if (pointer == nullptr) return OK;
    auto* context = handle<Context>(pointer, "cuCtxSetCurrent");
    if (context == nullptr) return INVALID_CONTEXT;
    stack.push_back(context);
    return OK;
}

int cuCtxPushCurrent_v2(void* pointer) {
    ENTER(cuCtxPushCurrent);
    auto* context = handle<Context>(pointer, "cuCtxPushCurrent");
    if (context == nullptr) return INVALID_CONTEXT;
    context_stack().push_back(context);
    return OK;
}

int cuCtxPopCurrent_v2(void** result) {
    ENTER(cuCtxPopCurrent);
    auto& stack = context_stack();
    if (stack.empty()) return INVALID_CONTEXT;
    if (result != nullptr) *result = static_cast<Handle*>(stack.back());
    stack.pop_back();
    return OK;
}

int cuCtxGetCurrent(void** result) {
    ENTER(cuCtxGetCurrent);
    if (!initialised) return NOT_INITIALIZED;
    Context* context = current_context();
    *result = context == nullptr ? nullptr : static_cast<Handle*>(context);
    return OK;
}

int cuCtxGetDevice(int* ordinal) {
    ENTER(cuCtxGetDevice);
    Context* context = current_context();
    if (context == nullptr) return INVALID_CONTEXT;
    *ordinal = context->device->ordinal;
    return OK;
}

int cuCtxGetStreamPriorityRange(int* least, int* greatest) {
    ENTER(cuCtxGetStreamPriorityRange);
    if (least != nullptr) *least = 0;
    if (greatest != nullptr) *greatest = 0;
    return OK;
}

int cuCtxSynchronize() {
    ENTER(cuCtxSynchronize);
    Context* context;
    if (int status = ready(context)) return status;
    for (Stream* stream : streams_of(context)) {
        if (stream->capture != nullptr) {
            stream->capture->invalid = true;
            return CAPTURE_UNSUPPORTED;
        }
    }
    host_learns_all(context);
    return OK;
}
}
