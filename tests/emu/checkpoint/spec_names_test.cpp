#include "emu/checkpoint/spec_names.h"

#include <cmath>
#include <limits>
#include <random>

#include "emu/checkpoint/error_sums.h"
#include "tests/emu/tensor_io/scratch.h"

namespace fp6sim::checkpoint {
namespace {

TEST(SpecNames, Scales) {
  emu::QuantizeSpec spec;
  for (const char* name : {"none", "row", "group:1", "group:128"}) {
    set_scale(spec, name);
    EXPECT_EQ(scale_name(spec), name);
  }
  for (const char* bad :
       {"", "rows", "group:", "group:0", "group:-1", "group:1x", "group:99999999999999999999"}) {
    EXPECT_TRUE(mentions(refusal([&] { set_scale(spec, bad); }), "none row group:N")) << bad;
  }
}

TEST(SpecNames, Patterns) {
  EXPECT_TRUE(matches("*", ""));
  EXPECT_TRUE(matches("model.*.weight", "model.layers.0.weight"));
  EXPECT_TRUE(matches("*a*b?c", "xxaxxbyc"));
  EXPECT_FALSE(matches("*a*b?c", "xxaxxbc"));
  EXPECT_FALSE(matches("model", "models"));
  EXPECT_FALSE(matches("", "x"));
  // Would take 2^40 steps by plain backtracking.
  EXPECT_FALSE(matches(std::string(40, '*') + "b", std::string(40, 'a')));
  EXPECT_FALSE(matches("*a*a*a*a*a*a*a*a*a*a*a*a*b", std::string(200, 'a')));
}

TEST(SpecNames, Choice) {
  EXPECT_TRUE(default_choice("model.layers.0.mlp.up_proj.weight", 2));
  EXPECT_FALSE(default_choice("model.layers.0.mlp.up_proj.bias", 1));
  EXPECT_FALSE(default_choice("model.embed_tokens.weight", 2));
  EXPECT_FALSE(default_choice("lm_head.weight", 2));
  const NamePatterns patterns{{"*up*", "lm_head*"}, {"*.0.*"}};
  EXPECT_TRUE(patterns.choose("layers.1.up", 1));
  EXPECT_TRUE(patterns.choose("lm_head.weight", 2));
  EXPECT_FALSE(patterns.choose("layers.0.up", 2));
  EXPECT_FALSE(patterns.choose("layers.1.down", 2));
}

TEST(ErrorSums, SimdEqualsScalarAndSkipsWhatIsNotFinite) {
  std::mt19937 random(1);
  std::uniform_real_distribution<float> distribution(-3, 3);
  for (const std::size_t count : {16, 48, 256}) {
    std::vector<float> w(count), v(count);
    for (auto& x : w) x = distribution(random);
    for (auto& x : v) x = distribution(random);
    w[3] = std::numeric_limits<float>::infinity();
    w[7] = std::nanf("");
    float a[3][16] = {}, b[3][16] = {};
    add_run(w.data(), v.data(), count, a[0], a[1], a[2]);
    add_run_scalar(w.data(), v.data(), count, b[0], b[1], b[2]);
    for (int s = 0; s < 3; ++s) {
      for (int lane = 0; lane < 16; ++lane) ASSERT_EQ(a[s][lane], b[s][lane]);
    }
  }
  const std::vector<float> w{3, 4, std::nanf("")}, v{3, 2, 0};
  const ErrorSums sums = error_sums(w, v);
  EXPECT_EQ(sums.signal, 25);
  EXPECT_EQ(sums.noise, 4);
  EXPECT_EQ(sums.largest, 2);
}

}  // namespace
}  // namespace fp6sim::checkpoint
