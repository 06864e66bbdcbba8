// Row changes of a binlog → changes of entities.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "pipeline/native/source_checks.h"
#include "pipeline/native/sources.h"

namespace freshet {

namespace {

class MysqlSource final : public Source {
 public:
  MysqlSource(const MysqlSourceOptions& options, std::unique_ptr<BinlogReader> reader)
      : options_(options), reader_(std::move(reader)), rejects_("binlog of " + options.address.display(), options.log) {
    for (const auto& [name, entity] : options.tables) {
      tables_.push_back({name, entity, options.entities[tables_.size()], nullptr, std::nullopt});
    }
  }

  Status next(SourceBatch& out) override {
    changes_.clear();
    FRESHET_TRY(reader_->next(changes_));
    for (const RowChange& change : changes_) FRESHET_TRY(take(change, out));
    return {};
  }

  [[nodiscard]] std::int64_t rejects() const override { return rejects_.count(); }

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
      Result<RecordAdapter> adapter = RecordAdapter::make(*table->entity, change.table->record);
      if (!adapter.ok()) return adapter.error().in(table->name);
      table->adapter.emplace(std::move(adapter).value());
      table->described = change.table;
    }
    const std::size_t before = out.size();
    if (const Status status = convert(change, *table, out); !status.ok()) {
      while (out.size() > before) out.drop_last();
      rejects_.add("before " + reader_->position() + ", table " + table->name, status.error().message);
    }
    return {};
  }

  Status convert(const RowChange& change, Table& table, SourceBatch& out) {
    if (change.operation == Operation::Delete) return add_delete(change.before, table, out);
    if (change.operation == Operation::Update) {
      // An update that changes the key takes the row away from its old one.
      FRESHET_TRY(table.adapter->key_of(change.before, old_key_));
      FRESHET_TRY(table.adapter->key_of(change.after, new_key_));
      if (old_key_ != new_key_) FRESHET_TRY(add_delete(change.before, table, out));
    }
    SourceChange& upsert = out.add();
    upsert.entity = table.id;
    upsert.deleted = false;
    return table.adapter->convert(change.after, upsert.row);
  }

  Status add_delete(const Row& before, Table& table, SourceBatch& out) {
    SourceChange& gone = out.add();
    gone.entity = table.id;
    gone.deleted = true;
    return table.adapter->key_of(before, gone.key);
  }

  const MysqlSourceOptions options_;
  std::unique_ptr<BinlogReader> reader_;
  std::vector<Table> tables_;
  std::vector<RowChange> changes_;
  std::string old_key_, new_key_;
  RejectLog rejects_;
};

// A partial image would read as nulls.
Status check_row_image(const mysql::Address& address) {
  Result<mysql::Connection> connection = mysql::Connection::open(address);
  if (!connection.ok()) return connection.error();
  const Result<std::string> image = connection->scalar("SELECT @@global.binlog_row_image");
  FRESHET_TRY(image);
  if (image.value() == "FULL") return {};
  return Error{
      ErrorKind::Usage,
      fmt::format("{}: the server logs partial rows (binlog_row_image is {})", address.display(), image.value()),
      "set binlog_row_image=FULL"};
}

// Asks the server whether its log will have all changes of our tables, and gives these the names that they have there.
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
    for (const Column& column : entity->record.columns) {
      table.columns.push_back(column.name);
      std::replace(table.columns.back().begin(), table.columns.back().end(), '.', '_');
    }
  }
  const Status checked = check_source(connection.value(), tables, warn);
  return checked.ok() ? checked : checked.error().in(options.address.display());
}

}  // namespace

Result<std::unique_ptr<Source>> open_mysql_source(const MysqlSourceOptions& asked) {
  FRESHET_TRY(check_row_image(asked.address));
  MysqlSourceOptions options = asked;
  const SourceWarning warn = [log = options.log, server = options.address.display()](const std::string& text) {
    if (log) log("warning: " + server + ": " + text);
  };
  FRESHET_TRY(check_log(options, warn));
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
