#include "emu/simt/site.h"

#include <cstring>
#include <string_view>
#include <tuple>

namespace fp6sim::simt {

std::string short_path(const char* path) {
  const std::string_view whole(path);
  const auto last = whole.rfind('/');
  if (last == std::string_view::npos || last == 0) return std::string(whole);
  const auto before = whole.rfind('/', last - 1);
  return std::string(before == std::string_view::npos ? whole : whole.substr(before + 1));
}

bool SiteTable::before(std::uint32_t a, std::uint32_t b) const {
  if (a == b) return false;
  const Where& x = sites_[a];
  const Where& y = sites_[b];
  const int files = std::strcmp(x.file_name(), y.file_name());
  if (files != 0) return files < 0;
  return std::tuple(x.line(), x.column()) < std::tuple(y.line(), y.column());
}

std::uint32_t SiteTable::look_up(const Where& where) {
  // Template instantiations give one line several addresses: equal text is one site.
  for (std::uint32_t i = 1; i < sites_.size(); ++i) {
    if (sites_[i].line() == where.line() && sites_[i].column() == where.column() &&
        std::strcmp(sites_[i].file_name(), where.file_name()) == 0) {
      return i;
    }
  }
  if (sites_.size() > kLimit) return kUnknown;
  sites_.push_back(where);
  texts_.push_back(short_path(where.file_name()) + ":" + std::to_string(where.line()));
  return static_cast<std::uint32_t>(sites_.size() - 1);
}

}  // namespace fp6sim::simt
