// Where a report's data come from.
#include <boost/json/array.hpp>

#include "app/point/evaluate.h"
#include "app/report/report.h"
#include "app/report/report_points.h"
#include "app/sweep/database.h"
#include "emu/error.h"
#include "emu/json/reader.h"

namespace fp6sim::app {
namespace {

namespace bj = boost::json;
namespace fs = std::filesystem;

/// Documents of ours can be large: a run of many models, a comparison of thousands of rows.
constexpr json::Limits kDocumentLimits{.depth = 32, .bytes = std::size_t{1} << 30};

bj::object head(const std::string& title, const std::string& subtitle, const std::string& program) {
  return {{"title", title}, {"subtitle", subtitle}, {"program", program}};
}

/// Throws where `document` was not written by this program's `schema`.
const bj::object& with_schema(const json::Document& document, std::string_view schema) {
  const auto* object = document.root().raw().if_object();
  const auto* found = object == nullptr ? nullptr : object->if_contains("schema");
  if (found == nullptr || !found->is_string() || found->get_string() != schema) {
    throw Error(document.source() + ": not a document with \"schema\": \"" + std::string(schema) + "\"");
  }
  return *object;
}

std::vector<ReportPoint> points_of_run(const json::Document& document) {
  std::vector<ReportPoint> points;
  for (const bj::value& value : with_schema(document, "fp6sim-run-1").at("points").as_array()) {
    bj::object entry = value.as_object();
    ReportPoint point;
    point.baseline_us = entry.at("baseline_us").to_number<double>();
    point.baseline_floor_us = entry.at("baseline_floor_us").to_number<double>();
    bj::object labels;
    for (const auto& member : Point{}.to_json()) {
      labels[member.key()] = entry.at(member.key());
      entry.erase(member.key());
    }
    point.point = Point::from_json(json::Value(bj::value(labels), document.source(), "points"));
    point.result = std::move(entry);
    points.push_back(std::move(point));
  }
  return points;
}

double number_of(const bj::object& object, const char* key) {
  return object.at(key).to_number<double>();
}

/// Totals of a run: rows of the page's table of whole models.
bj::array models_of_run(const json::Document& document) {
  bj::array rows;
  for (const bj::value& value : document.root().raw().at("models").as_array()) {
    const bj::object& model = value.as_object();
    rows.push_back(bj::array{model.at("workload"), model.at("gpu"), model.at("batch"), model.at("kernel"),
                             model.at("design"), rounded(number_of(model, "time_us") / 1000),
                             rounded(number_of(model, "tokens_per_s")),
                             rounded(number_of(model, "speedup"))});
  }
  return rows;
}

/// What verify --json compared: rows of what, compared, mismatches. A check's words (kernel, split,
/// architecture, ...) are its name.
bj::array checks_of(const bj::object& whole) {
  bj::array rows;
  const auto add = [&](const std::string& name, const bj::object& check) {
    rows.push_back(bj::array{bj::string(name), check.at("compared"), check.at("mismatches")});
  };
  for (const auto& member : whole) {
    if (!member.value().is_array()) continue;
    for (const bj::value& value : member.value().get_array()) {
      std::string name(member.key());
      for (const auto& word : value.as_object()) {
        if (word.value().is_string()) name.append(" ").append(word.value().get_string());
      }
      add(name, value.as_object());
    }
  }
  add("all", whole);
  return rows;
}

}  // namespace

bj::object report_data_of_folder(const fs::path& folder) {
  std::vector<ReportPoint> points;
  bj::object comparison;
  bj::array verification, models;
  bool step = false;
  std::string what;
  std::string program = program_version();
  try {
    if (fs::exists(folder / "run.json")) {
      const json::Document document = json::read_file(folder / "run.json", kDocumentLimits);
      points = points_of_run(document);
      models = models_of_run(document);
      step = document.root().raw().at("step").as_bool();
      program = document.root().raw().at("program").as_string().c_str();
      what = "run";
    }
    if (fs::exists(folder / "compare.json")) {
      const json::Document document = json::read_file(folder / "compare.json", kDocumentLimits);
      comparison = with_schema(document, "fp6sim-compare-1");
      what += what.empty() ? "comparison" : " and comparison";
    }
    if (fs::exists(folder / "verify.json")) {
      const json::Document document = json::read_file(folder / "verify.json", kDocumentLimits);
      verification = checks_of(document.root().raw().as_object());
      what += what.empty() ? "verification" : " and verification";
    }
  } catch (const boost::system::system_error& error) {
    throw Error(folder.string() + ": a document lacks what its schema has: " + error.what());
  } catch (const std::out_of_range& error) {
    throw Error(folder.string() + ": a document lacks what its schema has: " + error.what());
  }
  if (what.empty()) {
    throw Error(folder.string() +
                ": expected a folder with run.json (fp6sim run --out), compare.json (fp6sim compare "
                "--json > DIR/compare.json) or verify.json");
  }
  bj::object data = head("fp6sim " + what, folder.filename().string(), program);
  for (auto& member : report_columns(points)) data[member.key()] = std::move(member.value());
  if (!comparison.empty()) data["comparison"] = std::move(comparison);
  if (!models.empty()) {
    data["models"] = std::move(models);
    data["step"] = step;
  }
  if (!verification.empty()) data["verification"] = std::move(verification);
  return data;
}

bj::object report_data_of_database(const fs::path& file) {
  Database database(file, Database::Access::kRead, "");
  std::vector<ReportPoint> points;
  for (StoredPoint& stored : database.all()) {
    points.push_back({std::move(stored.point), std::move(stored.result), std::move(stored.error), {}, {}});
  }
  find_baselines(points);
  bj::object data = head("fp6sim sweep", file.filename().string(), database.program());
  for (auto& member : report_columns(points)) data[member.key()] = std::move(member.value());
  return data;
}

}  // namespace fp6sim::app
