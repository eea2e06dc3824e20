#include "app/sweep/database.h"

#include <fmt/core.h>
#include <signal.h>
#include <sqlite3.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <ctime>

#include "app/sweep/database_check.h"
#include "emu/error.h"

namespace fp6sim::app {
namespace {

namespace bj = boost::json;

constexpr std::int64_t kClaimSeconds = 600;

/// The columns repeat what is asked for most; `result` has everything.
constexpr const char* kSchema = R"sql(
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE points (
  id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE,
  gpu TEXT NOT NULL, kernel TEXT NOT NULL, design TEXT NOT NULL, split TEXT NOT NULL, step TEXT NOT NULL,
  m INTEGER NOT NULL, k INTEGER NOT NULL, batch INTEGER NOT NULL, warm_l2 INTEGER NOT NULL, exact INTEGER NOT NULL,
  overrides TEXT NOT NULL, error TEXT NOT NULL,
  time_us REAL, dram_bandwidth_pct REAL, bound_by TEXT, energy_uj REAL, area_mm2 REAL, quality_db REAL,
  result TEXT NOT NULL, seconds REAL NOT NULL, stored_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ')));
CREATE TABLE labels (
  sweep TEXT NOT NULL, key TEXT NOT NULL, workload TEXT NOT NULL, layer TEXT NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (key, sweep, workload, layer)) WITHOUT ROWID;
CREATE TABLE claims (key TEXT PRIMARY KEY, owner TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
)sql";

void bind(sqlite3_stmt* statement, int at, const std::string& text) {
  sqlite3_bind_text(statement, at, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
}
void bind(sqlite3_stmt* statement, int at, std::int64_t number) {
  sqlite3_bind_int64(statement, at, number);
}
void bind(sqlite3_stmt* statement, int at, double number) {
  sqlite3_bind_double(statement, at, number);
}

template <class... Values>
void bind_all(sqlite3_stmt* statement, const Values&... values) {
  sqlite3_reset(statement);
  int at = 0;
  (bind(statement, ++at, values), ...);
}

std::string text_at(sqlite3_stmt* statement, int column) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
  return text == nullptr ? "" : text;
}

double number_of(const bj::object& result, std::string_view key) {
  const auto* value = result.if_contains(key);
  return value == nullptr ? 0.0 : value->to_number<double>();
}

/// "host:pid" of this process.
std::string this_owner() {
  char host[256] = {};
  ::gethostname(host, sizeof host - 1);
  return std::string(host) + ":" + std::to_string(::getpid());
}

/// On this machine a process that is gone can be seen to be gone.
bool is_gone(const std::string& owner, const std::string& self) {
  const std::size_t colon = owner.rfind(':'), own_colon = self.rfind(':');
  if (colon == std::string::npos || owner.substr(0, colon) != self.substr(0, own_colon)) return false;
  return ::kill(static_cast<pid_t>(std::stol(owner.substr(colon + 1))), 0) != 0 && errno == ESRCH;
}

StoredPoint row_of(sqlite3_stmt* row) {
  StoredPoint stored;
  stored.key = text_at(row, 0);
  Point& point = stored.point;
  point.gpu = text_at(row, 1);
  point.kernel = text_at(row, 2);
  point.design = text_at(row, 3);
  point.split = text_at(row, 4);
  point.shape = {sqlite3_column_int64(row, 5), sqlite3_column_int64(row, 6), sqlite3_column_int64(row, 7)};
  point.warm_l2 = sqlite3_column_int(row, 8) != 0;
  point.exact = sqlite3_column_int(row, 9) != 0;
  point.overrides = bj::parse(text_at(row, 10)).as_object();
  stored.error = text_at(row, 11);
  stored.result = bj::parse(text_at(row, 12)).as_object();
  stored.seconds = sqlite3_column_double(row, 13);
  point.workload = text_at(row, 14);
  point.layer = text_at(row, 15);
  point.count = sqlite3_column_int64(row, 16);
  point.step = text_at(row, 17);
  return stored;
}

constexpr const char* kSelect =
    "SELECT p.key, gpu, kernel, design, split, m, k, batch, warm_l2, exact, overrides, error, result, "
    "seconds,"
    " coalesce(l.workload, ''), coalesce(l.layer, m || 'x' || k), coalesce(l.count, 1), step"
    " FROM points p LEFT JOIN (SELECT DISTINCT key, workload, layer, count FROM labels) l USING (key)";

}  // namespace

void Database::Close::operator()(sqlite3* handle) const {
  sqlite3_close(handle);
}
void Database::Close::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

void Database::fail(const std::string& doing) {
  const int code = sqlite3_errcode(handle_.get());
  std::string why = sqlite3_errmsg(handle_.get());
  if (code == SQLITE_BUSY || code == SQLITE_LOCKED) {
    why = fmt::format("another process has kept it locked for {:g} s",
                      std::chrono::duration<double>(lock_wait_).count());
  }
  throw Error(file_.string() + ": " + doing + ": " + why +
              "; points stored before are safe, run again to go on");
}

void Database::execute(const std::string& sql) {
  if (sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    fail("cannot be written");
}

Database::Statement Database::prepare(const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(handle_.get(), sql.c_str(), -1, &statement, nullptr) != SQLITE_OK)
    fail("cannot be used");
  return Statement(statement);
}

bool Database::step(const Statement& statement) {
  const int code = sqlite3_step(statement.get());
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) {
    sqlite3_reset(statement.get());
    fail("reading or writing failed");
  }
  sqlite3_reset(statement.get());
  return false;
}

Database::Database(const std::filesystem::path& file, Access access, const std::string& program,
                   std::chrono::milliseconds lock_wait)
    : file_(file), program_(program), owner_(this_owner()), lock_wait_(lock_wait) {
  const bool exists = check_database_file(file, access == Access::kWrite ? program : "");
  if (!exists && access == Access::kRead) throw Error(file.string() + ": there is no such database");
  sqlite3* handle = nullptr;
  const int flags =
      access == Access::kRead ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  const int opened = sqlite3_open_v2(file.c_str(), &handle, flags, nullptr);
  handle_.reset(handle);
  if (opened != SQLITE_OK) throw Error(file.string() + ": cannot be opened: " + sqlite3_errmsg(handle));
  sqlite3_busy_timeout(handle, static_cast<int>(lock_wait_.count()));
  if (!exists) create();
  const Statement version = prepare("SELECT value FROM meta WHERE name = 'program'");
  const std::string stored = step(version) ? text_at(version.get(), 0) : "";
  sqlite3_reset(version.get());
  if (access == Access::kWrite && stored != program)
    throw Error(file.string() + ": fp6sim " + stored + " made it meanwhile, this is " + program);
  program_ = stored;
  if (access == Access::kWrite) execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
  contains_ = prepare("SELECT 1 FROM points WHERE key = ?1");
  find_ = prepare(std::string(kSelect) + " WHERE p.key = ?1 LIMIT 1");
  store_ = prepare(
      "INSERT OR IGNORE INTO points (key, gpu, kernel, design, split, m, k, batch, warm_l2, exact, "
      "overrides, error,"
      " time_us, dram_bandwidth_pct, bound_by, energy_uj, area_mm2, quality_db, result, seconds, step)"
      " VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21)");
  label_ = prepare("INSERT OR IGNORE INTO labels VALUES (?1, ?2, ?3, ?4, ?5)");
  claim_ = prepare("INSERT OR REPLACE INTO claims VALUES (?1, ?2, ?3)");
  owner_of_ = prepare("SELECT owner, at FROM claims WHERE key = ?1");
  release_ = prepare("DELETE FROM claims WHERE owner = ?1");
}

Database::~Database() = default;

/// In one transaction and before the write-ahead log, so that a kill leaves either nothing or a whole empty
/// database.
void Database::create() {
  execute("BEGIN EXCLUSIVE");
  const Statement present = prepare("SELECT 1 FROM sqlite_master WHERE name = 'meta'");
  const bool made_meanwhile = step(present);
  sqlite3_reset(present.get());
  if (!made_meanwhile) {
    execute(
        fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {};", kApplicationId, kSchemaVersion));
    execute(kSchema);
    const Statement version = prepare("INSERT INTO meta VALUES ('program', ?1)");
    bind_all(version.get(), program_);
    step(version);
  }
  execute("COMMIT");
}

void Database::begin() {
  execute("BEGIN IMMEDIATE");
}
void Database::commit() {
  execute("COMMIT");
}

bool Database::contains(const std::string& key) {
  bind_all(contains_.get(), key);
  const bool found = step(contains_);
  sqlite3_reset(contains_.get());
  return found;
}

std::optional<StoredPoint> Database::find(const std::string& key) {
  bind_all(find_.get(), key);
  std::optional<StoredPoint> stored;
  if (step(find_)) stored = row_of(find_.get());
  sqlite3_reset(find_.get());
  return stored;
}

void Database::store(const StoredPoint& stored) {
  const Point& p = stored.point;
  const auto* bound = stored.result.if_contains("bound_by");
  bind_all(store_.get(), stored.key, p.gpu, p.kernel, p.design, p.split, p.shape.m, p.shape.k, p.shape.n,
           std::int64_t{p.warm_l2}, std::int64_t{p.exact}, bj::serialize(p.overrides), stored.error,
           number_of(stored.result, "time_us"), number_of(stored.result, "dram_bandwidth_pct"),
           bound == nullptr ? std::string() : std::string(bound->as_string()),
           number_of(stored.result, "energy_uj"), number_of(stored.result, "area_mm2"),
           number_of(stored.result, "quality_db"), bj::serialize(stored.result), stored.seconds, p.step);
  step(store_);
}

void Database::label(const std::string& sweep, const std::string& key, const Point& point) {
  bind_all(label_.get(), sweep, key, point.workload, point.layer, point.count);
  step(label_);
}

bool Database::claim(const std::string& key) {
  const std::int64_t now = std::time(nullptr);
  begin();  // looking and claiming must be one step
  bind_all(owner_of_.get(), key);
  bool free = true;
  if (step(owner_of_)) {
    const std::string owner = text_at(owner_of_.get(), 0);
    const std::int64_t at = sqlite3_column_int64(owner_of_.get(), 1);
    free = owner == owner_ || now - at > kClaimSeconds || is_gone(owner, owner_);
  }
  sqlite3_reset(owner_of_.get());
  if (free) {
    bind_all(claim_.get(), key, owner_, now);
    step(claim_);
  }
  commit();
  return free;
}

void Database::release_claims() {
  bind_all(release_.get(), owner_);
  step(release_);
}

std::vector<StoredPoint> Database::all() {
  const Statement rows = prepare(std::string(kSelect) + " ORDER BY p.id, l.workload, l.layer");
  std::vector<StoredPoint> points;
  while (step(rows)) points.push_back(row_of(rows.get()));
  return points;
}

}  // namespace fp6sim::app
