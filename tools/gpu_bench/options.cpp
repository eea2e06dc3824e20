#include "tools/gpu_bench/options.h"

#include <algorithm>
#include <charconv>
#include <sstream>

#include "emu/error.h"

namespace fp6sim::bench {

const char* const kUsage =
    "usage: gpu_bench [--workload NAME,..] [--batch N,..] [--kernel NAME,..] [--out DIR] [--repeats N]\n"
    "                 [--time-limit S] [--item-limit S] [--autotune FILE] [--warm-l2] [--no-micro] [--ncu]\n"
    "                 [--fresh | --retry]\n"
    "Checks every kernel bit for bit against the emulator, before it times it, cuBLAS FP16 (where "
    "libcublas.so\n"
    "is found; FP6SIM_CUBLAS names it), both ways of large batches and a read-only reduction, L2 cold "
    "unless\n"
    "--warm-l2, and the simulator's microbenchmarks. Writes DIR/<gpu>-<date>.csv, .json and .journal "
    "(default\n"
    "traces/measured) as it goes: a run that is cut off, or ends at --time-limit, is gone on with by the "
    "next\n"
    "of the same commit and settings (--retry: what failed too). Exit 0: all done; 1: something differed or "
    "failed (named in .json); 2: "
    "bad\n"
    "use or no GPU; 3: time ran out, run again to go on. Default: every workload and kernel, batch 1..512.\n";

namespace {

std::vector<std::string> list(const std::string& text) {
  std::vector<std::string> items;
  std::stringstream in(text);
  for (std::string item; std::getline(in, item, ',');) items.push_back(item);
  return items;
}

std::int64_t whole(const std::string& option, const std::string& text, std::int64_t most) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 1 || value > most) {
    throw Error(option + " " + text + ": a whole number 1.." + std::to_string(most));
  }
  return value;
}

Once once_of(const std::string& text) {
  const auto parts = list(text);
  if (parts.size() != 5) throw Error("--once " + text + ": KERNEL,SPLIT,M,K,N");
  kernels::kernel_by_name(parts[0], parts[1]);
  return {parts[0], parts[1], whole("--once", parts[2], kernels::kLargestExtent),
          whole("--once", parts[3], kernels::kLargestExtent),
          static_cast<int>(whole("--once", parts[4], 65536))};
}

void check_names(const Options& options, const std::vector<Layer>& layers) {
  for (const std::string& name : options.workloads) {
    if (std::any_of(layers.begin(), layers.end(), [&](const Layer& layer) { return layer.model == name; }))
      continue;
    std::string known, last;
    for (const Layer& layer : layers) {
      if (layer.model != last) known += " " + layer.model;
      last = layer.model;
    }
    throw Error("--workload " + name + ": known are" + known);
  }
  for (const std::string& name : options.kernels) kernels::kernel_by_name(name);
}

}  // namespace

Options parse_options(const std::vector<std::string>& arguments, const std::vector<Layer>& layers,
                      std::optional<Once>& once) {
  Options options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& option = arguments[i];
    const auto value = [&]() -> const std::string& {
      if (i + 1 >= arguments.size()) throw Error(option + " needs a value");
      return arguments[++i];
    };
    if (option == "--workload") {
      options.workloads = list(value());
    } else if (option == "--batch") {
      options.batches.clear();
      for (const auto& item : list(value()))
        options.batches.push_back(static_cast<int>(whole(option, item, 65536)));
      if (options.batches.empty()) throw Error("--batch needs numbers");
    } else if (option == "--kernel") {
      options.kernels = list(value());
    } else if (option == "--out") {
      options.out = value();
    } else if (option == "--autotune") {
      options.autotune = value();
    } else if (option == "--repeats") {
      options.repeats = static_cast<int>(whole(option, value(), 1000));
    } else if (option == "--time-limit") {
      options.time_limit_s = static_cast<int>(whole(option, value(), 86400));
    } else if (option == "--item-limit") {
      options.item_limit_s = static_cast<int>(whole(option, value(), 86400));
    } else if (option == "--once") {
      once = once_of(value());
    } else if (option == "--warm-l2") {
      options.warm_l2 = true;
    } else if (option == "--no-micro") {
      options.micro = false;
    } else if (option == "--ncu") {
      options.ncu = true;
    } else if (option == "--fresh") {
      options.fresh = true;
    } else if (option == "--retry") {
      options.retry = true;
    } else {
      throw Error("unknown option '" + option + "'\n" + kUsage);
    }
  }
  check_names(options, layers);
  return options;
}

}  // namespace fp6sim::bench
