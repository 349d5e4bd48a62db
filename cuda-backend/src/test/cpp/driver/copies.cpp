// Copies and fills, in stream order.
#include <cstring>

#include "device.h"

namespace sim {
namespace {

/** A copy that the host waits for: on the legacy stream, from any host memory. */
int copy_and_wait(Operation operation, const char* function) {
    Context* context;
    if (int status = ready(context)) return status;
    if (capture_forbids(function)) return CAPTURE_UNSUPPORTED;
    if (int status = submit(context->legacy, std::move(operation))) return status;
    host_learns(context->legacy->seen);
    return OK;
}

bool check_pinned(const void* host, std::uint64_t bytes, const char* function) {
    if (pinned(host, bytes) != nullptr) return true;
    complain("%s: the host side, %llu bytes at %p, is %s; asynchronous copies go from and to pinned memory", function,
            static_cast<unsigned long long>(bytes), host,
            is_device_address(reinterpret_cast<Address>(host)) ? "device memory"
            : pinned(host, 1) != nullptr                        ? "longer than its pinned block"
                                                                : "not pinned");
    return false;
}

bool check_host(const void* host, const char* function) {
    if (host != nullptr && !is_device_address(reinterpret_cast<Address>(host))) return true;
    complain("%s: the host side %p is %s", function, host, host == nullptr ? "null" : "device memory");
    return false;
}

Operation fill(const char* function, Address target, std::uint64_t count, std::uint64_t width, std::uint32_t value) {
    return {function, {{target, count * width, true}}, [=](const Actor&) -> Status {
        for (std::uint64_t i = 0; i < count; i++) std::memcpy(reinterpret_cast<char*>(target) + i * width, &value, width);
        return OK;
    }};
}

int fill_async(const char* function, Address target, std::uint64_t count, std::uint64_t width, std::uint32_t value, void* pointer) {
    Context* context;
    if (int status = ready(context)) return status;
    Stream* stream = stream_of(pointer, function);
    if (stream == nullptr) return INVALID_HANDLE;
    if (target % width != 0) return INVALID_VALUE;
    if (count == 0) return OK;
    if (!check_device_range(context, reinterpret_cast<void*>(target), count * width, function, "the target")) return INVALID_VALUE;
    return submit(stream, fill(function, target, count, width, value));
}

}  // namespace
}  // namespace sim

using namespace sim;

extern "C" {

int cuMemcpyHtoD_v2(Address target, const void* source, std::size_t bytes) {
    ENTER(cuMemcpyHtoD);
    Context* context;
    if (int status = ready(context)) return status;
    if (bytes == 0) return OK;
    if (!check_host(source, "cuMemcpyHtoD") ||
            !check_device_range(context, reinterpret_cast<void*>(target), bytes, "cuMemcpyHtoD", "the target")) {
        return INVALID_VALUE;
    }
    Operation operation{"cuMemcpyHtoD", {{target, bytes, true}}, [=](const Actor&) -> Status {
        std::memcpy(reinterpret_cast<void*>(target), source, bytes);
        return OK;
    }};
    return copy_and_wait(operation, "cuMemcpyHtoD");
}

int cuMemcpyDtoH_v2(void* target, Address source, std::size_t bytes) {
    ENTER(cuMemcpyDtoH);
    Context* context;
    if (int status = ready(context)) return status;
    if (bytes == 0) return OK;
    if (!check_host(target, "cuMemcpyDtoH") ||
            !check_device_range(context, reinterpret_cast<void*>(source), bytes, "cuMemcpyDtoH", "the source")) {
        return INVALID_VALUE;
    }
    Operation operation{"cuMemcpyDtoH", {{source, bytes, false}}, [=](const Actor&) -> Status {
        std::memcpy(target, reinterpret_cast<void*>(source), bytes);
        return OK;
    }};
    return copy_and_wait(operation, "cuMemcpyDtoH");
}

int cuMemcpyHtoDAsync_v2(Address target, const void* source, std::size_t bytes, void* pointer) {
    ENTER(cuMemcpyHtoDAsync);
    Context* context;
    if (int status = ready(context)) return status;
    Stream* stream = stream_of(pointer, "cuMemcpyHtoDAsync");
    if (stream == nullptr) return INVALID_HANDLE;
    if (bytes == 0) return OK;
    if (!check_pinned(source, bytes, "cuMemcpyHtoDAsync") ||
            !check_device_range(context, reinterpret_cast<void*>(target), bytes, "cuMemcpyHtoDAsync", "the target")) {
        return INVALID_VALUE;
    }
    Operation operation{"cuMemcpyHtoDAsync", {{target, bytes, true}}, [=](const Actor& actor) -> Status {
        deliver_before(source, bytes, actor);
        std::memcpy(reinterpret_cast<void*>(target), source, bytes);
        source_must_stay(actor.now, source, bytes);
        return OK;
    }};
    return submit(stream, operation);
}

int cuMemcpyDtoHAsync_v2(void* target, Address source, std::size_t bytes, void* pointer) {
    ENTER(cuMemcpyDtoHAsync);
    Context* context;
    if (int status = ready(context)) return status;
    Stream* stream = stream_of(pointer, "cuMemcpyDtoHAsync");
    if (stream == nullptr) return INVALID_HANDLE;
    if (bytes == 0) return OK;
    if (!check_pinned(target, bytes, "cuMemcpyDtoHAsync") ||
            !check_device_range(context, reinterpret_cast<void*>(source), bytes, "cuMemcpyDtoHAsync", "the source")) {
        return INVALID_VALUE;
    }
    Operation operation{"cuMemcpyDtoHAsync", {{source, bytes, false}}, [=](const Actor& actor) -> Status {
        deliver_before(target, bytes, actor);
        copy_arrives_later(actor.now, target, reinterpret_cast<void*>(source), bytes);
        return OK;
    }};
    return submit(stream, operation);
}

int cuMemcpyDtoDAsync_v2(Address target, Address source, std::size_t bytes, void* pointer) {
    ENTER(cuMemcpyDtoDAsync);
    Context* context;
    if (int status = ready(context)) return status;
    Stream* stream = stream_of(pointer, "cuMemcpyDtoDAsync");
    if (stream == nullptr) return INVALID_HANDLE;
    if (bytes == 0) return OK;
    if (!check_device_range(context, reinterpret_cast<void*>(target), bytes, "cuMemcpyDtoDAsync", "the target") ||
            !check_device_range(context, reinterpret_cast<void*>(source), bytes, "cuMemcpyDtoDAsync", "the source")) {
        return INVALID_VALUE;
    }
    if (target < source + bytes && source < target + bytes) {
        complain("cuMemcpyDtoDAsync: source and target overlap");
        return INVALID_VALUE;
    }
    Operation operation{"cuMemcpyDtoDAsync", {{source, bytes, false}, {target, bytes, true}}, [=](const Actor&) -> Status {
        std::memcpy(reinterpret_cast<void*>(target), reinterpret_cast<void*>(source), bytes);
        return OK;
    }};
    return submit(stream, operation);
}

int cuMemcpyDtoD_v2(Address target, Address source, std::size_t bytes) {
    ENTER(cuMemcpyDtoD);
    return cuMemcpyDtoDAsync_v2(target, source, bytes, nullptr);
}

int cuMemcpyAsync(Address target, Address source, std::size_t bytes, void* stream) {
    ENTER(cuMemcpyAsync);
    bool to = is_device_address(target), from = is_device_address(source);
    if (to && from) return cuMemcpyDtoDAsync_v2(target, source, bytes, stream);
    if (to) return cuMemcpyHtoDAsync_v2(target, reinterpret_cast<void*>(source), bytes, stream);
    if (from) return cuMemcpyDtoHAsync_v2(reinterpret_cast<void*>(target), source, bytes, stream);
    complain("cuMemcpyAsync: neither side is device memory");
    return INVALID_VALUE;
}

int cuMemcpy(Address target, Address source, std::size_t bytes) {
    ENTER(cuMemcpy);
    bool to = is_device_address(target), from = is_device_address(source);
    if (to && from) return cuMemcpyDtoD_v2(target, source, bytes);
    if (to) return cuMemcpyHtoD_v2(target, reinterpret_cast<void*>(source), bytes);
    if (from) return cuMemcpyDtoH_v2(reinterpret_cast<void*>(target), source, bytes);
    complain("cuMemcpy: neither side is device memory");
    return INVALID_VALUE;
}

int cuMemsetD8Async(Address target, unsigned char value, std::size_t count, void* stream) {
    ENTER(cuMemsetD8Async);
    return fill_async("cuMemsetD8Async", target, count, 1, value, stream);
}

int cuMemsetD16Async(Address target, unsigned short value, std::size_t count, void* stream) {
    ENTER(cuMemsetD16Async);
    return fill_async("cuMemsetD16Async", target, count, 2, value, stream);
}

int cuMemsetD32Async(Address target, unsigned value, std::size_t count, void* stream) {
    ENTER(cuMemsetD32Async);
    return fill_async("cuMemsetD32Async", target, count, 4, value, stream);
}

int cuMemsetD8_v2(Address target, unsigned char value, std::size_t count) {
    ENTER(cuMemsetD8);
    return fill_async("cuMemsetD8", target, count, 1, value, nullptr);
}

int cuMemsetD16_v2(Address target, unsigned short value, std::size_t count) {
    ENTER(cuMemsetD16);
    return fill_async("cuMemsetD16", target, count, 2, value, nullptr);
}

int cuMemsetD32_v2(Address target, unsigned value, std::size_t count) {
    ENTER(cuMemsetD32);
    return fill_async("cuMemsetD32", target, count, 4, value, nullptr);
}
}
