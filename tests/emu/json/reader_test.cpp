// The reader refuses what it was not asked for, and says where it is.
#include "emu/json/reader.h"

#include <gtest/gtest.h>

#include <functional>

#include "emu/error.h"

namespace fp6sim::json {
namespace {

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "(no error)";
}

void expect_says(const std::string& message, std::initializer_list<std::string> parts) {
  for (const auto& part : parts)
    EXPECT_NE(message.find(part), std::string::npos) << message << "\nlacks: " << part;
}

TEST(JsonReader, NamesAMisspeltKeyBeforeWhatItLeavesMissing) {
  const Document document = parse(R"({"nmae":"x","l2":{"sise":3}})", "f");
  expect_says(message_of([&] {
                Object object = document.object();
                object.accept_only({"name", "l2"});
                object.finish();
              }),
              {"f: 'nmae'", "did you mean 'name'?"});
  expect_says(message_of([&] {
                Object object = document.root().as_object().object("l2");
                object.accept_only({"size"});
                object.finish();
              }),
              {"'l2.sise'", "did you mean 'size'?"});
}

TEST(JsonReader, ReadsEveryKind) {
  const Document document =
      parse(R"({"name":"x","on":true,"ghz":1.41,"sms":108,"list":["a","b"],"in":{"k":-3}})", "f");
  Object object = document.object();
  EXPECT_EQ(object.string("name"), "x");
  EXPECT_TRUE(object.boolean("on"));
  EXPECT_DOUBLE_EQ(object.number("ghz", 0, 10), 1.41);
  EXPECT_EQ(object.integer("sms", 1, 1000), 108);
  EXPECT_DOUBLE_EQ(object.number("sms", 1, 1000), 108);  // an integer is a number too
  EXPECT_EQ(object.get("list").as_strings(), (std::vector<std::string>{"a", "b"}));
  Object inner = object.object("in");
  EXPECT_EQ(inner.integer("k", -3, -3), -3);
  EXPECT_EQ(inner.integer_or("absent", 0, 9, 7), 7);
  inner.finish();
  object.finish();
}

TEST(JsonReader, UnknownKeySuggestsTheNearest) {
  const Document document = parse(R"({"l2":{"latency_cycles":1,"latncy_ns":2}})", "gpu.json");
  expect_says(message_of([&] {
                Object object = document.object();
                Object l2 = object.object("l2");
                l2.integer("latency_cycles", 0, 9);
                l2.find("latency_ns");
                l2.finish();
              }),
              {"gpu.json", "l2.latncy_ns", "did you mean 'latency_ns'"});
}

TEST(JsonReader, MissingKeyPointsAtTheMisspelling) {
  const Document document = parse(R"({"a":[{"smz":3}]})", "gpu.json");
  expect_says(message_of([&] {
                Object object = document.object();
                Object element = object.array("a")[0].as_object();
                element.integer("sms", 0, 9);
              }),
              {"gpu.json", "missing key 'a[0].sms'", "'smz'"});
}

TEST(JsonReader, NamesPathValueAndRange) {
  const Document document = parse(R"({"a":{"b":[1,"two",3.5,1e400,18446744073709551615]}})", "f.json");
  const auto element = [&](std::size_t i) {
    Object root = document.object();
    Object a = root.object("a");
    const Value value = a.array("b")[i];
    a.finish();
    root.finish();
    return value;
  };
  expect_says(message_of([&] { element(0).as_integer(2, 8); }),
              {"f.json: 'a.b[0]' is 1", "integer from 2 to 8"});
  expect_says(message_of([&] { element(1).as_integer(2, 8); }), {"'a.b[1]' is \"two\"", "integer"});
  expect_says(message_of([&] { element(2).as_integer(2, 8); }), {"'a.b[2]' is 3.5", "integer"});
  expect_says(message_of([&] { element(2).as_boolean(); }), {"true or false"});
  expect_says(message_of([&] { element(4).as_integer(0, INT64_MAX); }), {"integer"});
  expect_says(message_of([&] { element(0).as_object(); }), {"expected an object"});
  expect_says(message_of([&] { element(0).as_string(); }), {"expected a string"});
  static constexpr std::string_view kAccepted[] = {"one", "too"};
  expect_says(message_of([&] { element(1).as_one_of(kAccepted); }), {"did you mean 'too'"});
}

TEST(JsonReader, NumbersBeyondBinary64AreRefused) {
  const std::string text = R"({"x":1e400})";
  expect_says(message_of([&] {
                const Document document = parse(text, "f");
                document.root().as_object().get("x").as_number(0, 1e300);
              }),
              {"f"});
}

TEST(JsonReader, SyntaxErrorsNameLineAndColumn) {
  expect_says(message_of([] { parse("{\n  \"a\": 1,\n  \"b\": x\n}", "f.json"); }),
              {"f.json: line 3, column 8"});
  expect_says(message_of([] { parse("{\"a\": 1", "f.json"); }), {"line 1, column 8"});
  expect_says(message_of([] { parse("", "f.json"); }), {"line 1, column 1"});
  expect_says(message_of([] { parse("{} {}", "f.json"); }), {"line 1, column 4"});
  expect_says(message_of([] { parse("{\"a\":1,}", "f.json"); }), {"not JSON"});
  expect_says(message_of([] { parse("{\"a\":NaN}", "f.json"); }), {"not JSON"});
  expect_says(message_of([] { parse("// no\n{}", "f.json"); }), {"not JSON"});
  expect_says(message_of([] { parse("{\"a\":\"\xff\xfe\"}", "f.json"); }), {"not JSON"});
}

TEST(JsonReader, RepeatedKeysAreRefused) {
  expect_says(message_of([] { parse("{\"a\":{\"b\":1},\n\"c\":2,\"a\":3}", "f.json"); }),
              {"line 2", "'a' is given twice"});
  EXPECT_NO_THROW(parse(R"({"a":{"x":1},"b":{"x":1},"c":[{"x":1},{"x":1}]})", "f.json"));
}

TEST(JsonReader, LimitsHold) {
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  expect_says(message_of([&] { parse(deep, "f.json"); }), {"nested deeper than the 32 levels"});
  expect_says(message_of([&] { parse("[1,2,3]", "f.json", {.depth = 3, .bytes = 4}); }), {"at most 4"});
  expect_says(message_of([] { read_file("/dev/zero", {.depth = 3, .bytes = 1000}); }),
              {"/dev/zero", "1000 bytes"});
}

TEST(JsonReader, FilesThatCannotBeRead) {
  expect_says(message_of([] { read_file("/nonexistent/x.json"); }),
              {"/nonexistent/x.json", "cannot be read"});
  expect_says(message_of([] { read_file("/tmp"); }), {"directory"});
}

TEST(JsonReader, CutAnywhereItIsRefusedNotCrashed) {
  const std::string text = R"({"name":"x","on":true,"ghz":1.41e3,"list":["a",{"k":null}],"e":"\u00e9"})";
  ASSERT_NO_THROW(parse(text, "f"));
  for (std::size_t length = 0; length < text.size(); ++length) {
    EXPECT_THROW(parse(text.substr(0, length), "f"), Error) << text.substr(0, length);
  }
}

}  // namespace
}  // namespace fp6sim::json
