#include "app/text/table.h"

#include <algorithm>
#include <cassert>
#include <cctype>

namespace fp6sim::app {
namespace {

bool stands_right(const std::string& cell) {
  return !cell.empty() && (std::isdigit(static_cast<unsigned char>(cell[0])) != 0 || cell[0] == '-' ||
                           cell[0] == '+' || cell[0] == '.');
}

/// Columns a cell takes on a terminal: UTF-8 continuation bytes take none.
std::size_t width_of(const std::string& cell) {
  return static_cast<std::size_t>(std::count_if(
      cell.begin(), cell.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

void Table::add(std::vector<std::string> row) {
  assert(row.size() == header_.size());
  rows_.push_back(std::move(row));
}

void Table::add_rule() {
  rows_.emplace_back();
}

std::string Table::text() const {
  std::vector<std::size_t> widths;
  for (const auto& cell : header_) widths.push_back(width_of(cell));
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  const std::string titles = group_line(widths);
  // A header stands as the first cell below it does.
  std::vector<bool> right(header_.size(), false);
  for (std::size_t i = 0; i < header_.size(); ++i) {
    for (const auto& row : rows_) {
      if (row.empty() || row[i].empty()) continue;
      right[i] = stands_right(row[i]);
      break;
    }
  }
  std::string out;
  const auto put = [&](const std::vector<std::string>& row, bool is_header) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string pad(widths[i] - width_of(row[i]), ' ');
      const bool to_right = is_header ? right[i] : stands_right(row[i]);
      if (i > 0) line.append("  ");
      line.append(to_right ? pad : row[i]).append(to_right ? row[i] : pad);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  };
  std::size_t total = 2 * (widths.size() - 1);
  for (const std::size_t width : widths) total += width;
  out += titles;
  put(header_, true);
  out += std::string(total, '-') + "\n";
  for (const auto& row : rows_) row.empty() ? void(out += std::string(total, '-') + "\n") : put(row, false);
  return out;
}

/// Widens each group's last column until its title fits, and draws the titles.
std::string Table::group_line(std::vector<std::size_t>& widths) const {
  std::string line;
  std::size_t column = 0;
  for (const Group& group : groups_) {
    const std::size_t last = column + static_cast<std::size_t>(group.span) - 1;
    std::size_t span = 2 * (last - column);
    for (std::size_t i = column; i <= last; ++i) span += widths[i];
    const std::size_t title = width_of(group.title);
    if (title > span) {
      widths[last] += title - span;
      span = title;
    }
    const std::size_t left = (span - title) / 2;
    if (column > 0) line.append("  ");
    line.append(left, ' ').append(group.title).append(span - title - left, ' ');
    column = last + 1;
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return groups_.empty() ? "" : line + "\n";
}

std::string Table::markdown() const {
  std::string out = "|";
  for (const auto& cell : header_) out.append(" ").append(cell).append(" |");
  out += "\n|";
  for (std::size_t i = 0; i < header_.size(); ++i) out += "---|";
  out += "\n";
  for (const auto& row : rows_) {
    if (row.empty()) continue;
    out += "|";
    for (const auto& cell : row) out.append(" ").append(cell).append(" |");
    out += "\n";
  }
  return out;
}

std::string Table::csv() const {
  std::string out;
  const auto put = [&](const std::vector<std::string>& row) {
    for (std::size_t i = 0; i < row.size(); ++i) out.append(i == 0 ? "" : ",").append(csv_cell(row[i]));
    out += "\n";
  };
  put(header_);
  for (const auto& row : rows_) {
    if (!row.empty()) put(row);
  }
  return out;
}

std::string csv_cell(const std::string& cell) {
  if (cell.find_first_of(",\"\r\n") == std::string::npos) return cell;
  std::string quoted = "\"";
  for (const char c : cell) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + "\"";
}

}  // namespace fp6sim::app
