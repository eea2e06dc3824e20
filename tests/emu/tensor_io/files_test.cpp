// Files as a whole: what opens, what a half-written one leaves behind.
#include <fstream>
#include <iterator>

#include "emu/tensor_io/checkpoint.h"
#include "emu/tensor_io/output_file.h"
#include "tests/emu/tensor_io/scratch.h"

namespace fp6sim::tensor_io {
namespace {

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string shard(const std::string& tensor) {
  std::vector<TensorInfo> tensors{{tensor, DType::kU8, {2}, 0}};
  return safetensors_header(tensors, {}) + "\1\2";
}

TEST(OutputFile, AppearsOnCommitOnly) {
  const ScratchDirectory scratch;
  const std::string path = scratch.write("out", "old");
  {
    OutputFile abandoned(path);
    abandoned.append("half");
    EXPECT_EQ(content(path), "old");
  }
  EXPECT_EQ(content(path), "old");
  OutputFile file(path);
  file.append("head ");
  file.write_at(5, as_bytes("tail"));
  file.commit();
  EXPECT_EQ(content(path), "head tail");
  const std::filesystem::directory_iterator files(std::filesystem::path(path).parent_path());
  EXPECT_EQ(std::distance(begin(files), end(files)), 1) << "a temporary file stayed";
}

TEST(OutputFile, AFullDiskIsAnError) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  OutputFile file("/dev/full");
  EXPECT_TRUE(mentions(refusal([&] { file.append("x"); }), "No space left"));
  EXPECT_TRUE(mentions(refusal([] { OutputFile("/nowhere/at/all"); }), "cannot create"));
}

TEST(Checkpoint, OpensFilesDirectoriesAndIndexes) {
  const ScratchDirectory scratch;
  scratch.write("one.safetensors", shard("a"));
  scratch.write("two.safetensors", shard("b"));
  EXPECT_EQ(Checkpoint::open(scratch.file("")).shards().size(), 2u);
  const std::string index = scratch.write("model.safetensors.index.json",
                                          R"({"metadata":{},"weight_map":{"b":"two.safetensors"}})");
  for (const auto& path : {index, scratch.file("")}) {
    const Checkpoint checkpoint = Checkpoint::open(path);
    EXPECT_TRUE(checkpoint.contains("b"));
    EXPECT_FALSE(checkpoint.contains("a"));
    EXPECT_EQ(to_floats(checkpoint.tensor("b")), (std::vector<float>{1, 2}));
    EXPECT_TRUE(mentions(refusal([&] { checkpoint.tensor("a"); }), "'a' is missing"));
  }
}

TEST(Checkpoint, RefusesWhatIsNotOne) {
  const ScratchDirectory scratch;
  EXPECT_TRUE(mentions(refusal([&] { Checkpoint::open(scratch.file("")); }), "no .safetensors"));
  EXPECT_TRUE(mentions(refusal([&] { Checkpoint::open(scratch.file("none.npy")); }), "cannot open"));
  EXPECT_TRUE(mentions(refusal([&] { Checkpoint::open(scratch.write("a.bin", "")); }), "accepted endings"));
  EXPECT_NE(refusal([&] { Checkpoint::open(scratch.write("empty.npy", "")); }), "");
  EXPECT_TRUE(mentions(refusal([] { Checkpoint::open("/dev/null.npy"); }), "cannot open"));
  scratch.write("one.safetensors", shard("a"));
  const auto index = [&](const std::string& json) {
    return refusal([&] { Checkpoint::open(scratch.write("x.safetensors.index.json", json)); });
  };
  EXPECT_TRUE(mentions(index(R"({"weight_map":{"a":"../one.safetensors"}})"), "plain file name"));
  EXPECT_TRUE(mentions(index(R"({"weight_map":{"a":"gone.safetensors"}})"), "cannot open"));
  EXPECT_TRUE(mentions(index(R"({"weight_map":{"c":"one.safetensors"}})"), "'c' is not in one.safetensors"));
  EXPECT_TRUE(mentions(index(R"({"weight_map":{}})"), "empty"));
  EXPECT_TRUE(mentions(index("{}"), "'weight_map'"));
  scratch.write("two.safetensors", shard("a"));
  EXPECT_TRUE(mentions(refusal([&] { Checkpoint::open(scratch.file("")); }), "two shards"));
}

}  // namespace
}  // namespace fp6sim::tensor_io
