// Stream capture and graphs: a log of operations, event records and waits, replayed in order.
#pragma once

#include <thread>

#include "device.h"

namespace sim {

/** One line of a capture's log. Branch 0 is the stream where the capture began. */
struct Step {
    enum Kind { RUN, RECORD, WAIT } kind;
    int branch;
    int mark;  // which record a RECORD is and a WAIT waits for
    Operation operation;
};

struct Capture {
    Stream* origin;
    int mode;
    std::thread::id thread;
    bool invalid = false;
    std::vector<Stream*> branches;
    std::vector<VectorClock> seen;  // by branch, with branches as slots
    std::vector<std::uint32_t> ticks;
    std::vector<VectorClock> marks;
    std::vector<Step> log;

    int add_branch(Stream* stream);
    void run(int branch, Operation operation);
    int record(int branch);
    void wait(int branch, int mark);
};

struct Graph : Handle {
    static constexpr const char* KIND = "graph";
    Context* context;
    std::vector<Step> log;
    int branches = 0, marks = 0;
    explicit Graph(Context* context) : Handle(KIND, context), context(context) {}
};

struct GraphExec : Handle {
    static constexpr const char* KIND = "executable graph";
    Context* context;
    std::vector<Step> log;
    int marks;
    std::vector<unsigned> slots;
    VectorClock last;  // one launch follows another
    explicit GraphExec(const Graph& graph);
};

struct Event : Handle {
    static constexpr const char* KIND = "event";
    Context* context;
    bool timing;
    bool recorded = false, asked = true;
    VectorClock seen;
    double milliseconds = 0;
    Capture* capture = nullptr;
    int mark = 0;
    Event(Context* context, bool timing);
    ~Event() override;
};

/** Every event that a capture recorded forgets it when the capture ends. */
void forget_capture(const Capture* capture);

/** Runs an operation on a slot of the vector clocks. */
Status run_now(Context* context, unsigned slot, VectorClock& seen, const Operation& operation);

/** Orders a stream's next operation after the legacy stream's, or the legacy one's after all, and after the host. */
void order_with_legacy(Stream* stream);

}  // namespace sim
