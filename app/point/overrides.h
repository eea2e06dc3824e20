// Replacing a field of a description by its path.
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace fp6sim::app {

/// Replaces the number, string or boolean at `path` ("l2.size_mb", "tiles[0].stages") in `description` by
/// `value` of the same kind. A field that carries its source ({"value": 40, "source": "..."}) keeps its other
/// keys and has its value replaced. Throws fp6sim::Error naming the nearest path where there is none, and
/// both kinds where they differ. `what` names the description in errors.
void replace_field(boost::json::value& description, std::string_view path, const boost::json::value& value,
                   std::string_view what);

/// Every path replace_field() takes, in the document's order.
std::vector<std::string> field_paths(const boost::json::value& description);

}  // namespace fp6sim::app
