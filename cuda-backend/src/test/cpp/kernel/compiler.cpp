// Turns a CUDA C file into a shared library, by g++, with a table of its kernels at the end.
#include <dlfcn.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <regex>
#include <sstream>

#include "../driver/simulation.h"

namespace sim {
namespace {

const char* const PRELUDE =
#include "prelude_text.h"
        ;

std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
}

void write_file(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
}

/** FNV-1a, 64 bits, twice: names for the cache. */
std::string content_hash(const std::string& text) {
    std::uint64_t a = 14695981039346656037ull, b = 1099511628211ull;
    for (unsigned char c : text) {
        a = (a ^ c) * 1099511628211ull;
        b = (b + c) * 6364136223846793005ull + 1442695040888963407ull;
    }
    char name[40];
    std::snprintf(name, sizeof name, "%016llx%016llx", static_cast<unsigned long long>(a), static_cast<unsigned long long>(b));
    return name;
}

std::string own_folder() {
    Dl_info info;
    dladdr(reinterpret_cast<void*>(&content_hash), &info);
    std::string path = info.dli_fname;
    return path.substr(0, path.rfind('/'));
}

std::string quoted(const std::string& text) {
    std::string result = "'";
    for (char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return result + "'";
}

/** Runs a command; its output lies in the file afterwards. */
bool run(const std::string& command, const std::string& output) {
    return std::system((command + " >" + quoted(output) + " 2>&1").c_str()) == 0;
}

struct Found {
    std::string name, threads;
};

/** Skips a bracketed run that starts at the position; answers with the position after it. */
std::size_t after_brackets(const std::string& text, std::size_t at) {
    int depth = 0;
    do {
        if (text[at] == '(') depth++;
        if (text[at] == ')') depth--;
        at++;
    } while (at < text.size() && depth > 0);
    return at;
}

/** The extern "C" kernels of a preprocessed file. */
std::vector<Found> find_kernels(const std::string& text) {
    std::vector<Found> kernels;
    std::set<std::string> names;
    const std::string word = "__global__";
    bool block = std::regex_search(text, std::regex("extern\\s+\"C\"\\s*\\{"));
    for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
        std::string before = text.substr(at > 60 ? at - 60 : 0, at > 60 ? 60 : at);
        if (!block && !std::regex_search(before, std::regex("extern\\s+\"C\"\\s*(__launch_bounds__\\s*\\([^)]*\\)\\s*)?$"))) continue;
        Found kernel;
        std::size_t here = at + word.size();
        while (here < text.size() && kernel.name.empty()) {
            std::smatch match;
            std::string rest = text.substr(here, 300);
            if (!std::regex_search(rest, match, std::regex("^\\s*([A-Za-z_][A-Za-z_0-9]*)\\s*"))) break;
            std::string token = match[1];
            here += static_cast<std::size_t>(match.length(0));
            if (text[here] != '(') continue;
            if (token == "__launch_bounds__") {
                std::size_t end = after_brackets(text, here);
                kernel.threads = text.substr(here + 1, end - here - 2);
                kernel.threads = kernel.threads.substr(0, kernel.threads.find(','));
                here = end;
            } else if (token == "__attribute__") {
                here = after_brackets(text, here);
            } else {
                kernel.name = token;
            }
        }
        if (!kernel.name.empty() && names.insert(kernel.name).second) kernels.push_back(kernel);
    }
    return kernels;
}

/** extern __shared__ T name[]; has no C++ counterpart: a pointer takes its place. */
std::string with_dynamic_shared(const std::string& text) {
    static const std::regex declaration(
            "extern\\s+__shared__\\s+(?:(?:__align__|alignas)\\s*\\([^)]*\\)\\s*)?([A-Za-z_][A-Za-z_0-9: <>]*?)\\s*\\b([A-Za-z_][A-Za-z_0-9]*)\\s*\\[\\s*\\]\\s*;");
    return std::regex_replace(text, declaration, "$1* const $2 = ($1*)tandem_sim_dynamic_shared();");
}

std::string table(const std::vector<Found>& kernels, const std::vector<std::string>& names) {
    std::ostringstream out;
    out << "\nextern \"C\" __attribute__((visibility(\"default\"))) const tandem_sim::Kernel tandem_sim_kernels[] = {\n";
    for (const Found& kernel : kernels) {
        out << "    tandem_kernel<&" << kernel.name << ">::make(\"" << kernel.name << "\", "
            << (kernel.threads.empty() ? "0" : "(" + kernel.threads + ")") << "),\n";
    }
    for (std::size_t i = 0; i < names.size(); i++) {
        std::string name = names[i][0] == '&' ? names[i].substr(1) : names[i];
        out << "    tandem_kernel<&" << name << ">::make(\"_tandem_" << i << "\", 0),\n";
    }
    out << "    {nullptr, nullptr, 0, nullptr, nullptr, 0}};\n";
    return out.str();
}

}  // namespace

CompiledKernels compile_kernels(
        const std::string& source,
        const std::string& file,
        const std::vector<std::string>& defines,
        const std::vector<std::string>& names,
        int architecture) {
    std::string compiler = setting("CXX", "g++");
    std::string flags = " -std=c++17 -O2 -w -fPIC -fno-strict-aliasing -fno-math-errno -fno-exceptions -fno-rtti"
                        " -fno-threadsafe-statics -ffp-contract=off -fvisibility=hidden";
    // Only the instrumentation of memory accesses, none of the thread sanitizer's library.
    if (number("INSTRUMENT", 1)) flags += " -fsanitize=thread --param tsan-instrument-func-entry-exit=0";
    std::string macros = " -D__CUDACC_RTC__ -D__CUDACC__ -DTANDEM_SIMULATION=1 -D__CUDA_ARCH__=" + std::to_string(architecture * 10);
    for (const std::string& define : defines) macros += " " + quoted("-D" + define);

    std::string key = source + '\0' + file + '\0' + flags + macros + compiler + PRELUDE;
    for (const std::string& name : names) key += '\0' + name;
    std::string folder = setting("CACHE", own_folder() + "/kernels");
    mkdir(folder.c_str(), 0755);
    std::string stem = folder + "/" + content_hash(key);
    CompiledKernels result;
    result.library = stem + ".so";
    if (access(result.library.c_str(), R_OK) == 0) {
        result.good = true;
        return result;
    }

    std::string work = stem + "." + std::to_string(getpid());
    std::string log = work + ".log";
    write_file(work + ".cu", "#line 1 \"" + file + "\"\n" + source);
    // First the preprocessor alone, without any system header, as in NVRTC; then the kernels can be seen whatever macros made them.
    result.good = run(compiler + " -E -x c++ -nostdinc -nostdinc++ -std=c++17 -U__linux__" + macros + " -o " +
                    quoted(work + ".i") + " " + quoted(work + ".cu"), log);
    result.log = read_file(log);
    if (result.good) {
        std::string text = with_dynamic_shared(read_file(work + ".i"));
        write_file(work + ".cpp", std::string(PRELUDE) + text + table(find_kernels(text), names));
        result.good = run(compiler + flags + " -c " + quoted(work + ".cpp") + " -o " + quoted(work + ".o"), log);
        if (result.good) {
            result.good = run(compiler + " -shared " + quoted(work + ".o") + " " + quoted(own_folder() + "/libcuda.so.1") +
                            " -lm -o " + quoted(work + ".so"), log);
        }
        result.log += read_file(log);
    }
    if (result.good) std::rename((work + ".so").c_str(), result.library.c_str());
    if (result.good || !number("KEEP", 0)) {
        for (const char* ending : {".cu", ".i", ".cpp", ".o", ".log"}) unlink((work + ending).c_str());
    }
    return result;
}

}  // namespace sim
