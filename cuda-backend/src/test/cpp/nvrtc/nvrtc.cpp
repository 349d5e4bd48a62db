// NVRTC: compiles at once, to show errors where they belong, and gives an image that the driver can load.
#include <cstdlib>
#include <cstring>
#include <map>
#include <regex>

#include "../driver/simulation.h"

namespace {

enum NvrtcStatus {
    NVRTC_OK = 0,
    OUT_OF_MEMORY = 1,
    INVALID_INPUT = 3,
    INVALID_PROGRAM = 4,
    INVALID_OPTION = 5,
    COMPILATION = 6,
    NO_LOWERED_NAMES_BEFORE_COMPILATION = 9,
    NAME_EXPRESSION_NOT_VALID = 10
};

struct Program : sim::Handle {
    static constexpr const char* KIND = "NVRTC program";
    std::string source, file, log, image;
    std::vector<std::string> names, lowered;
    bool compiled = false;
    Program() : Handle(KIND) {}
};

#if SIM_CUDA_MAJOR == 12
const int ARCHITECTURES[] = {50, 52, 53, 60, 61, 62, 70, 72, 75, 80, 86, 87, 89, 90};
#else
const int ARCHITECTURES[] = {75, 80, 86, 87, 88, 89, 90, 100, 103, 110, 120, 121};
#endif

/** What the options say, or a line for the log. */
struct Options {
    int architecture = 0;
    std::vector<std::string> defines;
    std::string fault;

    Options(int count, const char* const* texts) {
        static const std::regex arch("(?:--gpu-architecture=|-arch=)(sm|compute)_([0-9]+)a?");
        static const std::regex ignored("(?:--std=c\\+\\+|-std=c\\+\\+)(11|14|17|20)|(?:--use_fast_math|-use_fast_math|--fmad=(true|false)|-lineinfo|--generate-line-info|-default-device|--device-as-default-execution-space|--extra-device-vectorization|--restrict)");
        for (int i = 0; i < count; i++) {
            std::string text = texts[i];
            std::smatch match;
            if (std::regex_match(text, match, arch)) {
                if (match[1] == "compute") {
                    fault = "the simulation makes no PTX: give sm_, not compute_";
                } else {
                    architecture = std::atoi(match[2].str().c_str());
                    bool known = false;
                    for (int a : ARCHITECTURES) known |= a == architecture;
                    if (!known) fault = "nvrtc: error: invalid value for --gpu-architecture (-arch)";
                }
            } else if (text.compare(0, 2, "-D") == 0 && text.size() > 2) {
                defines.push_back(text.substr(2));
            } else if (text == "-D" && i + 1 < count) {
                defines.push_back(texts[++i]);
            } else if (text.compare(0, 15, "--define-macro=") == 0) {
                defines.push_back(text.substr(15));
            } else if (!std::regex_match(text, ignored)) {
                fault = "nvrtc: error: unrecognized option " + text + " found";
            }
        }
        if (fault.empty() && architecture == 0) fault = "the simulation wants --gpu-architecture=sm_XX";
    }
};

Program* program_at(void* pointer, const char* function) {
    return sim::handle<Program>(pointer, function);
}

}  // namespace

extern "C" {

int nvrtcVersion(int* major, int* minor) {
    ENTER(nvrtcVersion);
    *major = SIM_CUDA_MAJOR;
    *minor = 999;  // no real release: images kept under it never reach a real GPU
    return NVRTC_OK;
}

int nvrtcGetNumSupportedArchs(int* count) {
    ENTER(nvrtcGetNumSupportedArchs);
    *count = sizeof ARCHITECTURES / sizeof ARCHITECTURES[0];
    return NVRTC_OK;
}

int nvrtcGetSupportedArchs(int* architectures) {
    ENTER(nvrtcGetSupportedArchs);
    std::memcpy(architectures, ARCHITECTURES, sizeof ARCHITECTURES);
    return NVRTC_OK;
}

const char* nvrtcGetErrorString(int status) {
    switch (status) {
        case NVRTC_OK: return "NVRTC_SUCCESS";
        case OUT_OF_MEMORY: return "NVRTC_ERROR_OUT_OF_MEMORY";
        case INVALID_INPUT: return "NVRTC_ERROR_INVALID_INPUT";
        case INVALID_PROGRAM: return "NVRTC_ERROR_INVALID_PROGRAM";
        case INVALID_OPTION: return "NVRTC_ERROR_INVALID_OPTION";
        case COMPILATION: return "NVRTC_ERROR_COMPILATION";
        case NO_LOWERED_NAMES_BEFORE_COMPILATION: return "NVRTC_ERROR_NO_LOWERED_NAMES_BEFORE_COMPILATION";
        case NAME_EXPRESSION_NOT_VALID: return "NVRTC_ERROR_NAME_EXPRESSION_NOT_VALID";
        default: return "NVRTC_ERROR unknown";
    }
}

int nvrtcCreateProgram(
        void** result, const char* source, const char* file, int headers, const char* const*, const char* const*) {
    ENTER(nvrtcCreateProgram);
    if (result == nullptr || source == nullptr) return INVALID_INPUT;
    if (headers != 0) {
        sim::complain("nvrtcCreateProgram: headers are not simulated; kernels are free of them");
        return INVALID_INPUT;
    }
    auto* program = new Program;
    program->source = source;
    program->file = file == nullptr ? "default_program" : file;
    *result = static_cast<sim::Handle*>(program);
    return NVRTC_OK;
}

int nvrtcDestroyProgram(void** pointer) {
    ENTER(nvrtcDestroyProgram);
    Program* program = program_at(*pointer, "nvrtcDestroyProgram");
    if (program == nullptr) return INVALID_PROGRAM;
    delete program;
    *pointer = nullptr;
    return NVRTC_OK;
}

int nvrtcAddNameExpression(void* pointer, const char* name) {
    ENTER(nvrtcAddNameExpression);
    Program* program = program_at(pointer, "nvrtcAddNameExpression");
    if (program == nullptr) return INVALID_PROGRAM;
    program->names.push_back(name);
    program->lowered.push_back("_tandem_" + std::to_string(program->names.size() - 1));
    return NVRTC_OK;
}

int nvrtcGetLoweredName(void* pointer, const char* name, const char** lowered) {
    ENTER(nvrtcGetLoweredName);
    Program* program = program_at(pointer, "nvrtcGetLoweredName");
    if (program == nullptr) return INVALID_PROGRAM;
    if (!program->compiled) return NO_LOWERED_NAMES_BEFORE_COMPILATION;
    for (std::size_t i = 0; i < program->names.size(); i++) {
        if (program->names[i] == name) {
            *lowered = program->lowered[i].c_str();
            return NVRTC_OK;
        }
    }
    return NAME_EXPRESSION_NOT_VALID;
}

int nvrtcCompileProgram(void* pointer, int count, const char* const* texts) {
    ENTER(nvrtcCompileProgram);
    Program* program = program_at(pointer, "nvrtcCompileProgram");
    if (program == nullptr) return INVALID_PROGRAM;
    Options options(count, texts);
    if (!options.fault.empty()) {
        program->log = options.fault + "\n";
        return INVALID_OPTION;
    }
    sim::CompiledKernels compiled = sim::compile_kernels(
            program->source, program->file, options.defines, program->names, options.architecture);
    program->log = compiled.log;
    program->compiled = compiled.good;
    if (!compiled.good) return COMPILATION;
    program->image = sim::make_image(
            program->source, program->file, options.defines, program->names, options.architecture);
    return NVRTC_OK;
}

int nvrtcGetProgramLogSize(void* pointer, std::size_t* bytes) {
    ENTER(nvrtcGetProgramLogSize);
    Program* program = program_at(pointer, "nvrtcGetProgramLogSize");
    if (program == nullptr) return INVALID_PROGRAM;
    *bytes = program->log.size() + 1;
    return NVRTC_OK;
}

int nvrtcGetProgramLog(void* pointer, char* text) {
    ENTER(nvrtcGetProgramLog);
    Program* program = program_at(pointer, "nvrtcGetProgramLog");
    if (program == nullptr) return INVALID_PROGRAM;
    std::memcpy(text, program->log.c_str(), program->log.size() + 1);
    return NVRTC_OK;
}

int nvrtcGetCUBINSize(void* pointer, std::size_t* bytes) {
    ENTER(nvrtcGetCUBINSize);
    Program* program = program_at(pointer, "nvrtcGetCUBINSize");
    if (program == nullptr || !program->compiled) return INVALID_PROGRAM;
    *bytes = program->image.size();
    return NVRTC_OK;
}

int nvrtcGetCUBIN(void* pointer, char* bytes) {
    ENTER(nvrtcGetCUBIN);
    Program* program = program_at(pointer, "nvrtcGetCUBIN");
    if (program == nullptr || !program->compiled) return INVALID_PROGRAM;
    std::memcpy(bytes, program->image.data(), program->image.size());
    return NVRTC_OK;
}
}
