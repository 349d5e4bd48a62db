// Modules and launches. An "image" is a header, the source and how to compile it: cubins that a program keeps on disk stay
// good when the simulation changes, because they are compiled when they are loaded (from our own cache, nearly always).
#include <dlfcn.h>
#include <link.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

#include "executor.h"

namespace sim {
namespace {

const char MAGIC[] = "TANDEM-SIMULATED-CUBIN\n";

struct Module : Handle {
    static constexpr const char* KIND = "module";
    Context* context;
    KernelLibrary library;
    explicit Module(Context* context) : Handle(KIND, context), context(context) {}
    ~Module() override;
};

struct Function : Handle {
    static constexpr const char* KIND = "(function)";
    Module* module;
    const tandem_sim::Kernel* kernel;
    int most_dynamic_shared = 48 << 10;
    Function(Module* module, const tandem_sim::Kernel* kernel) : Handle(KIND), module(module), kernel(kernel) {}
};

std::set<Function*>& functions() {
    static auto* all = new std::set<Function*>;
    return *all;
}

Module::~Module() {
    for (auto it = functions().begin(); it != functions().end();) {
        Function* function = *it;
        if (function->module == this) {
            it = functions().erase(it);
            delete function;
        } else {
            ++it;
        }
    }
    // The library stays loaded: a captured graph may still hold its kernels.
}

std::string field(const std::string& text) {
    return std::to_string(text.size()) + "\n" + text;
}

/** Reads what field wrote, and moves on. */
std::string take(const char*& at) {
    char* end;
    std::size_t length = std::strtoull(at, &end, 10);
    std::string text(end + 1, length);
    at = end + 1 + length;
    return text;
}

/** The part of a loaded library that holds an address. */
void find_image(const void* inside, KernelLibrary& library) {
    struct Search {
        Address inside;
        KernelLibrary* library;
    } search{reinterpret_cast<Address>(inside), &library};
    dl_iterate_phdr([](dl_phdr_info* info, std::size_t, void* data) {
        auto* search = static_cast<Search*>(data);
        Address start = ~0ull, end = 0;
        for (int i = 0; i < info->dlpi_phnum; i++) {
            if (info->dlpi_phdr[i].p_type != PT_LOAD) continue;
            start = std::min(start, static_cast<Address>(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr));
            end = std::max(end, static_cast<Address>(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr + info->dlpi_phdr[i].p_memsz));
        }
        if (search->inside < start || search->inside >= end) return 0;
        search->library->image_start = start;
        search->library->image_end = end;
        return 1;
    }, &search);
}

int load(void** result, const char* image, const char* function) {
    Context* context;
    if (int status = ready(context)) return status;
    if (capture_forbids(function)) return CAPTURE_UNSUPPORTED;
    if (image == nullptr || std::strncmp(image, MAGIC, sizeof MAGIC - 1) != 0) {
        if (image != nullptr) complain("%s: this is no image of the simulated NVRTC", function);
        return image == nullptr ? INVALID_VALUE : INVALID_IMAGE;
    }
    const char* at = image + sizeof MAGIC - 1;
    int made_for = std::atoi(take(at).c_str());
    int device = context->device->architecture();
    if (made_for / 10 != device / 10 || made_for > device) return NO_BINARY_FOR_GPU;
    std::string file = take(at), source = take(at);
    std::vector<std::string> defines(std::strtoull(take(at).c_str(), nullptr, 10));
    for (std::string& define : defines) define = take(at);
    std::vector<std::string> names(std::strtoull(take(at).c_str(), nullptr, 10));
    for (std::string& name : names) name = take(at);

    CompiledKernels compiled = compile_kernels(source, file, defines, names, made_for);
    if (!compiled.good) {
        complain("%s: %s does not compile:\n%s", function, file.c_str(), compiled.log.c_str());
        return INVALID_IMAGE;
    }
    void* library = dlopen(compiled.library.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
        complain("%s: %s", function, dlerror());
        return INVALID_IMAGE;
    }
    auto* module = new Module(context);
    module->library.handle = library;
    module->library.kernels = static_cast<const tandem_sim::Kernel*>(dlsym(library, "tandem_sim_kernels"));
    auto bounds = reinterpret_cast<void (*)(void**, void**)>(dlsym(library, "tandem_sim_shared_bounds"));
    void *shared_start, *shared_end;
    bounds(&shared_start, &shared_end);
    module->library.shared_start = reinterpret_cast<Address>(shared_start);
    module->library.shared_end = reinterpret_cast<Address>(shared_end);
    find_image(module->library.kernels, module->library);
    *result = static_cast<Handle*>(module);
    return OK;
}

/** Copies the arguments, so that a graph replays those of the capture. Each lies at its own alignment. */
struct Arguments {
    std::vector<std::uint64_t> bytes;
    std::vector<void*> addresses;

    Arguments(const tandem_sim::Kernel& kernel, const char* block, void* const* pointers) {
        std::vector<std::size_t> offsets;
        std::size_t size = 0;
        for (unsigned i = 0; i < kernel.count; i++) {
            size = (size + kernel.alignments[i] - 1) & ~static_cast<std::size_t>(kernel.alignments[i] - 1);
            offsets.push_back(size);
            size += kernel.sizes[i];
        }
        bytes.resize((size + 7) / 8 + 2);
        char* base = data();
        for (unsigned i = 0; i < kernel.count; i++) {
            std::memcpy(base + offsets[i], block != nullptr ? block + offsets[i] : pointers[i], kernel.sizes[i]);
            addresses.push_back(base + offsets[i]);
        }
        this->size = size;
    }

    Arguments(const Arguments&) = delete;
    std::size_t size;

private:
    char* data() {
        auto address = reinterpret_cast<std::uintptr_t>(bytes.data());
        return reinterpret_cast<char*>((address + 15) & ~static_cast<std::uintptr_t>(15));
    }
};

bool check_shape(const Function& function, tandem_sim::Index3 grid, tandem_sim::Index3 block, unsigned shared) {
    const char* name = function.kernel->name;
    std::uint64_t threads = std::uint64_t(block.x) * block.y * block.z;
    if (grid.x == 0 || grid.y == 0 || grid.z == 0 || threads == 0) {
        complain("cuLaunchKernel %s: grid %u×%u×%u of %u×%u×%u threads is empty", name, grid.x, grid.y, grid.z, block.x, block.y, block.z);
    } else if (grid.x > 2147483647u || grid.y > 65535 || grid.z > 65535) {
        complain("cuLaunchKernel %s: grid %u×%u×%u is larger than 2147483647×65535×65535", name, grid.x, grid.y, grid.z);
    } else if (block.x > 1024 || block.y > 1024 || block.z > 64 || threads > 1024) {
        complain("cuLaunchKernel %s: block %u×%u×%u is larger than 1024 threads", name, block.x, block.y, block.z);
    } else if (function.kernel->threads != 0 && threads > function.kernel->threads) {
        complain("cuLaunchKernel %s: %llu threads a block; its __launch_bounds__ says %u", name,
                static_cast<unsigned long long>(threads), function.kernel->threads);
    } else if (shared > static_cast<unsigned>(function.most_dynamic_shared)) {
        complain("cuLaunchKernel %s: %u bytes of dynamic shared memory; %d are allowed (cuFuncSetAttribute)", name, shared,
                function.most_dynamic_shared);
    } else {
        return true;
    }
    return false;
}

}  // namespace

std::string make_image(
        const std::string& source,
        const std::string& file,
        const std::vector<std::string>& defines,
        const std::vector<std::string>& names,
        int architecture) {
    std::string image = MAGIC + field(std::to_string(architecture)) + field(file) + field(source);
    image += field(std::to_string(defines.size()));
    for (const std::string& define : defines) image += field(define);
    image += field(std::to_string(names.size()));
    for (const std::string& name : names) image += field(name);
    return image;
}

}  // namespace sim

using namespace sim;

extern "C" {

int cuModuleLoadData(void** result, const void* image) {
    ENTER(cuModuleLoadData);
    return load(result, static_cast<const char*>(image), "cuModuleLoadData");
}

int cuModuleLoadDataEx(void** result, const void* image, unsigned, int*, void**) {
    ENTER(cuModuleLoadDataEx);
    return load(result, static_cast<const char*>(image), "cuModuleLoadDataEx");
}

int cuModuleLoad(void** result, const char* path) {
    ENTER(cuModuleLoad);
    std::ifstream in(path, std::ios::binary);
    if (!in) return 301;  // CUDA_ERROR_FILE_NOT_FOUND
    std::stringstream text;
    text << in.rdbuf();
    return load(result, text.str().c_str(), "cuModuleLoad");
}

int cuModuleUnload(void* pointer) {
    ENTER(cuModuleUnload);
    Context* context;
    if (int status = ready(context)) return status;
    auto* module = handle<Module>(pointer, "cuModuleUnload");
    if (module == nullptr) return INVALID_HANDLE;
    delete module;
    return OK;
}

int cuModuleGetFunction(void** result, void* pointer, const char* name) {
    ENTER(cuModuleGetFunction);
    Context* context;
    if (int status = ready(context)) return status;
    auto* module = handle<Module>(pointer, "cuModuleGetFunction");
    if (module == nullptr) return INVALID_HANDLE;
    for (const tandem_sim::Kernel* kernel = module->library.kernels; kernel->name != nullptr; kernel++) {
        if (std::strcmp(kernel->name, name) == 0) {
            for (Function* known : functions()) {
                if (known->module == module && known->kernel == kernel) {
                    *result = static_cast<Handle*>(known);
                    return OK;
                }
            }
            auto* function = new Function(module, kernel);
            functions().insert(function);
            *result = static_cast<Handle*>(function);
            return OK;
        }
    }
    return NOT_FOUND;
}

int cuFuncGetAttribute(int* value, int attribute, void* pointer) {
    ENTER(cuFuncGetAttribute);
    auto* function = handle<Function>(pointer, "cuFuncGetAttribute");
    if (function == nullptr) return INVALID_HANDLE;
    switch (attribute) {
        case 0: *value = function->kernel->threads == 0 ? 1024 : static_cast<int>(function->kernel->threads); return OK;
        case 1: case 2: case 3: *value = 0; return OK;  // shared, constant, local bytes: not known here
        case 4: *value = 32; return OK;                 // registers
        case 5: case 6: *value = function->module->context->device->architecture(); return OK;
        case 8: *value = function->most_dynamic_shared; return OK;
        default: return INVALID_VALUE;
    }
}

int cuFuncSetAttribute(void* pointer, int attribute, int value) {
    ENTER(cuFuncSetAttribute);
    auto* function = handle<Function>(pointer, "cuFuncSetAttribute");
    if (function == nullptr) return INVALID_HANDLE;
    if (attribute == 8) {
        if (value > 101376) return INVALID_VALUE;
        function->most_dynamic_shared = value;
    }
    return OK;
}

int cuFuncSetCacheConfig(void* pointer, int) {
    ENTER(cuFuncSetCacheConfig);
    return handle<Function>(pointer, "cuFuncSetCacheConfig") == nullptr ? INVALID_HANDLE : OK;
}

int cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, void* pointer, int block_size, std::size_t) {
    ENTER(cuOccupancyMaxActiveBlocksPerMultiprocessor);
    if (handle<Function>(pointer, "cuOccupancyMaxActiveBlocksPerMultiprocessor") == nullptr) return INVALID_HANDLE;
    if (block_size < 1) return INVALID_VALUE;
    *blocks = std::max(1, 2048 / block_size);
    return OK;
}

int cuLaunchKernel(
        void* pointer, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x, unsigned block_y, unsigned block_z,
        unsigned shared, void* stream_pointer, void** parameters, void** extra) {
    ENTER(cuLaunchKernel);
    Context* context;
    if (int status = ready(context)) return status;
    auto* function = handle<Function>(pointer, "cuLaunchKernel");
    Stream* stream = stream_of(stream_pointer, "cuLaunchKernel");
    if (function == nullptr || stream == nullptr) return INVALID_HANDLE;
    if (function->module->context != context) {
        complain("cuLaunchKernel %s: the function belongs to another context", function->kernel->name);
        return INVALID_HANDLE;
    }
    tandem_sim::Index3 grid{grid_x, grid_y, grid_z}, block{block_x, block_y, block_z};
    if (!check_shape(*function, grid, block, shared)) return INVALID_VALUE;

    // Parameters come as an array of addresses, or as one block: {1, block, 2, &bytes, 0}.
    const char* packed = nullptr;
    std::size_t packed_bytes = 0;
    if (parameters == nullptr && extra != nullptr) {
        for (void** e = extra; *e != nullptr; e += 2) {
            if (*e == reinterpret_cast<void*>(1)) packed = static_cast<const char*>(e[1]);
            if (*e == reinterpret_cast<void*>(2)) packed_bytes = *static_cast<std::size_t*>(e[1]);
        }
    }
    const tandem_sim::Kernel* kernel = function->kernel;
    if (kernel->count > 0 && parameters == nullptr && packed == nullptr) {
        complain("cuLaunchKernel %s: no parameters given, it takes %u", kernel->name, kernel->count);
        return INVALID_VALUE;
    }
    auto arguments = std::make_shared<Arguments>(*kernel, packed, parameters);
    if (packed != nullptr && packed_bytes != arguments->size) {
        complain("cuLaunchKernel %s: %zu bytes of parameters given, it takes %zu", kernel->name, packed_bytes, arguments->size);
        return INVALID_VALUE;
    }
    if (arguments->size > 4096) {
        complain("cuLaunchKernel %s: %zu bytes of parameters; 4096 are the limit", kernel->name, arguments->size);
        return INVALID_VALUE;
    }
    Launch launch{kernel, &function->module->library, grid, block, shared, &context->device->memory};
    KernelLibrary library = function->module->library;
    Operation operation{std::string("kernel ") + kernel->name, {}, [=](const Actor& actor) -> Status {
        Launch now = launch;
        now.library = &library;
        Status status = execute(now, arguments->addresses.data(), actor);
        if (status != OK) raise_sticky(status);
        return status;
    }};
    return submit(stream, std::move(operation));
}

int cuLaunchCooperativeKernel(void*, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, void*, void**) {
    ENTER(cuLaunchCooperativeKernel);
    complain("cuLaunchCooperativeKernel is not simulated: blocks run one after another");
    return NOT_SUPPORTED;
}

int cuLaunchHostFunc(void* pointer, void (*function)(void*), void* data) {
    ENTER(cuLaunchHostFunc);
    Context* context;
    if (int status = ready(context)) return status;
    Stream* stream = stream_of(pointer, "cuLaunchHostFunc");
    if (stream == nullptr) return INVALID_HANDLE;
    Operation operation{"cuLaunchHostFunc", {}, [=](const Actor&) -> Status {
        function(data);
        return OK;
    }};
    return submit(stream, std::move(operation));
}
}
