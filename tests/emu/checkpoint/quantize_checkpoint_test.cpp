#include "emu/checkpoint/quantize_checkpoint.h"

#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>

#include "emu/binary16.h"
#include "emu/checkpoint/gptq_method.h"
#include "emu/dequantize.h"
#include "emu/packing/linear.h"
#include "emu/parallel.h"
#include "emu/tensor_io/checkpoint.h"
#include "emu/tensor_io/npy.h"
#include "tests/emu/tensor_io/scratch.h"

namespace fp6sim::checkpoint {
namespace {

using tensor_io::DType;

std::vector<float> random_weights(std::size_t count, std::uint32_t seed = 1) {
  std::mt19937 random(seed);
  std::normal_distribution<float> distribution(0, 0.02f);
  std::vector<float> weights(count);
  for (float& w : weights) w = emu::from_binary16(emu::to_binary16(distribution(random)));
  return weights;
}

struct Entry {
  std::string name;
  std::vector<std::uint64_t> shape;
  std::vector<float> values;
};

std::string as_file(const std::vector<Entry>& entries) {
  std::vector<tensor_io::TensorInfo> tensors;
  std::string bytes;
  for (const auto& e : entries) {
    tensors.push_back({e.name, DType::kF32, e.shape, 0});
    bytes.append(reinterpret_cast<const char*>(e.values.data()), e.values.size() * 4);
  }
  return tensor_io::safetensors_header(tensors, {{"origin", "test"}}) + bytes;
}

template <class T>
std::vector<T> values_of(const tensor_io::Checkpoint& file, const std::string& name) {
  const auto tensor = file.tensor(name);
  std::vector<T> values(tensor.bytes.size() / sizeof(T));
  std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  return values;
}

QuantizeJob job_for(const std::string& format, const std::string& scale, Output output,
                    bool zero_point = false) {
  QuantizeJob job;
  job.spec.format = emu::format_by_name(format);
  set_scale(job.spec, scale);
  job.spec.zero_point = zero_point;
  job.output = output;
  return job;
}

std::vector<std::uint16_t> binary16(const std::vector<float>& values) {
  std::vector<std::uint16_t> bits;
  for (const float v : values) bits.push_back(emu::to_binary16(v));
  return bits;
}

struct Case {
  const char* format;
  const char* scale;
  const char* split;
  std::size_t rows, columns;
  bool zero_point;
};

TEST(QuantizeCheckpoint, EveryOutputIsWhatTheWholeTensorWouldGive) {
  // Several blocks of rows; columns that are and are not multiples of 16 and 32; the streaming path and the
  // other.
  const Case cases[] = {
      {"e3m2", "row", "4+2", 700, 256, false},        {"e3m2", "group:64", "4+2-byte", 300, 512, false},
      {"e2m3", "row", "packed6", 900, 100, false},    {"e3m2", "row", "2+4", 1000, 75, false},
      {"e2m2", "group:5", "4+1", 999, 75, false},     {"int4", "group:32", "packed4", 999, 96, true},
      {"int8", "row", "padded8", 400, 200, true},     {"e3m2", "none", "4+2", 77, 1001, false},
      {"int6", "group:25", "packed6", 700, 125, true}};
  for (const Case& c : cases) {
    SCOPED_TRACE(std::string(c.format) + " " + c.scale + " " + c.split);
    const ScratchDirectory scratch;
    std::vector<float> weights = random_weights(c.rows * c.columns);
    if (std::string(c.scale) == "none") {
      for (float& w : weights) w *= 200;
    }
    const std::string in = scratch.write("in.safetensors", as_file({{"w", {c.rows, c.columns}, weights}}));
    QuantizeJob job = job_for(c.format, c.scale, Output::kPacked, c.zero_point);
    job.split = emu::split_by_name(c.split);
    const auto summary = quantize_checkpoint(in, scratch.file("packed.safetensors"), job);
    const auto whole = emu::quantize(weights, c.rows, c.columns, job.spec);
    std::vector<std::uint16_t> expected(weights.size());
    emu::dequantize_to_binary16(whole, expected);

    const auto packed = tensor_io::Checkpoint::open(scratch.file("packed.safetensors"));
    const auto words = emu::pack_linear(*job.split, whole.codes);
    EXPECT_EQ(values_of<std::uint32_t>(packed, "w.wide"), words.wide);
    if (!words.narrow.empty()) {
      EXPECT_EQ(values_of<std::uint32_t>(packed, "w.narrow"), words.narrow);
    }
    if (job.spec.scaled) {
      EXPECT_EQ(values_of<std::uint16_t>(packed, "w.scales"), binary16(whole.scales));
    }
    if (c.zero_point) {
      const auto zeros = emu::pack_linear(emu::default_split(job.spec.format.bits == 4 ? 4 : 8), whole.zeros);
      EXPECT_EQ(values_of<std::uint32_t>(packed, "w.zeros"), zeros.wide);
    }
    const auto& metadata = packed.shards()[0].header.metadata;
    EXPECT_EQ(metadata.at("origin"), "test");
    EXPECT_EQ(metadata.at("fp6sim.split"), c.split);
    EXPECT_EQ(metadata.at("fp6sim.shape.w"),
              tensor_io::shape_text(std::vector<std::uint64_t>{c.rows, c.columns}));

    job.split.reset();
    job.output = Output::kFake;
    quantize_checkpoint(in, scratch.file("fake.safetensors"), job);
    const auto fake = tensor_io::Checkpoint::open(scratch.file("fake.safetensors"));
    EXPECT_EQ(fake.tensor("w").info.shape, (std::vector<std::uint64_t>{c.rows, c.columns}));
    EXPECT_EQ(values_of<std::uint16_t>(fake, "w"), expected);
    job.output = Output::kCodes;
    quantize_checkpoint(in, scratch.file("codes.safetensors"), job);
    EXPECT_EQ(values_of<std::uint8_t>(tensor_io::Checkpoint::open(scratch.file("codes.safetensors")), "w"),
              whole.codes);

    double signal = 0, noise = 0, largest = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const double error =
          std::fabs(static_cast<double>(weights[i]) - static_cast<double>(emu::from_binary16(expected[i])));
      signal += static_cast<double>(weights[i]) * static_cast<double>(weights[i]);
      noise += error * error;
      largest = std::max(largest, error);
    }
    ASSERT_EQ(summary.layers.size(), 1u);
    EXPECT_NEAR(summary.layers[0].snr_db, 10 * std::log10(signal / noise), 1e-4);
    EXPECT_NEAR(summary.layers[0].max_error, largest, 1e-7);
  }
}

TEST(QuantizeCheckpoint, ThreadsAndPiecesDoNotChangeStochasticRounding) {
  const ScratchDirectory scratch;
  const auto weights = random_weights(900 * 128);
  const std::string in = scratch.write("in.safetensors", as_file({{"w", {900, 128}, weights}}));
  QuantizeJob job = job_for("e3m2", "row", Output::kCodes);
  job.spec.rounding = emu::rounding_from_name("stochastic:9");
  const auto expected = emu::quantize(weights, 900, 128, job.spec).codes;
  for (const int threads : {1, 3}) {
    emu::set_thread_count(threads);
    quantize_checkpoint(in, scratch.file("out.safetensors"), job);
    EXPECT_EQ(values_of<std::uint8_t>(tensor_io::Checkpoint::open(scratch.file("out.safetensors")), "w"),
              expected);
  }
  emu::set_thread_count(0);
}

TEST(QuantizeCheckpoint, ChoosesByNameAndCopiesTheRest) {
  const ScratchDirectory scratch;
  const auto weights = random_weights(64);
  const std::string in = scratch.write(
      "in.safetensors",
      as_file({{"a.up", {4, 16}, weights}, {"embed", {4, 16}, weights}, {"norm", {64}, weights}}));
  const auto out = scratch.file("out.safetensors");
  const auto names = [&](const NamePatterns& patterns) {
    QuantizeJob job = job_for("e3m2", "row", Output::kFake);
    job.patterns = patterns;
    std::vector<std::string> quantized;
    for (const auto& layer : quantize_checkpoint(in, out, job).layers) quantized.push_back(layer.name);
    return quantized;
  };
  EXPECT_EQ(names({}), std::vector<std::string>{"a.up"});
  EXPECT_EQ(values_of<float>(tensor_io::Checkpoint::open(out), "embed"), weights);
  EXPECT_EQ(names({{"*"}, {"*up"}}), (std::vector<std::string>{"embed", "norm"}));
  EXPECT_TRUE(mentions(refusal([&] { names({{"nothing"}, {}}); }), "no tensor was chosen"));
}

TEST(QuantizeCheckpoint, DirectoriesKeepTheirShards) {
  const ScratchDirectory scratch;
  std::filesystem::create_directory(scratch.file("in"));
  scratch.write("in/one.safetensors", as_file({{"a", {2, 16}, random_weights(32)}}));
  scratch.write("in/two.safetensors", as_file({{"b", {2, 16}, random_weights(32)}}));
  scratch.write("in/config.json", "{}");
  scratch.write("in/model.safetensors.index.json",
                R"({"weight_map":{"a":"one.safetensors","b":"two.safetensors"}})");
  quantize_checkpoint(scratch.file("in"), scratch.file("out"), job_for("e3m2", "row", Output::kFake));
  const auto out = tensor_io::Checkpoint::open(scratch.file("out"));
  EXPECT_EQ(out.shards().size(), 2u);
  EXPECT_EQ(out.tensor("b").info.dtype, DType::kF16);
  EXPECT_TRUE(std::filesystem::exists(scratch.file("out/config.json")));
  const auto message = refusal([&] {
    quantize_checkpoint(scratch.file("in"), scratch.file("in"), job_for("e3m2", "row", Output::kFake));
  });
  EXPECT_TRUE(mentions(message, "is the input"));
}

TEST(QuantizeCheckpoint, NpyInAndOut) {
  const ScratchDirectory scratch;
  std::vector<std::uint16_t> all(65536);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint16_t>(i);
  std::string file = tensor_io::npy_header(DType::kF16, std::vector<std::uint64_t>{65536});
  file.append(reinterpret_cast<const char*>(all.data()), 2 * all.size());
  const std::string in = scratch.write("all.npy", file);
  quantize_checkpoint(in, scratch.file("codes.npy"), job_for("e3m2", "none", Output::kCodes));
  const auto codes = values_of<std::uint8_t>(tensor_io::Checkpoint::open(scratch.file("codes.npy")), "codes");
  ASSERT_EQ(codes.size(), all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    ASSERT_EQ(codes[i], emu::encode(emu::kE3M2, emu::from_binary16(all[i]))) << i;  // NaN: +largest
  }

  const auto weights = random_weights(8 * 32);
  std::string matrix = tensor_io::npy_header(DType::kF32, std::vector<std::uint64_t>{8, 32});
  matrix.append(reinterpret_cast<const char*>(weights.data()), 4 * weights.size());
  const std::string in2 = scratch.write("w.npy", matrix);
  const QuantizeJob job = job_for("int4", "group:16", Output::kCodes, true);
  const auto summary = quantize_checkpoint(in2, scratch.file("q.npy"), job);
  EXPECT_EQ(summary.written.size(), 3u);
  const auto whole = emu::quantize(weights, 8, 32, job.spec);
  const auto scales = tensor_io::Checkpoint::open(scratch.file("q.scales.npy"));
  EXPECT_EQ(values_of<std::uint16_t>(scales, "q.scales"), binary16(whole.scales));
  EXPECT_EQ(scales.tensor("q.scales").info.shape, (std::vector<std::uint64_t>{8, 2}));
  EXPECT_EQ(values_of<std::uint8_t>(tensor_io::Checkpoint::open(scratch.file("q.zeros.npy")), "q.zeros"),
            whole.zeros);
  EXPECT_TRUE(mentions(refusal([&] {
                         quantize_checkpoint(in2, scratch.file("p.npy"),
                                             job_for("e3m2", "row", Output::kPacked));
                       }),
                       "several arrays"));
}

TEST(QuantizeCheckpoint, RefusesByNameAndLeavesNothingBehind) {
  const ScratchDirectory scratch;
  auto weights = random_weights(1000 * 128);
  weights[900 * 128 + 5] = std::nanf("");
  const std::string in = scratch.write("in.safetensors", as_file({{"layer.w", {1000, 128}, weights}}));
  const auto out = scratch.file("out.safetensors");
  const auto message = [&](const char* format, const char* scale, Output output = Output::kPacked) {
    return refusal([&] { quantize_checkpoint(in, out, job_for(format, scale, output)); });
  };
  // The streaming path and the other name the same place.
  EXPECT_TRUE(mentions(message("e3m2", "row"), "'layer.w'[900, 5] is NaN"));
  EXPECT_TRUE(mentions(message("int5", "row"), "'layer.w'[900, 5] is NaN"));
  EXPECT_TRUE(mentions(message("e3m2", "group:48"), "does not divide"));
  EXPECT_NE(message("fp16", "row"), "");
  EXPECT_FALSE(std::filesystem::exists(out));
  const std::filesystem::directory_iterator files{std::filesystem::path(out).parent_path()};
  EXPECT_EQ(std::distance(begin(files), end(files)), 1) << "a temporary file stayed";
  QuantizeJob saturating = job_for("e3m2", "row", Output::kCodes);
  saturating.spec.non_finite = emu::NonFinite::kSaturate;
  quantize_checkpoint(in, out, saturating);
  EXPECT_EQ(values_of<std::uint8_t>(tensor_io::Checkpoint::open(out), "layer.w")[900 * 128 + 5], 31);
  QuantizeJob split = job_for("int4", "row", Output::kPacked);
  split.split = emu::Split::k4Plus2;
  EXPECT_TRUE(
      mentions(refusal([&] { quantize_checkpoint(in, out, split); }), "does not hold the 4-bit codes"));
  const std::string huge =
      scratch.write("huge.safetensors", as_file({{"w", {2, 16}, std::vector<float>(32, 1e6f)}}));
  EXPECT_TRUE(mentions(
      refusal([&] { quantize_checkpoint(huge, out, job_for("e3m2", "row", Output::kFake)); }), "65504"));
}

TEST(QuantizeCheckpoint, GptqReadsActivations) {
  const ScratchDirectory scratch;
  const auto weights = random_weights(8 * 32);
  const std::string in = scratch.write("in.safetensors", as_file({{"a.weight", {8, 32}, weights}}));
  const std::string x =
      scratch.write("x.safetensors", as_file({{"a", {64, 32}, random_weights(64 * 32, 2)}}));
  const std::string other =
      scratch.write("y.safetensors", as_file({{"b", {64, 32}, random_weights(64 * 32, 2)}}));
  QuantizeJob job = job_for("int4", "row", Output::kCodes);
  const auto run = [&](const std::string& calibration) {
    job.method = gptq_method(job.spec, calibration);
    quantize_checkpoint(in, scratch.file("out.safetensors"), job);
  };
  const std::string message = refusal([&] { run(x); });
  if (message.find("no GPTQ") != std::string::npos) GTEST_SKIP() << message;
  EXPECT_EQ(message, "");
  const auto codes =
      values_of<std::uint8_t>(tensor_io::Checkpoint::open(scratch.file("out.safetensors")), "a.weight");
  EXPECT_NE(codes, emu::quantize(weights, 8, 32, job.spec).codes);
  EXPECT_TRUE(mentions(refusal([&] { run(other); }), "no activations for tensor 'a.weight'"));
  const std::string narrow =
      scratch.write("z.safetensors", as_file({{"a", {64, 16}, random_weights(64 * 16, 2)}}));
  EXPECT_TRUE(mentions(refusal([&] { run(narrow); }), "needed: [tokens, 32]"));
}

}  // namespace
}  // namespace fp6sim::checkpoint
