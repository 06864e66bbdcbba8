#include "generator/write/sqlite/sqlite_backend.h"

#include <algorithm>
#include <filesystem>
#include <utility>
#include <variant>

#include "base/text/variables.h"
#include "generator/write/sqlite/sqlite_marks.h"
#include "generator/write/sqlite/sqlite_writer.h"

namespace freshet {

namespace {

constexpr const char* kSqliteBackend = "sqlite";

const sqlite::Address& of(const std::any& address) { return *std::any_cast<sqlite::Address>(&address); }

/// SQLite takes some names for no files.
bool is_path(std::string_view text) {
  return !text.empty() && text.front() != ':' && text.substr(0, 5) != "file:" && text.back() != '/' &&
         text.find('\0') == std::string_view::npos && !malformed_variable(std::string(text));
}

bool is_table_name(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  constexpr std::size_t kLongest = 64;
  const bool digit_first = !text.empty() && text.front() >= '0' && text.front() <= '9';
  return !text.empty() && !digit_first && text.size() <= kLongest && std::all_of(text.begin(), text.end(), fits);
}

class SqliteTargets final : public TargetMaker {
 public:
  SqliteTargets(const Scenario& scenario, const Addresses& addresses, const TargetOptions& options)
      : scenario_(scenario), addresses_(addresses), options_(options) {}

  Status check(const WriteTarget& write) override {
    const auto& target = std::get<OtherTarget>(write.target);
    const auto& address = address_at<sqlite::Address>(addresses_, target.connection);
    FRESHET_ASSIGN(sqlite::Database database, sqlite::Database::open(address, sqlite::Database::Missing::Create));
    FRESHET_ASSIGN(const auto sql, sqlite::definition_of(database, target.name));
    if (!sql) return {};
    const auto owner = sqlite::owner_of(database.name(), target.name, *sql);
    if (!owner) {
      return Error{ErrorKind::Usage,
                   "table " + target.name + " exists and was not created by Freshet; it was left unchanged",
                   "give the entity another table in \"write\", or another file"};
    }
    if (!options_.drop_existing) {
      return Error{ErrorKind::Usage,
                   "table " + target.name + " exists (" + mark_of(database.name(), target.name, *owner) + ")",
                   "--drop-existing drops tables left by earlier runs of Freshet"};
    }
    old_[{target.connection, target.name}] = *sql;
    if (*owner == options_.run_id) return {};
    FRESHET_ASSIGN(const bool living, sqlite::lives(address, *owner));
    if (!living) return {};
    return Error{ErrorKind::Usage, "table " + target.name + " belongs to run " + *owner + ", which is running",
                 "let it end first, or use another table or another file"};
  }

  Status make(const WriteTarget& write, std::vector<Made>& made) override {
    const auto& target = std::get<OtherTarget>(write.target);
    FRESHET_ASSIGN(sqlite::Database database,
                   sqlite::Database::open(address_at<sqlite::Address>(addresses_, target.connection),
                                          sqlite::Database::Missing::Create));
    FRESHET_TRY(database.transact([&] { return replace(database, write); }));
    made.push_back({kSqliteBackend, target.connection, target.kind, target.name});
    return {};
  }

 private:
  Status replace(sqlite::Database& database, const WriteTarget& write) {
    const auto& target = std::get<OtherTarget>(write.target);
    const Error meanwhile{ErrorKind::Usage,
                          "table " + target.name + " was created by another program meanwhile; it was left unchanged",
                          ""};
    if (const auto old = old_.find({target.connection, target.name}); old != old_.end()) {
      FRESHET_ASSIGN(const Dropped dropped, sqlite::drop_defined(database, target.name, old->second));
      if (dropped == Dropped::NotOurs) return meanwhile;
    }
    FRESHET_ASSIGN(const auto sql, sqlite::definition_of(database, target.name));
    if (sql) return meanwhile;
    const std::string mark = mark_of(database.name(), target.name, options_.run_id);
    const sqlite::Failure failure =
        database.execute(sqlite::create_table_sql(scenario_.entity(write.entity), target.name, mark));
    return failure.none() ? Status() : Status(database.error(failure));
  }

  const Scenario& scenario_;
  const Addresses& addresses_;
  const TargetOptions& options_;
  std::map<std::pair<std::size_t, std::string>, std::string> old_;  ///< definitions of tables that may go
};

class LeftInFile final : public Orphans {
 public:
  explicit LeftInFile(sqlite::Address address) : address_(std::move(address)) {}

  Result<Found> find(const std::set<std::string>& /*living*/) override {
    Found found;
    std::error_code unknown;
    if (!std::filesystem::exists(address_.path, unknown)) return found;
    FRESHET_ASSIGN(sqlite::Database database, sqlite::Database::open(address_, sqlite::Database::Missing::Refuse));
    sqlite::Failure failure;
    auto tables = database.prepare("SELECT name, sql FROM sqlite_master WHERE type = 'table' ORDER BY name", failure);
    if (tables) {
      failure = tables->query([&](auto values) {
        const std::string table(values[0].value_or("")), sql(values[1].value_or(""));
        const auto owner = sqlite::owner_of(database.name(), table, sql);
        if (!owner) return;
        const std::string text = table + " (" + mark_of(database.name(), table, *owner) + ")";
        found.all.push_back({table, text, *owner, sql, false});
      });
    }
    if (!failure.none()) return database.error(failure);
    for (Orphan& orphan : found.all) {
      FRESHET_ASSIGN(orphan.lives, sqlite::lives(address_, orphan.run_id));
    }
    return found;
  }

  Result<Dropped> drop(const Orphan& orphan) override {
    FRESHET_ASSIGN(const bool living, sqlite::lives(address_, orphan.run_id));
    if (living) return Dropped::NotOurs;
    FRESHET_ASSIGN(sqlite::Database database, sqlite::Database::open(address_, sqlite::Database::Missing::Refuse));
    return sqlite::drop_table(database, orphan.name, orphan.mark);
  }

 private:
  const sqlite::Address address_;
};

/// The lanes share a file.
class SqliteWriters final : public BackendWriters {
 public:
  [[nodiscard]] static Result<std::unique_ptr<BackendWriters>> open(const WriterSetting& setting) {
    auto writers = std::make_unique<SqliteWriters>(setting);
    std::map<std::size_t, std::map<EntityId, std::string>> tables;
    for (const WriteTarget& write : setting.scenario.write) {
      const auto* target = std::get_if<OtherTarget>(&write.target);
      if (target != nullptr && target->backend == kSqliteBackend) {
        tables[target->connection][write.entity] = target->name;
      }
    }
    for (auto& [connection, names] : tables) {
      FRESHET_ASSIGN(sqlite::Database database,
                     sqlite::Database::open(address_at<sqlite::Address>(setting.addresses, connection),
                                            sqlite::Database::Missing::Refuse));
      writers->files_.push_back(std::make_shared<SqliteFile>(std::move(database), std::move(names)));
    }
    return std::unique_ptr<BackendWriters>(std::move(writers));
  }
  explicit SqliteWriters(const WriterSetting& setting) : setting_(setting) {}

  Status open_lane(LaneWriters& lane) override {
    for (const std::shared_ptr<SqliteFile>& file : files_) {
      const auto writer = std::make_shared<SqliteWriter>(file, setting_.scenario, lane.outcomes, setting_.clock,
                                                         setting_.first_failure);
      for (const auto& [entity, name] : file->names) lane.by_entity[index_of(entity)] = writer;
    }
    return {};
  }

 private:
  const WriterSetting& setting_;
  std::vector<std::shared_ptr<SqliteFile>> files_;
};

class SqliteBackend final : public Backend {
 public:
  [[nodiscard]] std::string name() const override { return kSqliteBackend; }
  [[nodiscard]] std::optional<TargetForm> form() const override {
    return TargetForm{
        kSqliteBackend,
        "table",
        "table",
        "file",
        {{"file", true, "the path of a file", R"("shop.db")", is_path},
         {"table", false, "the name of a table: letters, digits and _, at most 64", R"("orders")", is_table_name}}};
  }

  [[nodiscard]] Result<std::any> resolve(const Connection& connection, const Environment& environment) const override {
    FRESHET_ASSIGN(std::string path, expand_variables(connection.url, environment));
    return std::any(sqlite::Address{std::move(path), {}});
  }
  [[nodiscard]] std::string display(const std::any& address) const override { return of(address).path; }
  void end_waits(std::any& address, const std::stop_token& stop) const override {
    if (auto* ours = std::any_cast<sqlite::Address>(&address)) ours->stop = stop;
  }
  Status reach(const std::any& address) const override {
    const auto opened = sqlite::Database::open(of(address), sqlite::Database::Missing::Create);
    return opened.ok() ? Status() : Status(opened.error());
  }

  [[nodiscard]] std::unique_ptr<TargetMaker> maker(const Scenario& scenario, const Addresses& addresses,
                                                   const TargetOptions& options,
                                                   const LivingRuns& /*living*/) const override {
    return std::make_unique<SqliteTargets>(scenario, addresses, options);
  }
  [[nodiscard]] Result<Dropped> drop(const std::any& address, const Made& made,
                                     const std::string& run_id) const override {
    FRESHET_ASSIGN(sqlite::Database database, sqlite::Database::open(of(address), sqlite::Database::Missing::Refuse));
    FRESHET_ASSIGN(const auto sql, sqlite::definition_of(database, made.name));
    if (!sql) return Dropped::Absent;
    if (sqlite::owner_of(database.name(), made.name, *sql) != run_id) return Dropped::NotOurs;
    return sqlite::drop_table(database, made.name, *sql);
  }
  [[nodiscard]] Result<std::unique_ptr<BackendWriters>> open(const WriterSetting& setting) const override {
    return SqliteWriters::open(setting);
  }
  [[nodiscard]] std::unique_ptr<Orphans> orphans(const std::any& address) const override {
    return std::make_unique<LeftInFile>(of(address));
  }

  [[nodiscard]] bool knows_living_runs() const override { return true; }
  [[nodiscard]] Result<std::unique_ptr<RunLease>> lease(const std::any& address, LeaseHolder holder,
                                                        const std::string& run_id,
                                                        std::set<std::string>& servers) const override {
    // No pipeline serves it, and two of a run's connections may be one file.
    if (holder != LeaseHolder::Run || !servers.insert(of(address).path).second) return std::unique_ptr<RunLease>();
    return sqlite::FileLease::take(of(address), run_id);
  }
  [[nodiscard]] Result<std::optional<std::string>> owner(const std::any& address,
                                                         const WriteTarget& write) const override {
    const std::string& table = std::get<OtherTarget>(write.target).name;
    FRESHET_ASSIGN(sqlite::Database database, sqlite::Database::open(of(address), sqlite::Database::Missing::Refuse));
    FRESHET_ASSIGN(const auto sql, sqlite::definition_of(database, table));
    return sql ? sqlite::owner_of(database.name(), table, *sql) : std::nullopt;
  }
};

}  // namespace

const Backend& sqlite_backend() {
  static const SqliteBackend backend;
  return backend;
}

}  // namespace freshet
