// What a fuzz target is: seeds to start from, and a function that takes any bytes and must neither crash nor
// disagree with its reference. Under clang with -DFP6SIM_FUZZ=ON each is a libFuzzer program; everywhere else
// a short run of fixed-seed mutations is a test.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace fp6sim::fuzz {

/// Valid inputs and near misses; mutations start here.
std::vector<std::string> seeds();

/// Aborts, with a message, where the property does not hold.
void run_one(const std::uint8_t* bytes, std::size_t size);

[[noreturn]] void disagree(const std::string& message);

}  // namespace fp6sim::fuzz
