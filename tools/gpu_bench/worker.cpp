#include "tools/gpu_bench/worker.h"

#include <cstdio>

#include "emu/error.h"
#include "tools/gpu_bench/journal.h"
#include "tools/gpu_bench/ncu.h"
#include "tools/gpu_bench/report.h"
#include "tools/gpu_bench/work.h"

namespace fp6sim::bench {
namespace {

using Clock = std::chrono::steady_clock;

class Worker {
 public:
  Worker(const Session& session, const Announcer& announcer, Device& device)
      : session_(session), announcer_(announcer), device_(device), machine_(device.machine()) {
    stem_ = open_journal(session.options, machine_, session.date, results_);
    announcer.journal(journal());
  }

  int run() {
    const auto items = plan_work(session_.options, session_.layers, device_.has_cublas());
    std::fprintf(stderr, "%s, cuBLAS %s: %zu items, %zu done before\n", machine_.gpu.c_str(),
                 machine_.cublas.c_str(), items.size(), known(items));
    int code = kAllDone;
    for (const Item& item : items) {
      if (results_.has(item.key) || !may_run(item)) continue;
      if (out_of_time()) {
        code = kOutOfTime;
        break;
      }
      announcer_.begin(item.key);
      const bool good = measure(item);
      announcer_.end();
      if (!good && !device_.usable()) {
        report();
        return kStartAgain;
      }
      if (Clock::now() - reported_ > std::chrono::seconds(5)) report();
    }
    report();
    std::fprintf(stderr, "%s", summary(session_.layers, results_).c_str());
    std::fprintf(stderr, "%zu of %zu items, %zu failed: %s.csv\n", known(items), items.size(),
                 results_.failed.size(), stem_.c_str());
    return code == kAllDone && !results_.failed.empty() ? kSomeFailed : code;
  }

 private:
  std::string journal() const { return stem_ + ".journal"; }
  std::size_t known(const std::vector<Item>& items) const {
    std::size_t count = 0;
    for (const Item& item : items) count += results_.has(item.key) ? 1 : 0;
    return count;
  }
  bool out_of_time() const {
    return session_.options.time_limit_s != 0 &&
           Clock::now() - session_.begin > std::chrono::seconds(session_.options.time_limit_s);
  }
  /// What differs from the emulator is not timed.
  bool may_run(const Item& item) const {
    return (item.kind != Item::Kind::kKernel && item.kind != Item::Kind::kCounters) ||
           !results_.failed.contains(check_key(item.spec, part_of(item.path, item.batch)));
  }

  void take(const std::string& line) {
    append_line(journal(), line);
    add_line(line, results_);
  }

  /// False where it failed.
  bool measure(const Item& item) {
    try {
      switch (item.kind) {
        case Item::Kind::kCheck:
          check(item);
          break;
        case Item::Kind::kMicro:
          take(line_of(item.key, device_.micro(item.group)));
          break;
        case Item::Kind::kCublas:
          take(line_of(item.key, device_.time_cublas(item.m, item.k, item.batch)));
          break;
        case Item::Kind::kKernel:
          take(line_of(item.key, device_.time(item.spec, item.m, item.k, item.batch, item.path)));
          break;
        case Item::Kind::kCounters:
          profile(item);
          break;
      }
      std::fprintf(stderr, "%s\n", item.key.c_str());
      return true;
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s FAILED: %s\n", item.key.c_str(), error.what());
      take(line_of_failure(item.key, error.what()));
      return false;
    }
  }

  /// A kernel that stores other bits is written down; the device is none the worse for it.
  void check(const Item& item) {
    const Checked checked = device_.check(item.spec, item.part);
    if (checked.difference.empty()) {
      take(line_of_check(item.key, checked.outputs));
      return;
    }
    std::fprintf(stderr, "%s DIFFERS: %s\n", item.key.c_str(), checked.difference.c_str());
    take(line_of_failure(item.key, checked.difference));
  }

  /// Without Nsight Compute the commands are left in STEM.ncu.sh for a machine that has it.
  void profile(const Item& item) {
    const std::string ncu = find_ncu();
    const std::string command =
        ncu_command(ncu.empty() ? "ncu" : ncu, session_.program, item.spec, item.m, item.k, item.batch);
    if (ncu.empty()) append_line(stem_ + ".ncu.sh", command);
    take(line_of_counters(item.key, ncu.empty() ? std::map<std::string, double>{} : run_ncu(command)));
  }

  void report() {
    write_report(session_.options, machine_, session_.layers, results_, stem_);
    reported_ = Clock::now();
  }

  const Session& session_;
  const Announcer& announcer_;
  Device& device_;
  Machine machine_;
  Results results_;
  std::string stem_;
  Clock::time_point reported_ = Clock::now();
};

}  // namespace

int run_worker(const Session& session, const Announcer& announcer,
               const std::function<std::unique_ptr<Device>(const Options&)>& open_device) {
  int code = kUnusable;
  try {
    announcer.begin("");  // the limit of an item holds for starting as well
    const auto device = open_device(session.options);
    code = Worker(session, announcer, *device).run();
    announcer.done(code);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "gpu_bench: %s\n", error.what());
    announcer.done(code);
  }
  return code;
}

}  // namespace fp6sim::bench
