// Columns of text that line up.
#pragma once

#include <string>
#include <vector>

namespace fp6sim::app {

/// A table of cells; numbers (cells that start with a digit, a sign or a dot) stand right, words left.
class Table {
 public:
  /// A title over `span` neighbouring columns.
  struct Group {
    std::string title;
    int span;
  };

  explicit Table(std::vector<std::string> header) : header_(std::move(header)) {}
  /// A line of titles above the header; their spans cover every column. Terminals only.
  void set_groups(std::vector<Group> groups) { groups_ = std::move(groups); }
  /// As many cells as the header has.
  void add(std::vector<std::string> row);
  /// A thin line before the next row.
  void add_rule();
  /// For terminals: two spaces between columns, a rule below the header.
  std::string text() const;
  /// For documents: a Markdown table.
  std::string markdown() const;
  std::string csv() const;

 private:
  std::string group_line(std::vector<std::size_t>& widths) const;

  std::vector<std::string> header_;
  std::vector<Group> groups_;
  std::vector<std::vector<std::string>> rows_;  ///< an empty row is a rule
};

/// A cell of a CSV file: quoted where it must be (RFC 4180).
std::string csv_cell(const std::string& cell);

}  // namespace fp6sim::app
