// Results of points in one SQLite file. Schema: docs/sweeps.md; application_id "fp6s", user_version 2.
#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/point/point.h"

struct sqlite3;
struct sqlite3_stmt;

namespace fp6sim::app {

/// One stored point.
struct StoredPoint {
  std::string key;
  Point point;
  boost::json::object result;  ///< empty where it failed
  std::string error;           ///< why it cannot be simulated; empty where it could
  double seconds = 0;          ///< spent simulating it
};

/// Write-ahead logging, one commit a point: a kill loses what is in flight. Several processes may use one
/// file. Every method throws fp6sim::Error naming the file: locked for longer than `lock_wait`, disk full,
/// broken.
class Database {
 public:
  enum class Access { kWrite, kRead };

  /// Opens, or creates for kWrite. A file that is no SQLite database, is not ours, is of another schema or -
  /// to write - of another program version, or is corrupt, is refused untouched.
  Database(const std::filesystem::path& file, Access access, const std::string& program,
           std::chrono::milliseconds lock_wait = std::chrono::minutes(1));
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  bool contains(const std::string& key);
  std::optional<StoredPoint> find(const std::string& key);
  void store(const StoredPoint& point);
  /// Remembers a name under which a point is asked for: its sweep, workload and layer.
  void label(const std::string& sweep, const std::string& key, const Point& point);
  /// Many statements, one commit: begin() ... commit().
  void begin();
  void commit();

  /// True where this process may compute `key`; false where another that is alive said so before. Claims of
  /// processes that ended on this machine, or older than ten minutes, are taken over.
  bool claim(const std::string& key);
  void release_claims();

  /// Every stored point with each of its labels, in the order they were stored.
  std::vector<StoredPoint> all();
  std::string program() const { return program_; }

 private:
  struct Close {
    void operator()(sqlite3* handle) const;
    void operator()(sqlite3_stmt* statement) const;
  };
  using Statement = std::unique_ptr<sqlite3_stmt, Close>;
  void create();
  void execute(const std::string& sql);
  Statement prepare(const std::string& sql);
  bool step(const Statement& statement);
  [[noreturn]] void fail(const std::string& doing);

  std::filesystem::path file_;
  std::string program_, owner_;
  std::chrono::milliseconds lock_wait_;
  std::unique_ptr<sqlite3, Close> handle_;
  Statement contains_, find_, store_, label_, claim_, owner_of_, release_;
};

}  // namespace fp6sim::app
