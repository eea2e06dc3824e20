#include "tools/gpu_bench/work.h"

#include <algorithm>
#include <set>

#include "emu/error.h"
#include "tools/gpu_bench/device.h"

namespace fp6sim::bench {
namespace {

using kernels::KernelSpec;
using kernels::Path;

constexpr const char* kComparedMost[] = {"w6a16", "w4a16-g128", "w8a16", "w5a16"};
constexpr const char* kFirstModel = "llama-65b";
/// From here on dequantising first may pay.
constexpr int kManyTokens = 64;
/// A profiler runs a kernel several times: only the batches that the simulator is most often asked for.
constexpr int kMostProfiled = 32;

std::string dashed(const KernelSpec& spec) {
  return kernel_name(spec) + " " + std::string(emu::name(spec.split));
}

bool wanted(const Options& options, const std::string& kernel) {
  return options.kernels.empty() ||
         std::find(options.kernels.begin(), options.kernels.end(), kernel) != options.kernels.end();
}

/// FP16 activations, of each name its fastest split (`most`: those compared most), or all the others.
std::vector<KernelSpec> specs_of(const Options& options, bool most) {
  std::vector<KernelSpec> specs;
  if (most) {
    for (const char* name : kComparedMost) {
      if (wanted(options, name)) specs.push_back(kernels::kernel_by_name(name));
    }
    return specs;
  }
  const std::vector<KernelSpec> first = specs_of(options, true);
  for (const KernelSpec& spec : kernels::kernel_specs()) {
    if (spec.activation != kernels::Activation::kFp16 || !wanted(options, kernel_name(spec))) continue;
    if (std::find(first.begin(), first.end(), spec) == first.end()) specs.push_back(spec);
  }
  return specs;
}

struct Shape {
  std::int64_t m, k;
  friend auto operator<=>(const Shape&, const Shape&) = default;
};

/// Distinct shapes of the wanted workloads: the first model's, or the others'.
std::vector<Shape> shapes_of(const Options& options, const std::vector<Layer>& layers, bool first) {
  std::set<Shape> of_first;
  std::vector<Shape> ordered;
  std::set<Shape> seen;
  for (const bool now : {true, false}) {
    for (const Layer& layer : layers) {
      const bool selected = options.workloads.empty() ||
                            std::find(options.workloads.begin(), options.workloads.end(), layer.model) !=
                                options.workloads.end();
      if (!selected || (layer.model == kFirstModel) != now) continue;
      if (seen.insert({layer.m, layer.k}).second && now == first) ordered.push_back({layer.m, layer.k});
    }
  }
  return ordered;
}

class Plan {
 public:
  Plan(const Options& options, bool cublas) : options_(options), cublas_(cublas) {}

  void check(const std::vector<KernelSpec>& specs) {
    for (const KernelSpec& spec : specs) {
      for (const CheckPart part : kCheckParts) {
        Item item;
        item.key = check_key(spec, part);
        item.spec = spec;
        item.part = part;
        items_.push_back(item);
      }
    }
  }
  void micro(const char* group) {
    Item item;
    item.kind = Item::Kind::kMicro;
    item.key = std::string("micro ") + group;
    item.group = group;
    items_.push_back(item);
  }
  void cublas(const Shape& shape, int batch) {
    if (!cublas_) return;
    Item item;
    item.kind = Item::Kind::kCublas;
    item.key = row_key("cublas-fp16", "", "cublas", shape.m, shape.k, batch);
    item.m = shape.m;
    item.k = shape.k;
    item.batch = batch;
    items_.push_back(item);
  }
  void kernel(const KernelSpec& spec, const Shape& shape, int batch, Path path) {
    if (spec.group != 0 && shape.k % spec.group != 0) return;  // not a shape of this kernel
    if (path == Path::kCublas && !cublas_) return;
    Item item;
    item.kind = Item::Kind::kKernel;
    item.key = row_key(kernel_name(spec), std::string(emu::name(spec.split)), std::string(path_name(path)),
                       shape.m, shape.k, batch);
    item.spec = spec;
    item.path = path;
    item.m = shape.m;
    item.k = shape.k;
    item.batch = batch;
    items_.push_back(item);
  }
  void timings(const std::vector<KernelSpec>& specs, const std::vector<Shape>& shapes, bool with_cublas) {
    for (const int batch : options_.batches) {
      for (const Shape& shape : shapes) {
        if (with_cublas) cublas(shape, batch);
        for (const KernelSpec& spec : specs) kernel(spec, shape, batch, Path::kFused);
      }
    }
  }
  void large_batches(const std::vector<KernelSpec>& specs, const std::vector<Shape>& shapes) {
    for (const int batch : options_.batches) {
      if (batch < kManyTokens) continue;
      for (const Shape& shape : shapes) {
        for (const KernelSpec& spec : specs) {
          for (const Path path : {Path::kCublas, Path::kDense}) kernel(spec, shape, batch, path);
        }
      }
    }
  }
  void counters(const std::vector<KernelSpec>& specs, const Shape& shape) {
    for (const int batch : options_.batches) {
      if (batch > kMostProfiled) continue;
      for (const KernelSpec& spec : specs) {
        kernel(spec, shape, batch, Path::kFused);
        items_.back().kind = Item::Kind::kCounters;
        items_.back().key = "counters" + items_.back().key.substr(4);
      }
    }
  }
  std::vector<Item> take() { return std::move(items_); }

 private:
  const Options& options_;
  bool cublas_;
  std::vector<Item> items_;
};

}  // namespace

std::string check_key(const KernelSpec& spec, CheckPart part) {
  constexpr const char* kParts[] = {" few tokens", " many tokens", " dequantised"};
  return "check " + dashed(spec) + (spec.activation == kernels::Activation::kFp16 ? " fp16" : " bf16") +
         kParts[static_cast<std::size_t>(part)];
}

std::string row_key(const std::string& kernel, const std::string& split, const std::string& path,
                    std::int64_t m, std::int64_t k, int batch) {
  std::string key = "time " + kernel;
  for (const std::string& part : {split, path, std::to_string(m), std::to_string(k), std::to_string(batch)}) {
    if (!part.empty()) key += " " + part;
  }
  return key;
}

std::vector<Item> plan_work(const Options& options, const std::vector<Layer>& layers, bool cublas) {
  Plan plan(options, cublas);
  const auto most = specs_of(options, true), others = specs_of(options, false);
  const auto first = shapes_of(options, layers, true), rest = shapes_of(options, layers, false);
  std::vector<KernelSpec> unchecked;
  for (const KernelSpec& spec : kernels::kernel_specs()) {
    const bool compared = std::find(most.begin(), most.end(), spec) != most.end();
    if (wanted(options, kernel_name(spec)) && !compared) unchecked.push_back(spec);
  }
  plan.check(most);
  plan.timings(most, first, true);
  if (options.micro) {
    for (const char* group : kMicroGroups) plan.micro(group);
  }
  plan.large_batches(most, first);
  plan.check(unchecked);
  plan.timings(most, rest, true);
  plan.large_batches(most, rest);
  plan.timings(others, first, most.empty());
  plan.timings(others, rest, most.empty());
  if (options.ncu && !first.empty()) plan.counters(most, first.back());
  return plan.take();
}

}  // namespace fp6sim::bench
