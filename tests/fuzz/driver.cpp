// Drives a fuzz target: as libFuzzer's entry point, or (without it) over fixed-seed mutations of the seeds.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "tests/fuzz/fuzz.h"

namespace fp6sim::fuzz {

void disagree(const std::string& message) {
  std::fprintf(stderr, "%s\n", message.c_str());
  std::abort();
}

}  // namespace fp6sim::fuzz

#ifdef FP6SIM_LIBFUZZER

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  fp6sim::fuzz::run_one(bytes, size);
  return 0;
}

#else

namespace {

std::string mutated(std::string input, const std::vector<std::string>& seeds, std::mt19937& random) {
  const auto at = [&](const std::string& text) { return text.empty() ? 0 : random() % text.size(); };
  for (unsigned times = 1 + random() % 4; times > 0; --times) {
    switch (random() % 6) {
      case 0:
        if (!input.empty()) input[at(input)] = static_cast<char>(random());
        break;
      case 1:
        input.insert(at(input), 1, static_cast<char>(random()));
        break;
      case 2:
        input.resize(at(input));
        break;
      case 3:
        input.erase(at(input), 1 + random() % 8);
        break;
      case 4: {
        const std::string& other = seeds[random() % seeds.size()];
        input.insert(at(input), other.substr(at(other), random() % 32));
        break;
      }
      default: {  // a number becomes a hostile one
        static const char* const kNumbers[] = {
            "-1", "0", "18446744073709551615", "9223372036854775808", "1e999", "4294967296"};
        const auto digit = std::find_if(input.begin() + static_cast<std::ptrdiff_t>(at(input)), input.end(),
                                        [](char c) { return c >= '0' && c <= '9'; });
        if (digit != input.end())
          input.replace(static_cast<std::size_t>(digit - input.begin()), 1, kNumbers[random() % 6]);
      }
    }
  }
  return input;
}

}  // namespace

int main(int argc, char** argv) {
  const int runs = argc > 1 ? std::atoi(argv[1]) : 20000;
  const auto seeds = fp6sim::fuzz::seeds();
  const auto run = [](const std::string& input) {
    fp6sim::fuzz::run_one(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
  };
  for (const auto& seed : seeds) run(seed);
  run("");
  std::mt19937 random(2024);
  for (int i = 0; i < runs; ++i) run(mutated(seeds[random() % seeds.size()], seeds, random));
  std::printf("%zu seeds and %d mutations\n", seeds.size(), runs);
  return 0;
}

#endif
