// Row changes of a binlog → changes of entities.
#include "pipeline/capture/mysql/source_mysql.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "pipeline/capture/mysql/binlog_reader.h"
#include "pipeline/capture/mysql/source_checks.h"
#include "pipeline/capture/mysql/table_schema.h"
#include "pipeline/capture/record/record_adapter.h"
#include "scenarios/tables/sql_names.h"

namespace freshet {

namespace {

/// A log has whole seconds: how much later than its time a transaction may have committed.
constexpr Micros kWithinSecond = kMicrosPerSecond - Micros{1};

class MysqlSource final : public Source {
 public:
  MysqlSource(const MysqlSourceOptions& options, std::unique_ptr<BinlogReader> reader)
      : options_(options), reader_(std::move(reader)) {
    for (const auto& [name, entity] : options.tables) {
      tables_.push_back({name, entity, options.entities[tables_.size()], nullptr, std::nullopt});
    }
  }

  [[nodiscard]] std::string name() const override { return "binlog of " + options_.address.display(); }

  Status next(SourceBatch& out) override {
    reader_->reuse(changes_);
    FRESHET_TRY(reader_->next(changes_));
    committed_ = reader_->reading().time.value_or(WallTime{}) + kWithinSecond;
    for (const RowChange& change : changes_) FRESHET_TRY(take(change, out));
    return {};
  }

  /// A row that cannot be understood ends the source, because skipping it would go unnoticed.
  [[nodiscard]] std::int64_t rejects() const override { return 0; }
  [[nodiscard]] SourceReading reading() const override { return reader_->reading(); }
  void position(Position& out) const override { reader_->restart_at(out); }

 private:
  struct Table {
    std::string name;
    const Entity* entity;
    EntityId id;
    std::shared_ptr<const BinlogTable> described;  // what `adapter` was made for
    std::optional<RecordAdapter> adapter;
  };

  Status take(const RowChange& change, SourceBatch& out) {
    const auto table = std::find_if(tables_.begin(), tables_.end(),
                                    [&](const Table& known) { return known.name == change.table->name; });
    if (table == tables_.end()) return {};
    if (table->described != change.table) {
      Result<RecordAdapter> adapter = RecordAdapter::make(*table->entity, *change.table);
      if (!adapter.ok()) return adapter.error();
      table->adapter.emplace(std::move(adapter).value());
      table->described = change.table;
    }
    const Status status = convert(change, *table, out);
    if (status.ok()) return {};
    return status.error().in(fmt::format("before {}, table {}.{}, {}", reader_->position(), change.table->database,
                                         table->name, name_of(change.operation)));
  }

  // Handles the images that the event has, whatever the server's settings say: a session decides.
  Status convert(const RowChange& change, Table& table, SourceBatch& out) {
    RecordAdapter& adapter = *table.adapter;
    const RowImages* partial = change.partial.get();
    if (change.operation != Operation::Insert) {
      adapter.missing(partial == nullptr ? nullptr : &partial->before, missing_);
      if (!missing_.empty() && missing_.front() == 0) return lacks_key(adapter);
    }
    if (change.operation == Operation::Delete) return add_delete(change.before, table, out);
    adapter.missing(partial == nullptr ? nullptr : &partial->after, missing_);
    if (change.operation == Operation::Insert) {
      if (!missing_.empty()) return lacks(adapter, "a row image without");
      FRESHET_TRY(adapter.key_of(change.after, new_key_));
    } else {
      FRESHET_TRY(adapter.key_of(change.before, old_key_));
      const bool same_key = !missing_.empty() && missing_.front() == 0;
      if (same_key) {
        new_key_ = old_key_;
      } else {
        FRESHET_TRY(adapter.key_of(change.after, new_key_));
      }
      if (adapter.first_generated(missing_) >= 0) return lacks(adapter, "an image without generated columns, of");
      // An update that changes the key removes the row from its old key.
      if (missing_.empty() && old_key_ != new_key_) FRESHET_TRY(add_delete(change.before, table, out));
    }
    SourceChange& upsert = out.add();
    upsert.entity = table.id;
    upsert.deleted = false;
    upsert.at = committed_;
    upsert.missing = missing_;
    if (!missing_.empty()) {
      upsert.key = old_key_;
      upsert.position = reader_->position();
    }
    return adapter.convert(change.after, upsert.row);
  }

  Status add_delete(const Row& before, Table& table, SourceBatch& out) {
    SourceChange& gone = out.add();
    gone.entity = table.id;
    gone.deleted = true;
    gone.at = committed_;
    return table.adapter->key_of(before, gone.key);
  }

  [[nodiscard]] Error lacks(const RecordAdapter& adapter, const char* what) const {
    return Error{ErrorKind::Usage, fmt::format("{} {}: their values are unknown", what, adapter.names(missing_)),
                 "set binlog_row_image=FULL on the server and in all sessions that write the table"};
  }
  [[nodiscard]] Error lacks_key(const RecordAdapter& adapter) const {
    return Error{
        ErrorKind::Usage,
        fmt::format("a row image without the entity's key {}: the row cannot be identified", adapter.names({0})),
        "set binlog_row_image=FULL on the server and in all sessions that write the table, or make this column "
        "the table's primary key"};
  }

  const MysqlSourceOptions options_;
  std::unique_ptr<BinlogReader> reader_;
  std::vector<Table> tables_;
  std::vector<RowChange> changes_;
  std::vector<std::size_t> missing_;
  std::string old_key_, new_key_;
  WallTime committed_{};  // latest commit time of the current changes
};

// Refuses a table before its first row comes, if its present columns show that it must be refused.
Status check_table(mysql::Connection& connection, const MysqlSourceOptions& options, const std::string& table,
                   const Entity& entity) {
  const std::string& database = options.database_in_log;
  const auto schema = schema_of(connection, database, table);
  FRESHET_TRY(schema);
  if (schema->empty()) {
    if (options.log) options.log(fmt::format("waits for table {}.{} of entity {}", database, table, entity.name));
    return {};  // its first row will show its columns
  }
  FRESHET_TRY(check_versioning(connection, database, table));
  const auto declared = declared_table(database, table, schema.value());
  FRESHET_TRY(declared);
  const auto adapter = RecordAdapter::make(entity, declared.value());
  if (!adapter.ok()) return adapter.error();
  return {};
}

Status check_tables(const MysqlSourceOptions& options) {
  Result<mysql::Connection> connection = mysql::Connection::open(options.address);
  if (!connection.ok()) return connection.error();
  for (const auto& [table, entity] : options.tables) {
    FRESHET_TRY(check_table(connection.value(), options, table, *entity));
  }
  return {};
}

// Checks that the server's log will contain all changes of our tables, and finds their names in it.
Status check_log(MysqlSourceOptions& options, const SourceWarning& warn) {
  Result<mysql::Connection> connection = mysql::Connection::open(options.address);
  if (!connection.ok()) return connection.error();
  const Result<std::string> database = name_in_log(connection.value(), options.address.database);
  FRESHET_TRY(database);
  options.database_in_log = database.value();
  std::vector<SourceTable> tables;
  for (auto& [name, entity] : options.tables) {
    Result<std::string> named = name_in_log(connection.value(), name);
    FRESHET_TRY(named);
    name = std::move(named).value();
    SourceTable& table = tables.emplace_back(SourceTable{{options.database_in_log, name}, {}});
    for (const Column& column : entity->record.columns) table.columns.push_back(mysql::column_name(column.name));
  }
  const Status checked = check_source(connection.value(), tables, warn);
  return checked.ok() ? checked : checked.error().in(options.address.display());
}

}  // namespace

Result<std::unique_ptr<Source>> open_mysql_source(const MysqlSourceOptions& asked) {
  MysqlSourceOptions options = asked;
  const SourceWarning warn = [log = options.log, server = options.address.display()](const std::string& text) {
    if (log) log("warning: " + server + ": " + text);
  };
  FRESHET_TRY(check_log(options, warn));
  FRESHET_TRY(check_tables(options));
  BinlogReader::Options reader;
  reader.address = options.address;
  reader.from_beginning = options.from_beginning;
  reader.warn = warn;
  reader.log = options.log;
  reader.away_limit_ms = options.away_limit_ms;
  for (const auto& [name, entity] : options.tables) reader.tables.emplace_back(options.database_in_log, name);
  Result<std::unique_ptr<BinlogReader>> opened = BinlogReader::open(reader);
  if (!opened.ok()) return opened.error();
  return std::unique_ptr<Source>(std::make_unique<MysqlSource>(options, std::move(opened).value()));
}

}  // namespace freshet
