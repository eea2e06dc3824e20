// The JSON reader: any text is a document or an Error.
#include <string_view>

#include "emu/error.h"
#include "emu/json/reader.h"
#include "tests/fuzz/fuzz.h"

namespace fp6sim::fuzz {

std::vector<std::string> seeds() {
  return {R"({"name": "a100", "sms": 108, "l2": {"slices": [1, 2.5, -3e4], "hash": true}, "note": null})",
          R"([[], {}, "\u00e9\n", 1e308, -0.0, 12345678901234567890])", R"({"a": 1, "a": 2})",
          "[[[[[[[[[[[[]]]]]]]]]]]]"};
}

void run_one(const std::uint8_t* bytes, std::size_t size) {
  try {
    const json::Document document = json::parse({reinterpret_cast<const char*>(bytes), size}, "fuzz.json");
    const json::Value root = document.root();
    if (root.is_object()) {
      json::Object object = root.as_object();
      if (const auto value = object.find("sms")) value->as_integer(1, 1000);
      object.finish();
    }
  } catch (const Error&) {  // refused: fine
  }
}

}  // namespace fp6sim::fuzz
