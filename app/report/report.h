// One self-contained HTML file of a run, a sweep or a comparison.
#pragma once

#include <boost/json/object.hpp>
#include <filesystem>
#include <string>

namespace fp6sim::app {

/// What a report shows: {"title", "program", "points": [...], "comparison": {...} or absent}; docs/json.md
/// has the keys. From the folder of `run --out` (run.json), and of `compare --json` (compare.json) where it
/// holds one. Throws fp6sim::Error naming what a folder has to hold.
boost::json::object report_data_of_folder(const std::filesystem::path& folder);

/// From a sweep's database. Throws fp6sim::Error for a file that is none.
boost::json::object report_data_of_database(const std::filesystem::path& database);

/// The page: style, data, chart library and script embedded; it loads nothing. Throws fp6sim::Error where
/// this build has no chart library.
std::string report_html(const boost::json::object& report_data);

}  // namespace fp6sim::app
