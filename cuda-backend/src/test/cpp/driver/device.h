// Devices, contexts and streams as the files of the driver see them.
#pragma once

#include <map>
#include <memory>

#include "memory.h"

namespace sim {

struct Capture;

struct Device {
    int ordinal;
    DeviceMemory memory;
    Context* primary = nullptr;
    int retained = 0;
    explicit Device(int ordinal);
    int architecture() const;
};

/** The devices that somebody asked for; how many there are is a setting. */
std::vector<std::unique_ptr<Device>>& devices();

struct Stream : Handle {
    static constexpr const char* KIND = "stream";
    Context* context;
    bool blocking;
    unsigned slot;
    VectorClock seen;
    Capture* capture = nullptr;
    int branch = 0;
    bool asked = true;
    Stream(Context* context, bool blocking, const char* kind = KIND);
    ~Stream() override;
    std::string describe() const override;
};

/** The stream that has no handle of its own. */
struct LegacyStream : Stream {
    explicit LegacyStream(Context* context) : Stream(context, true, "(legacy stream)") {}
};

struct Context : Handle {
    static constexpr const char* KIND = "(context)";
    Device* device;
    LegacyStream* legacy;
    int sticky = OK;
    unsigned flags = 0;
    explicit Context(Device* device);
    ~Context() override;
};

/** Every live stream of a context, the legacy one too. */
std::vector<Stream*> streams_of(const Context* context);

/** What the host knows to be complete. One for all threads: how they wait for each other cannot be seen here. */
VectorClock& host_clock();

/** The host waits: it knows all of that from now on, and pending host copies arrive. */
void host_learns(const VectorClock& clock);

/** The host waits for everything on the context's device. */
void host_learns_all(const Context* context);

/** Checks that the program may use the driver now: initialised, a current context, no sticky error. */
int ready(Context*& context);

/** The capture that forbids unsafe calls to this thread now, or null; it is then invalidated. */
bool capture_forbids(const char* function);

/** Notes a copy whose host side is pending until the host learns of the moment. */
void copy_arrives_later(Epoch moment, void* target, const void* data, std::uint64_t bytes);
void source_must_stay(Epoch moment, const void* source, std::uint64_t bytes);

/** Forgets or delivers what is pending in a host block that is given back. */
void settle_pending(Address start, std::uint64_t bytes, const char* function);

/** Before an operation reads host memory that an earlier copy may still have to fill. */
void deliver_before(const void* source, std::uint64_t bytes, const Actor& actor);

}  // namespace sim
