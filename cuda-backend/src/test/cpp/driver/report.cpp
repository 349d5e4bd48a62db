// Settings, diagnoses, counters and injected failures: how tests steer the simulation and hear from it.
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>

#include "simulation.h"

namespace sim {
namespace {

std::recursive_mutex& big_lock() {
    static auto* lock = new std::recursive_mutex;
    return *lock;
}

std::map<std::string, std::string>& settings() {
    static auto* all = new std::map<std::string, std::string>;
    return *all;
}

std::vector<std::string>& diagnoses() {
    static auto* all = new std::vector<std::string>;
    return *all;
}

std::map<std::string, Counter*>& counters() {
    static auto* all = new std::map<std::string, Counter*>;
    return *all;
}

/** A failure in waiting: the countdown-th call of the function answers with the status. */
struct Failure {
    long countdown;
    int status;
};

std::map<std::string, Failure>& failures() {
    static auto* all = new std::map<std::string, Failure>;
    return *all;
}

/** Parses "function:n:status". */
void order_failure(const std::string& text) {
    std::size_t first = text.find(':'), second = text.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) {
        failures().clear();
        return;
    }
    failures()[text.substr(0, first)] = {
        std::atol(text.c_str() + first + 1), static_cast<int>(std::atol(text.c_str() + second + 1))};
}

/** Makes the functions idle that are named, with commas between, of those that were called before; and no others. */
void order_idleness(const std::string& names) {
    for (auto& counter : counters()) {
        counter.second->idle = ("," + names + ",").find("," + counter.first + ",") != std::string::npos;
    }
}

void read_environment_once() {
    static bool done = false;
    if (!done) {
        done = true;
        if (const char* failure = std::getenv("TANDEM_SIM_FAIL")) order_failure(failure);
    }
}

std::size_t copy_out(const std::string& text, char* buffer, std::size_t capacity) {
    if (capacity > 0) {
        std::size_t length = std::min(capacity - 1, text.size());
        std::memcpy(buffer, text.data(), length);
        buffer[length] = 0;
    }
    return text.size();
}

std::string lines(const std::vector<std::string>& all) {
    std::string text;
    for (const std::string& line : all) text += line + "\n";
    return text;
}

}  // namespace

std::string setting(const char* name, const std::string& otherwise) {
    auto found = settings().find(name);
    if (found != settings().end()) return found->second.empty() ? otherwise : found->second;
    const char* value = std::getenv((std::string("TANDEM_SIM_") + name).c_str());
    return value == nullptr ? otherwise : value;
}

long long number(const char* name, long long otherwise) {
    std::string text = setting(name, "");
    return text.empty() ? otherwise : std::atoll(text.c_str());
}

void complain(const char* format, ...) {
    char text[2000];
    va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (diagnoses().size() < 500) {
        diagnoses().push_back(text);
        if (!number("QUIET", 0)) std::fprintf(stderr, "simulated CUDA: %s\n", text);
    }
}

Status violation() {
    return setting("ON_VIOLATION", "error") == "record" ? OK : ILLEGAL_ADDRESS;
}

Counter::Counter(const char* name) : name(name) {
    std::lock_guard<std::recursive_mutex> held(big_lock());
    counters()[name] = this;
}

Call::Call(Counter& counter) : idle(counter.idle), lock(big_lock()) {
    read_environment_once();
    counter.calls++;
    auto failure = failures().find(counter.name);
    if (failure != failures().end() && --failure->second.countdown == 0) {
        injected = failure->second.status;
        failures().erase(failure);
        if (std::strncmp(counter.name, "cu", 2) == 0 && injected >= ILLEGAL_ADDRESS && injected <= LAUNCH_FAILED) {
            raise_sticky(injected);
        }
    }
}

}  // namespace sim

extern "C" {

/** Changes a setting; FAIL=function:n:status orders a failure, an empty FAIL cancels all; IDLE=names of functions. */
int tandem_sim_set(const char* key, const char* value) {
    std::lock_guard<std::recursive_mutex> held(sim::big_lock());
    if (std::strcmp(key, "FAIL") == 0) {
        sim::order_failure(value);
    } else if (std::strcmp(key, "IDLE") == 0) {
        sim::order_idleness(value);
    } else {
        sim::settings()[key] = value;
    }
    return 0;
}

/** The diagnoses so far, a line each. Answers with the length of all of it. */
std::size_t tandem_sim_diagnostics(char* buffer, std::size_t capacity) {
    std::lock_guard<std::recursive_mutex> held(sim::big_lock());
    return sim::copy_out(sim::lines(sim::diagnoses()), buffer, capacity);
}

/** What is live now and should not be at the end, a line each. */
std::size_t tandem_sim_leaks(char* buffer, std::size_t capacity) {
    std::lock_guard<std::recursive_mutex> held(sim::big_lock());
    std::vector<std::string> texts;
    for (const sim::Handle* handle : sim::live_handles(nullptr)) texts.push_back(handle->describe());
    return sim::copy_out(sim::lines(texts), buffer, capacity);
}

/** Forgets the diagnoses and the ordered failures, and sets counters to zero. */
void tandem_sim_clear() {
    std::lock_guard<std::recursive_mutex> held(sim::big_lock());
    sim::diagnoses().clear();
    sim::failures().clear();
    for (auto& counter : sim::counters()) counter.second->calls = 0;
}

/** How often a function was called. */
long tandem_sim_count(const char* function) {
    std::lock_guard<std::recursive_mutex> held(sim::big_lock());
    auto found = sim::counters().find(function);
    return found == sim::counters().end() ? 0 : found->second->calls;
}
}
