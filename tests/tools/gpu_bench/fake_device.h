// A device without a GPU: times follow bytes, and it fails where a test says so.
#pragma once

#include <cstdlib>
#include <functional>
#include <set>

#include "emu/error.h"
#include "tools/gpu_bench/device.h"
#include "tools/gpu_bench/work.h"

namespace fp6sim::bench {

struct FakeDevice : Device {
  explicit FakeDevice(bool with_cublas = true) : cublas(with_cublas) {}

  Machine machine() override {
    return {"NVIDIA Fake 80GB",
            {80, 108, 164 * 1024, 163 * 1024},
            40u << 20,
            1u << 30,
            13000,
            13000,
            1410,
            cublas ? "990000" : "none: not found"};
  }
  ~FakeDevice() override { at_end(); }
  Checked check(const kernels::KernelSpec& spec, CheckPart part) override {
    before(check_key(spec, part));
    if (check_key(spec, part) == differs) return {100, "output row 3 token 0 is 0x1234, emu has 0x1235"};
    return {100, ""};
  }
  Row time(const kernels::KernelSpec& spec, std::int64_t m, std::int64_t k, int batch,
           kernels::Path path) override {
    const std::string name = kernel_name(spec), split(emu::name(spec.split)), way(path_name(path));
    before(row_key(name, split, way, m, k, batch));
    const double bytes =
        static_cast<double>(m) * static_cast<double>(k) * emu::info(spec.split).stored_bits() / 8;
    return row(name, split, way, m, k, batch, bytes);
  }
  Row time_cublas(std::int64_t m, std::int64_t k, int batch) override {
    before(row_key("cublas-fp16", "", "cublas", m, k, batch));
    return row("cublas-fp16", "", "cublas", m, k, batch,
               2.0 * static_cast<double>(m) * static_cast<double>(k));
  }
  bool has_cublas() const override { return cublas; }
  bool usable() override { return survives; }
  std::vector<Metric> micro(const std::string& group) override {
    before("micro " + group);
    return {{group + "_a", "cycles", 30.5}, {group + "_b", "GB/s", 1500}};
  }
  void launch_once(const kernels::KernelSpec&, std::int64_t, std::int64_t, int) override {}

  bool cublas;
  bool survives = false;  ///< what fails
  std::string differs;    ///< key of the check that finds a difference
  std::function<void(const std::string& key)> before = [](const std::string&) {};
  std::function<void()> at_end = [] {};

 private:
  static Row row(const std::string& kernel, const std::string& split, const std::string& path, std::int64_t m,
                 std::int64_t k, int batch, double bytes) {
    const double us = 4 + bytes / 1.4e6;
    return {kernel, split, path, m, k, batch, 8, 1, {us, 1.5}, bytes, 0.9 * us, 1400};
  }
};

}  // namespace fp6sim::bench
