// cuMemAlloc and its kin, pinned host memory, pools.
#include <cstdlib>
#include <cstring>

#include "device.h"

namespace sim {
namespace {

std::map<Address, HostBlock*>& host_blocks() {
    static auto* all = new std::map<Address, HostBlock*>;
    return *all;
}

/** The only pool that a device has here. */
struct Pool : Handle {
    static constexpr const char* KIND = "(memory pool)";
    Pool() : Handle(KIND) {}
};

Pool* default_pool() {
    static auto* pool = new Pool;
    return pool;
}

int allocate_plain(Address* result, std::size_t bytes, const char* function) {
    Context* context;
    if (int status = ready(context)) return status;
    if (capture_forbids(function)) return CAPTURE_UNSUPPORTED;
    if (result == nullptr || bytes == 0) return INVALID_VALUE;
    Block* block = context->device->memory.allocate(context, bytes, nullptr);
    if (block == nullptr) return OUT_OF_MEMORY;
    *result = block->start;
    return OK;
}

Block* block_at(Context* context, Address address, const char* function) {
    Block* block = context->device->memory.starting_at(address);
    if (block == nullptr) {
        complain("%s: no block starts at 0x%llx (freed twice, or moved?)", function, static_cast<unsigned long long>(address));
    }
    return block;
}

int allocate_ordered(Address* result, std::size_t bytes, void* pointer, const char* function) {
    Context* context;
    if (int status = ready(context)) return status;
    Stream* stream = stream_of(pointer, function);
    if (stream == nullptr) return INVALID_HANDLE;
    if (stream->capture != nullptr) {
        complain("%s: allocation in a capture is not simulated; allocate before it", function);
        return CAPTURE_UNSUPPORTED;
    }
    if (result == nullptr || bytes == 0) return INVALID_VALUE;
    Operation operation{function, {}, [&](const Actor& actor) -> Status {
        Block* block = context->device->memory.allocate(context, bytes, &actor);
        if (block == nullptr) return OUT_OF_MEMORY;
        *result = block->start;
        return OK;
    }};
    return submit(stream, operation);
}

int pin(Context* context, void* start, std::size_t bytes, bool registered) {
    auto* block = new HostBlock(context, reinterpret_cast<Address>(start), bytes, registered);
    host_blocks()[block->start] = block;
    return OK;
}

int allocate_host(void** result, std::size_t bytes, const char* function) {
    Context* context;
    if (int status = ready(context)) return status;
    if (capture_forbids(function)) return CAPTURE_UNSUPPORTED;
    if (result == nullptr || bytes == 0) return INVALID_VALUE;
    void* start = std::aligned_alloc(4096, (bytes + 4095) & ~static_cast<std::size_t>(4095));
    if (start == nullptr) return OUT_OF_MEMORY;
    std::memset(start, 0xff, bytes);
    *result = start;
    return pin(context, start, bytes, false);
}

int unpin(void* start, bool registered, const char* function) {
    Context* context;
    if (int status = ready(context)) return status;
    auto found = host_blocks().find(reinterpret_cast<Address>(start));
    if (found == host_blocks().end() || found->second->registered != registered) {
        complain("%s: %p is no pinned memory of that kind", function, start);
        return INVALID_VALUE;
    }
    settle_pending(found->second->start, found->second->bytes, function);
    delete found->second;
    return OK;
}

}  // namespace

HostBlock::~HostBlock() {
    host_blocks().erase(start);
    if (!registered) std::free(reinterpret_cast<void*>(start));
}

HostBlock* pinned(const void* start, std::uint64_t bytes) {
    Address address = reinterpret_cast<Address>(start);
    auto next = host_blocks().upper_bound(address);
    if (next == host_blocks().begin()) return nullptr;
    HostBlock* block = std::prev(next)->second;
    return address + bytes <= block->start + block->bytes ? block : nullptr;
}

}  // namespace sim

using namespace sim;

extern "C" {

int cuMemAlloc_v2(Address* result, std::size_t bytes) {
    ENTER(cuMemAlloc);
    return allocate_plain(result, bytes, "cuMemAlloc");
}

int cuMemFree_v2(Address address) {
    ENTER(cuMemFree);
    Context* context;
    if (int status = ready(context)) return status;
    if (address == 0) return OK;
    if (capture_forbids("cuMemFree")) return CAPTURE_UNSUPPORTED;
    Block* block = block_at(context, address, "cuMemFree");
    if (block == nullptr) return INVALID_VALUE;
    // cuMemFree waits for the device.
    host_learns_all(context);
    context->device->memory.release(block);
    return OK;
}

int cuMemAllocAsync(Address* result, std::size_t bytes, void* stream) {
    ENTER(cuMemAllocAsync);
    return allocate_ordered(result, bytes, stream, "cuMemAllocAsync");
}

int cuMemAllocFromPoolAsync(Address* result, std::size_t bytes, void* pool, void* stream) {
    ENTER(cuMemAllocFromPoolAsync);
    if (handle<Pool>(pool, "cuMemAllocFromPoolAsync") == nullptr) return INVALID_HANDLE;
    return allocate_ordered(result, bytes, stream, "cuMemAllocFromPoolAsync");
}

int cuMemFreeAsync(Address address, void* pointer) {
    ENTER(cuMemFreeAsync);
    Context* context;
    if (int status = ready(context)) return status;
    Stream* stream = stream_of(pointer, "cuMemFreeAsync");
    if (stream == nullptr) return INVALID_HANDLE;
    if (stream->capture != nullptr) {
        complain("cuMemFreeAsync: freeing in a capture is not simulated; free after it");
        return CAPTURE_UNSUPPORTED;
    }
    Block* block = block_at(context, address, "cuMemFreeAsync");
    if (block == nullptr) return INVALID_VALUE;
    // Freeing is a last write: whoever used the memory on another stream must have come before.
    Operation operation{"cuMemFreeAsync", {{address, block->bytes, true}}, [&](const Actor&) -> Status {
        context->device->memory.release(block);
        return OK;
    }};
    return submit(stream, operation);
}

int cuDeviceGetDefaultMemPool(void** pool, int) {
    ENTER(cuDeviceGetDefaultMemPool);
    *pool = static_cast<Handle*>(default_pool());
    return OK;
}

int cuDeviceGetMemPool(void** pool, int) {
    ENTER(cuDeviceGetMemPool);
    *pool = static_cast<Handle*>(default_pool());
    return OK;
}

int cuMemPoolTrimTo(void* pool, std::size_t) {
    ENTER(cuMemPoolTrimTo);
    return handle<Pool>(pool, "cuMemPoolTrimTo") == nullptr ? INVALID_HANDLE : OK;
}

int cuMemPoolSetAttribute(void* pool, int, void*) {
    ENTER(cuMemPoolSetAttribute);
    return handle<Pool>(pool, "cuMemPoolSetAttribute") == nullptr ? INVALID_HANDLE : OK;
}

int cuMemGetInfo_v2(std::size_t* free_bytes, std::size_t* total) {
    ENTER(cuMemGetInfo);
    Context* context;
    if (int status = ready(context)) return status;
    *free_bytes = context->device->memory.free_bytes();
    *total = context->device->memory.capacity_bytes();
    return OK;
}

int cuMemGetAddressRange_v2(Address* start, std::size_t* bytes, Address address) {
    ENTER(cuMemGetAddressRange);
    Context* context;
    if (int status = ready(context)) return status;
    Block* block = context->device->memory.find(address);
    if (block == nullptr) return NOT_FOUND;
    if (start != nullptr) *start = block->start;
    if (bytes != nullptr) *bytes = block->bytes;
    return OK;
}

int cuMemHostAlloc(void** result, std::size_t bytes, unsigned) {
    ENTER(cuMemHostAlloc);
    return allocate_host(result, bytes, "cuMemHostAlloc");
}

int cuMemAllocHost_v2(void** result, std::size_t bytes) {
    ENTER(cuMemAllocHost);
    return allocate_host(result, bytes, "cuMemAllocHost");
}

int cuMemFreeHost(void* start) {
    ENTER(cuMemFreeHost);
    return unpin(start, false, "cuMemFreeHost");
}

int cuMemHostRegister_v2(void* start, std::size_t bytes, unsigned) {
    ENTER(cuMemHostRegister);
    Context* context;
    if (int status = ready(context)) return status;
    if (start == nullptr || bytes == 0 || is_device_address(reinterpret_cast<Address>(start))) return INVALID_VALUE;
    return pin(context, start, bytes, true);
}

int cuMemHostUnregister(void* start) {
    ENTER(cuMemHostUnregister);
    return unpin(start, true, "cuMemHostUnregister");
}
}
