// Every handle that a program holds: streams, events, modules, descriptors. Memory blocks are handles too.
#include <cstring>
#include <map>
#include <unordered_map>

#include "simulation.h"

namespace sim {
namespace {

std::unordered_map<const void*, Handle*>& live() {
    static auto* all = new std::unordered_map<const void*, Handle*>;
    return *all;
}

/** The kinds of destroyed handles, by address; an address may come to life again. */
std::unordered_map<const void*, const char*>& dead() {
    static auto* all = new std::unordered_map<const void*, const char*>;
    return *all;
}

std::uint64_t next_serial = 1;

}  // namespace

Handle::Handle(const char* kind) : kind(kind), serial(next_serial++) {
    live()[this] = this;
    dead().erase(this);
}

Handle::~Handle() {
    live().erase(this);
    dead()[this] = kind;
}

bool check_handle(const void* pointer, const char* kind, const char* function) {
    auto found = live().find(pointer);
    if (found != live().end()) {
        if (std::strcmp(found->second->kind, kind) == 0) return true;
        complain("%s: %p is a %s, not a %s", function, pointer, found->second->kind, kind);
        return false;
    }
    auto was = dead().find(pointer);
    if (was != dead().end()) {
        complain("%s: the %s %p was destroyed before", function, was->second, pointer);
    } else {
        complain("%s: %p is no %s; nothing of that kind was ever created there", function, pointer, kind);
    }
    return false;
}

std::vector<std::string> live_handles() {
    std::map<std::uint64_t, std::string> ordered;
    for (auto& entry : live()) {
        const Handle& handle = *entry.second;
        if (handle.kind[0] == '(') continue;  // part of a context
        ordered[handle.serial] = handle.describe();
    }
    std::vector<std::string> texts;
    for (auto& entry : ordered) texts.push_back(entry.second);
    return texts;
}

}  // namespace sim
