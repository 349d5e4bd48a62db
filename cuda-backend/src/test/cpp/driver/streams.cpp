// Streams and events: what is ordered after what, and what the host may know.
#include <chrono>
#include <cstring>
#include <list>

#include "capture.h"

namespace sim {
namespace {

/** A copy to host memory that the host has not waited for yet. */
struct Arrival {
    Epoch moment;
    Address target;
    std::vector<char> data;
};

/** A host source that must not change before the copy from it is complete. */
struct Source {
    Epoch moment;
    Address start;
    std::vector<char> data;
};

std::list<Arrival>& arrivals() {
    static auto* all = new std::list<Arrival>;
    return *all;
}

std::list<Source>& sources() {
    static auto* all = new std::list<Source>;
    return *all;
}

std::set<Stream*>& streams() {
    static auto* all = new std::set<Stream*>;
    return *all;
}

std::set<Event*>& events() {
    static auto* all = new std::set<Event*>;
    return *all;
}

bool overlap(Address a, std::uint64_t bytes, Address b, std::uint64_t other) {
    return a < b + other && b < a + bytes;
}

void deliver(const Arrival& arrival) {
    std::memcpy(reinterpret_cast<void*>(arrival.target), arrival.data.data(), arrival.data.size());
}

void check_source(const Source& source) {
    if (std::memcmp(reinterpret_cast<void*>(source.start), source.data.data(), source.data.size()) != 0) {
        complain("the host changed the source of %s before it had waited for it", describe_moment(source.moment).c_str());
    }
}

/** Delivers and checks what the predicate picks, and forgets it. */
template <class Predicate>
void settle(Predicate done) {
    arrivals().remove_if([&](const Arrival& a) {
        bool now = done(a.moment, a.target, a.data.size());
        if (now) deliver(a);
        return now;
    });
    sources().remove_if([&](const Source& s) {
        bool now = done(s.moment, s.start, s.data.size());
        if (now) check_source(s);
        return now;
    });
}

double milliseconds_now() {
    using namespace std::chrono;
    return duration<double, std::milli>(steady_clock::now().time_since_epoch()).count();
}

}  // namespace

Stream::Stream(Context* context, bool blocking, const char* kind) : Handle(kind, context), context(context), blocking(blocking) {
    slot = take_slot(kind[0] == '(' ? "the legacy stream" : "stream no. " + std::to_string(serial));
    streams().insert(this);
}

Stream::~Stream() {
    streams().erase(this);
}

Event::Event(Context* context, bool timing) : Handle(KIND, context), context(context), timing(timing) {
    events().insert(this);
}

Event::~Event() {
    events().erase(this);
}

std::vector<Stream*> streams_of(const Context* context) {
    std::vector<Stream*> found;
    for (Stream* stream : streams()) {
        if (stream->context == context) found.push_back(stream);
    }
    return found;
}

std::string Stream::describe() const {
    return "stream no. " + std::to_string(serial);
}

VectorClock& host_clock() {
    static auto* clock = new VectorClock;
    return *clock;
}

void host_learns(const VectorClock& clock) {
    VectorClock& host = host_clock();
    host.join(clock);
    settle([&](Epoch moment, Address, std::uint64_t) { return host.knows(moment); });
}

void host_learns_all(const Context* context) {
    for (Stream* stream : streams_of(context)) host_learns(stream->seen);
}

void copy_arrives_later(Epoch moment, void* target, const void* data, std::uint64_t bytes) {
    const char* from = static_cast<const char*>(data);
    arrivals().push_back({moment, reinterpret_cast<Address>(target), std::vector<char>(from, from + bytes)});
    std::memset(target, 0xff, bytes);
}

void source_must_stay(Epoch moment, const void* source, std::uint64_t bytes) {
    const char* from = static_cast<const char*>(source);
    sources().push_back({moment, reinterpret_cast<Address>(source), std::vector<char>(from, from + bytes)});
}

void settle_pending(Address start, std::uint64_t bytes, const char* function) {
    settle([&](Epoch moment, Address at, std::uint64_t length) {
        bool there = overlap(start, bytes, at, length);
        if (there) {
            complain("%s: the memory is given back while %s is not known to be complete", function,
                    describe_moment(moment).c_str());
        }
        return there;
    });
}

void deliver_before(const void* source, std::uint64_t bytes, const Actor& actor) {
    Address start = reinterpret_cast<Address>(source);
    settle([&](Epoch moment, Address at, std::uint64_t length) {
        return overlap(start, bytes, at, length) && actor.seen->knows(moment);
    });
}

bool is_capturing(const Stream* stream) {
    return stream->capture != nullptr;
}

Context* context_of(const Stream* stream) {
    return stream->context;
}

void order_with_legacy(Stream* stream) {
    stream->seen.join(host_clock());
    if (stream == stream->context->legacy) {
        for (Stream* other : streams_of(stream->context)) {
            if (other->blocking) stream->seen.join(other->seen);
        }
    } else if (stream->blocking) {
        stream->seen.join(stream->context->legacy->seen);
    }
}

Status run_now(Context* context, unsigned slot, VectorClock& seen, const Operation& operation) {
    Epoch now = next_moment(slot, operation.name);
    seen.raise(slot, now & 0xffffff);
    Actor actor{now, &seen, operation.name.c_str()};
    bool good = true;
    for (const Access& access : operation.accesses) good &= use_memory(context, access, actor);
    if (!good) {
        Status answer = violation();
        if (answer != OK) return answer;
    }
    return operation.run(actor);
}

Status submit(Stream* stream, Operation operation) {
    if (stream->capture != nullptr) {
        if (stream->capture->invalid) return CAPTURE_INVALIDATED;
        stream->capture->run(stream->branch, std::move(operation));
        return OK;
    }
    if (stream == stream->context->legacy) {
        for (Stream* other : streams_of(stream->context)) {
            if (other->blocking && other->capture != nullptr) {
                other->capture->invalid = true;
                complain("%s on the legacy stream while a blocking stream is being captured", operation.name.c_str());
                return CAPTURE_IMPLICIT;
            }
        }
    }
    order_with_legacy(stream);
    stream->asked = false;
    return run_now(stream->context, stream->slot, stream->seen, operation);
}

Stream* stream_of(void* pointer, const char* function) {
    Context* context = current_context();
    if (context == nullptr) return nullptr;
    if (pointer == nullptr || pointer == reinterpret_cast<void*>(1)) return context->legacy;
    if (pointer == reinterpret_cast<void*>(2)) {
        complain("%s: the per-thread default stream is not simulated", function);
        return nullptr;
    }
    auto* stream = handle<Stream>(pointer, function);
    if (stream != nullptr && stream->context != context) {
        complain("%s: stream no. %llu belongs to another context than the current one", function,
                static_cast<unsigned long long>(stream->serial));
        return nullptr;
    }
    return stream;
}

void forget_capture(const Capture* capture) {
    for (Event* event : events()) {
        if (event->capture == capture) {
            event->capture = nullptr;
            event->recorded = false;
        }
    }
}

}  // namespace sim

using namespace sim;

extern "C" {

int cuStreamCreateWithPriority(void** result, unsigned flags, int) {
    ENTER(cuStreamCreateWithPriority);
    Context* context;
    if (int status = ready(context)) return status;
    if (result == nullptr || flags > 1) return INVALID_VALUE;
    *result = static_cast<Handle*>(new Stream(context, (flags & 1) == 0));
    return OK;
}

int cuStreamCreate(void** result, unsigned flags) {
    ENTER(cuStreamCreate);
    return cuStreamCreateWithPriority(result, flags, 0);
}

int cuStreamDestroy_v2(void* pointer) {
    ENTER(cuStreamDestroy);
    Context* context;
    if (int status = ready(context)) return status;
    auto* stream = handle<Stream>(pointer, "cuStreamDestroy");
    if (stream == nullptr) return INVALID_HANDLE;
    if (stream->capture != nullptr) {
        complain("cuStreamDestroy: stream no. %llu is being captured", static_cast<unsigned long long>(stream->serial));
        return CAPTURE_UNSUPPORTED;
    }
    delete stream;
    return OK;
}

int cuStreamSynchronize(void* pointer) {
    ENTER(cuStreamSynchronize);
    Context* context;
    if (int status = ready(context)) return status;
    Stream* stream = stream_of(pointer, "cuStreamSynchronize");
    if (stream == nullptr) return INVALID_HANDLE;
    if (stream->capture != nullptr) {
        stream->capture->invalid = true;
        return CAPTURE_UNSUPPORTED;
    }
    if (stream == context->legacy) order_with_legacy(stream);
    stream->asked = true;
    host_learns(stream->seen);
    return OK;
}

int cuStreamQuery(void* pointer) {
    ENTER(cuStreamQuery);
    Context* context;
    if (int status = ready(context)) return status;
    Stream* stream = stream_of(pointer, "cuStreamQuery");
    if (stream == nullptr) return INVALID_HANDLE;
    if (stream->capture != nullptr) {
        stream->capture->invalid = true;
        return CAPTURE_UNSUPPORTED;
    }
    if (!stream->asked) {
        stream->asked = true;
        return NOT_READY;
    }
    host_learns(stream->seen);
    return OK;
}

int cuStreamGetCtx(void* pointer, void** result) {
    ENTER(cuStreamGetCtx);
    Stream* stream = stream_of(pointer, "cuStreamGetCtx");
    if (stream == nullptr) return INVALID_HANDLE;
    *result = static_cast<Handle*>(stream->context);
    return OK;
}

int cuStreamGetFlags(void* pointer, unsigned* result) {
    ENTER(cuStreamGetFlags);
    Stream* stream = stream_of(pointer, "cuStreamGetFlags");
    if (stream == nullptr) return INVALID_HANDLE;
    *result = stream->blocking ? 0 : 1;
    return OK;
}

int cuStreamGetPriority(void* pointer, int* result) {
    ENTER(cuStreamGetPriority);
    if (stream_of(pointer, "cuStreamGetPriority") == nullptr) return INVALID_HANDLE;
    *result = 0;
    return OK;
}

int cuStreamGetId(void* pointer, unsigned long long* result) {
    ENTER(cuStreamGetId);
    Stream* stream = stream_of(pointer, "cuStreamGetId");
    if (stream == nullptr) return INVALID_HANDLE;
    *result = stream->serial;
    return OK;
}

int cuStreamWaitEvent(void* pointer, void* event_pointer, unsigned) {
    ENTER(cuStreamWaitEvent);
    Context* context;
    if (int status = ready(context)) return status;
    Stream* stream = stream_of(pointer, "cuStreamWaitEvent");
    auto* event = handle<Event>(event_pointer, "cuStreamWaitEvent");
    if (stream == nullptr || event == nullptr) return INVALID_HANDLE;
    if (event->capture != nullptr) {
        if (stream->capture != nullptr && stream->capture != event->capture) return CAPTURE_MERGE;
        if (stream->capture == nullptr) {
            stream->capture = event->capture;
            stream->branch = event->capture->add_branch(stream);
        }
        event->capture->wait(stream->branch, event->mark);
        return OK;
    }
    if (stream->capture != nullptr) {
        // The wait would be lost in the graph; CUDA refuses it for events recorded outside of the capture.
        if (!event->recorded) return OK;
        stream->capture->invalid = true;
        return CAPTURE_ISOLATION;
    }
    stream->seen.join(event->seen);
    return OK;
}

int cuEventCreate(void** result, unsigned flags) {
    ENTER(cuEventCreate);
    Context* context;
    if (int status = ready(context)) return status;
    if (result == nullptr || flags > 7) return INVALID_VALUE;
    *result = static_cast<Handle*>(new Event(context, (flags & 2) == 0));
    return OK;
}

int cuEventDestroy_v2(void* pointer) {
    ENTER(cuEventDestroy);
    Context* context;
    if (int status = ready(context)) return status;
    auto* event = handle<Event>(pointer, "cuEventDestroy");
    if (event == nullptr) return INVALID_HANDLE;
    delete event;
    return OK;
}

int cuEventRecord(void* event_pointer, void* pointer) {
    ENTER(cuEventRecord);
    Context* context;
    if (int status = ready(context)) return status;
    auto* event = handle<Event>(event_pointer, "cuEventRecord");
    Stream* stream = stream_of(pointer, "cuEventRecord");
    if (stream == nullptr || event == nullptr) return INVALID_HANDLE;
    if (event->context != stream->context) {
        complain("cuEventRecord: the event belongs to another context than the stream");
        return INVALID_HANDLE;
    }
    event->recorded = true;
    event->asked = false;
    if (stream->capture != nullptr) {
        event->capture = stream->capture;
        event->mark = stream->capture->record(stream->branch);
        return OK;
    }
    event->capture = nullptr;
    order_with_legacy(stream);
    event->seen = stream->seen;
    event->milliseconds = milliseconds_now();
    return OK;
}

int cuEventRecordWithFlags(void* event, void* stream, unsigned) {
    ENTER(cuEventRecordWithFlags);
    return cuEventRecord(event, stream);
}

int cuEventSynchronize(void* pointer) {
    ENTER(cuEventSynchronize);
    Context* context;
    if (int status = ready(context)) return status;
    auto* event = handle<Event>(pointer, "cuEventSynchronize");
    if (event == nullptr) return INVALID_HANDLE;
    if (event->capture != nullptr) return CAPTURED_EVENT;
    event->asked = true;
    host_learns(event->seen);
    return OK;
}

int cuEventQuery(void* pointer) {
    ENTER(cuEventQuery);
    Context* context;
    if (int status = ready(context)) return status;
    auto* event = handle<Event>(pointer, "cuEventQuery");
    if (event == nullptr) return INVALID_HANDLE;
    if (event->capture != nullptr) return CAPTURED_EVENT;
    if (!event->asked) {
        event->asked = true;
        return NOT_READY;
    }
    host_learns(event->seen);
    return OK;
}

int cuEventElapsedTime(float* milliseconds, void* start_pointer, void* end_pointer) {
    ENTER(cuEventElapsedTime);
    Context* context;
    if (int status = ready(context)) return status;
    auto* start = handle<Event>(start_pointer, "cuEventElapsedTime");
    auto* end = handle<Event>(end_pointer, "cuEventElapsedTime");
    if (start == nullptr || end == nullptr || !start->recorded || !end->recorded) return INVALID_HANDLE;
    if (!start->timing || !end->timing) {
        complain("cuEventElapsedTime: an event was made without timing");
        return INVALID_HANDLE;
    }
    *milliseconds = static_cast<float>(end->milliseconds - start->milliseconds);
    return OK;
}
}
