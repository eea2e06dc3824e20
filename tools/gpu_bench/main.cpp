// gpu_bench: checks every kernel on this GPU bit for bit, then times kernels and cuBLAS over the workloads.
#include <cstdio>
#include <ctime>
#include <filesystem>

#include "emu/error.h"
#include "tools/gpu_bench/options.h"
#include "tools/gpu_bench/worker.h"
#include "workload_table.h"

namespace fp6sim::bench {
namespace {

std::vector<Layer> built_in_layers() {
  std::vector<Layer> layers;
  for (const auto& layer : kLayers) layers.push_back({layer.model, layer.layer, layer.m, layer.k});
  return layers;
}

std::string today() {
  const std::time_t now = std::time(nullptr);
  char text[16];
  std::strftime(text, sizeof text, "%Y-%m-%d", std::gmtime(&now));
  return text;
}

int run(const std::vector<std::string>& arguments) {
  const std::vector<Layer> layers = built_in_layers();
  std::optional<Once> once;
  Options options = parse_options(arguments, layers, once);
  if (once) {
    open_cuda_device(options)->launch_once(kernels::kernel_by_name(once->kernel, once->split), once->m,
                                           once->k, once->batch);
    return 0;
  }
  std::error_code error;
  const std::string program = std::filesystem::read_symlink("/proc/self/exe", error).string();
  const auto begin = std::chrono::steady_clock::now();
  const Session session{options, layers, today(), program, begin};
  return supervise(options, [&](const Announcer& announcer, bool first) {
    options.fresh = options.fresh && first;
    options.retry = options.retry && first;
    run_worker(session, announcer, open_cuda_device);
  });
}

}  // namespace
}  // namespace fp6sim::bench

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (!arguments.empty() && (arguments[0] == "--help" || arguments[0] == "-h")) {
    std::fputs(fp6sim::bench::kUsage, stdout);
    return 0;
  }
  try {
    return fp6sim::bench::run(arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "gpu_bench: %s\n", error.what());
    return 2;
  }
}
