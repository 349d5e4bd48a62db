// Stream capture and graphs. A graph is replayed in the order of its capture, each branch on a slot of its own.
#include "capture.h"

namespace sim {
namespace {

std::set<Capture*>& captures() {
    static auto* all = new std::set<Capture*>;
    return *all;
}

/** Whether what every branch did is known to the origin. */
bool joined(const Capture& capture) {
    for (unsigned branch = 1; branch < capture.ticks.size(); branch++) {
        if (capture.seen[0][branch] < capture.ticks[branch]) return false;
    }
    return true;
}

void end_capture(Capture* capture) {
    for (Stream* stream : capture->branches) stream->capture = nullptr;
    forget_capture(capture);
    captures().erase(capture);
    delete capture;
}

}  // namespace

int Capture::add_branch(Stream* stream) {
    branches.push_back(stream);
    seen.emplace_back();
    ticks.push_back(0);
    return static_cast<int>(branches.size()) - 1;
}

void Capture::run(int branch, Operation operation) {
    seen[branch].raise(static_cast<unsigned>(branch), ++ticks[branch]);
    log.push_back({Step::RUN, branch, 0, std::move(operation)});
}

int Capture::record(int branch) {
    marks.push_back(seen[branch]);
    int mark = static_cast<int>(marks.size()) - 1;
    log.push_back({Step::RECORD, branch, mark, {}});
    return mark;
}

void Capture::wait(int branch, int mark) {
    seen[branch].join(marks[mark]);
    log.push_back({Step::WAIT, branch, mark, {}});
}

GraphExec::GraphExec(const Graph& graph) : Handle(KIND, graph.context), context(graph.context), log(graph.log), marks(graph.marks) {
    for (int branch = 0; branch < graph.branches; branch++) {
        slots.push_back(take_slot("branch " + std::to_string(branch) + " of graph no. " + std::to_string(graph.serial)));
    }
}

bool capture_forbids(const char* function) {
    for (Capture* capture : captures()) {
        bool concerns = capture->mode == 0 || (capture->mode == 1 && capture->thread == std::this_thread::get_id());
        if (concerns) {
            complain("%s is not allowed while a stream is being captured; the capture is invalid now", function);
            capture->invalid = true;
            return true;
        }
    }
    return false;
}

static Status replay(GraphExec* exec, Stream* stream) {
    VectorClock start = stream->seen;
    start.join(exec->last);
    std::vector<VectorClock> seen(exec->slots.size(), start), marks(static_cast<std::size_t>(exec->marks));
    for (const Step& step : exec->log) {
        VectorClock& branch = seen[static_cast<std::size_t>(step.branch)];
        if (step.kind == Step::RECORD) {
            marks[static_cast<std::size_t>(step.mark)] = branch;
        } else if (step.kind == Step::WAIT) {
            branch.join(marks[static_cast<std::size_t>(step.mark)]);
        } else {
            Status status = run_now(exec->context, exec->slots[static_cast<std::size_t>(step.branch)], branch, step.operation);
            if (status != OK) return status;
        }
    }
    for (const VectorClock& branch : seen) stream->seen.join(branch);
    exec->last = stream->seen;
    return OK;
}

}  // namespace sim

using namespace sim;

extern "C" {

int cuStreamBeginCapture_v2(void* pointer, int mode) {
    ENTER(cuStreamBeginCapture);
    Context* context;
    if (int status = ready(context)) return status;
    Stream* stream = stream_of(pointer, "cuStreamBeginCapture");
    if (stream == nullptr) return INVALID_HANDLE;
    if (mode < 0 || mode > 2) return INVALID_VALUE;
    if (stream == context->legacy) return CAPTURE_UNSUPPORTED;
    if (stream->capture != nullptr) return INVALID_VALUE;
    auto* capture = new Capture;
    capture->origin = stream;
    capture->mode = mode;
    capture->thread = std::this_thread::get_id();
    stream->capture = capture;
    stream->branch = capture->add_branch(stream);
    captures().insert(capture);
    return OK;
}

int cuStreamEndCapture(void* pointer, void** result) {
    ENTER(cuStreamEndCapture);
    Context* context;
    if (int status = ready(context)) return status;
    Stream* stream = stream_of(pointer, "cuStreamEndCapture");
    if (stream == nullptr) return INVALID_HANDLE;
    *result = nullptr;
    Capture* capture = stream->capture;
    if (capture == nullptr) return INVALID_VALUE;
    if (capture->origin != stream) return CAPTURE_UNMATCHED;
    int status = capture->invalid ? CAPTURE_INVALIDATED : joined(*capture) ? OK : CAPTURE_UNJOINED;
    if (status == OK) {
        auto* graph = new Graph(context);
        graph->log = std::move(capture->log);
        graph->branches = static_cast<int>(capture->branches.size());
        graph->marks = static_cast<int>(capture->marks.size());
        *result = static_cast<Handle*>(graph);
    }
    end_capture(capture);
    return status;
}

int cuStreamIsCapturing(void* pointer, int* result) {
    ENTER(cuStreamIsCapturing);
    Stream* stream = stream_of(pointer, "cuStreamIsCapturing");
    if (stream == nullptr) return INVALID_HANDLE;
    *result = stream->capture == nullptr ? 0 : stream->capture->invalid ? 2 : 1;
    return OK;
}

int cuThreadExchangeStreamCaptureMode(int* mode) {
    ENTER(cuThreadExchangeStreamCaptureMode);
    (void)mode;
    complain("cuThreadExchangeStreamCaptureMode is not simulated");
    return NOT_SUPPORTED;
}

int cuGraphInstantiateWithFlags(void** result, void* pointer, unsigned long long) {
    ENTER(cuGraphInstantiate);
    Context* context;
    if (int status = ready(context)) return status;
    auto* graph = handle<Graph>(pointer, "cuGraphInstantiate");
    if (graph == nullptr) return INVALID_HANDLE;
    *result = static_cast<Handle*>(new GraphExec(*graph));
    return OK;
}

int cuGraphLaunch(void* pointer, void* stream_pointer) {
    ENTER(cuGraphLaunch);
    Context* context;
    if (int status = ready(context)) return status;
    auto* exec = handle<GraphExec>(pointer, "cuGraphLaunch");
    Stream* stream = stream_of(stream_pointer, "cuGraphLaunch");
    if (exec == nullptr || stream == nullptr) return INVALID_HANDLE;
    if (stream->capture != nullptr) {
        complain("cuGraphLaunch into a stream that is being captured is not simulated");
        return NOT_SUPPORTED;
    }
    order_with_legacy(stream);
    stream->asked = false;
    return replay(exec, stream);
}

int cuGraphUpload(void* pointer, void*) {
    ENTER(cuGraphUpload);
    return handle<GraphExec>(pointer, "cuGraphUpload") == nullptr ? INVALID_HANDLE : OK;
}

int cuGraphGetNodes(void* pointer, void** nodes, std::size_t* count) {
    ENTER(cuGraphGetNodes);
    auto* graph = handle<Graph>(pointer, "cuGraphGetNodes");
    if (graph == nullptr) return INVALID_HANDLE;
    if (nodes != nullptr) {
        complain("cuGraphGetNodes: only the count is simulated; pass null for the nodes");
        return NOT_SUPPORTED;
    }
    *count = 0;
    for (const Step& step : graph->log) *count += step.kind == Step::RUN;
    return OK;
}

int cuGraphDestroy(void* pointer) {
    ENTER(cuGraphDestroy);
    auto* graph = handle<Graph>(pointer, "cuGraphDestroy");
    if (graph == nullptr) return INVALID_HANDLE;
    delete graph;
    return OK;
}

int cuGraphExecDestroy(void* pointer) {
    ENTER(cuGraphExecDestroy);
    auto* exec = handle<GraphExec>(pointer, "cuGraphExecDestroy");
    if (exec == nullptr) return INVALID_HANDLE;
    delete exec;
    return OK;
}
}
