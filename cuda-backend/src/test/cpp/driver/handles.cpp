// Every handle that a program holds: streams, events, modules, descriptors. Memory blocks are handles too.
#include <algorithm>
#include <cstring>
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

Handle::Handle(const char* kind, Context* owner) : kind(kind), owner(owner), serial(next_serial++) {
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

std::vector<Handle*> live_handles(const Context* owner) {
    std::vector<Handle*> found;
    for (auto& entry : live()) {
        Handle* handle = entry.second;
        bool our_own = handle->kind[0] == '(';
        if (!our_own && (owner == nullptr || handle->owner == owner)) found.push_back(handle);
    }
    std::sort(found.begin(), found.end(), [](Handle* a, Handle* b) { return a->serial < b->serial; });
    return found;
}

}  // namespace sim
