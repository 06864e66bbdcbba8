#include "pipeline/observe/mysql_observer.h"

#include <algorithm>
#include <charconv>
#include <unordered_map>

#include "pipeline/observe/text_cell.h"
#include "scenarios/tables/sql_names.h"

namespace freshet {

namespace {

constexpr std::size_t kMostKeysPerStatement = 500;

// Version columns are whole numbers; anything else is not a version.
Version version_of(std::optional<std::string_view> text) {
  Version version = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), version);
  return version;
}

class MysqlObserver final : public Observer {
 public:
  MysqlObserver(const Scenario& scenario, const View& view, mysql::Address address, mysql::Connection connection,
                const std::string& table)
      : view_(view),
        address_(std::move(address)),
        connection_(std::move(connection)),
        table_(mysql::identifier(table)),
        cells_(view.record) {
    for (std::size_t i = 0; i < view.key.size(); ++i) {
      const std::size_t column = index_of(view.key[i]);
      key_columns_ += (i == 0 ? "" : ", ") + mysql::column_identifier(view.columns[column].name);
    }
    for (std::size_t i = 0; i < view.columns.size(); ++i) {
      all_columns_ += (i == 0 ? "" : ", ") + mysql::column_identifier(view.columns[i].name);
    }
    if (!scenario.stamp || view.tumble) return;
    for (const EntityId entity : view.versions_of) {
      version_columns_ += ", " + mysql::column_identifier(scenario.entity(entity).name + "_version");
      ++components_;
    }
  }

  Status look(std::span<const std::string> keys, std::vector<Sighting>& out) override {
    FRESHET_TRY(reopen_if_lost());
    return noted(look_for_all(keys, out));
  }

  Status scan(const Visit& visit) override {
    // A server that was restarted since the last look has closed the session; nothing was read from it yet.
    if (!noted(connection_.execute("DO 0")).ok()) FRESHET_TRY(reopen_if_lost());
    return noted(scan_all(visit));
  }

 private:
  Status noted(Status status) {
    lost_ = lost_ || (!status.ok() && connection_.failure().lost());
    return status;
  }
  Status reopen_if_lost() {
    if (!lost_) return {};
    constexpr int kPatienceS = 1;
    Result<mysql::Connection> opened = mysql::Connection::open(address_, kPatienceS);
    if (!opened.ok()) return opened.error();
    connection_ = std::move(opened).value();
    lost_ = false;
    return {};
  }

  Status look_for_all(std::span<const std::string> keys, std::vector<Sighting>& out) {
    const std::size_t first = out.size();
    wanted_.clear();
    literals_.clear();
    windows_.clear();
    for (std::size_t i = 0; i < keys.size(); ++i) {
      out.push_back({i, false, {}});
      wanted_.emplace(keys[i], i);
      const std::string_view key = keys[i];
      literals_.push_back(literal(key.substr(0, key.find(kKeySeparator)), view_.key.front()));
      if (view_.tumble) windows_.push_back(literal(key.substr(key.rfind(kKeySeparator) + 1), view_.key.back()));
    }
    // Keys that share their first column (the lines of one sale) share an entry of the list.
    for (auto* list : {&literals_, &windows_}) {
      std::sort(list->begin(), list->end());
      list->erase(std::unique(list->begin(), list->end()), list->end());
    }
    for (std::size_t from = 0; from < literals_.size(); from += kMostKeysPerStatement) {
      const std::size_t to = std::min(literals_.size(), from + kMostKeysPerStatement);
      FRESHET_TRY(look_for(from, to, std::span(out).subspan(first)));
    }
    // A key that is requested twice has one entry in the map.
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const std::size_t answered = wanted_.at(keys[i]);
      if (answered == i) continue;
      out[first + i].found = out[first + answered].found;
      out[first + i].versions = out[first + answered].versions;
      out[first + i].content = out[first + answered].content;
    }
    return {};
  }

  Status scan_all(const Visit& visit) {
    FRESHET_TRY(connection_.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT"));
    const std::size_t width = view_.columns.size();
    std::vector<Version> versions(components_);
    const Status read = connection_.query("SELECT " + all_columns_ + version_columns_ + " FROM " + table_,
                                          [&](std::span<const std::optional<std::string_view>> values) {
                                            row_.reset(width);
                                            for (std::size_t i = 0; i < width; ++i) cells_.set(i, values[i], row_);
                                            for (std::size_t i = 0; i < components_; ++i)
                                              versions[i] = version_of(values[width + i]);
                                            visit(row_, versions);
                                          });
    if (!read.ok()) return read.error();
    return connection_.execute("COMMIT");
  }

  // A canonical text as a literal for a comparison with that column.
  [[nodiscard]] std::string literal(std::string_view text, ColumnIndex column) const {
    std::int64_t micros = 0;
    const ColumnType& type = view_.columns[index_of(column)].type;
    if (type.kind == Kind::Time && parse_time(text, micros)) {
      std::string time;
      append_sql_time(micros, time);
      return connection_.quote(time);
    }
    std::int64_t number = 0;
    const bool numeric = (type.kind == Kind::Integer && parse_decimal(text, 0, number)) ||
                         (type.kind == Kind::Decimal && parse_decimal(text, type.scale, number));
    if (numeric) return std::string(text);
    if (type.kind == Kind::Boolean) return text == "true" ? "1" : "0";
    return connection_.quote(text);
  }

  Status look_for(std::size_t from, std::size_t to, std::span<Sighting> sightings) {
    sql_ = "SELECT " + (view_.tumble ? all_columns_ : key_columns_ + version_columns_) + " FROM " + table_ + " WHERE ";
    append_in(view_.key.front(), std::span(literals_).subspan(from, to - from));
    // A group has a row for every window so far.
    if (view_.tumble) {
      sql_ += " AND ";
      append_in(view_.key.back(), windows_);
      return look_at_content(sightings);
    }
    return connection_.query(sql_, [&](std::span<const std::optional<std::string_view>> values) {
      row_.reset(view_.columns.size());
      for (std::size_t i = 0; i < view_.key.size(); ++i) {
        cells_.set(index_of(view_.key[i]), values[i], row_);
      }
      Sighting* const sighting = sighting_of_row(sightings);
      if (sighting == nullptr) return;
      sighting->versions.clear();
      for (std::size_t i = 0; i < components_; ++i) {
        sighting->versions.push_back(version_of(values[view_.key.size() + i]));
      }
    });
  }

  void append_in(ColumnIndex column, std::span<const std::string> literals) {
    sql_ += mysql::column_identifier(view_.columns[index_of(column)].name) + " IN (";
    for (std::size_t i = 0; i < literals.size(); ++i) {
      if (i > 0) sql_ += ",";
      sql_ += literals[i];
    }
    sql_ += ")";
  }

  Status look_at_content(std::span<Sighting> sightings) {
    return connection_.query(sql_, [&](std::span<const std::optional<std::string_view>> values) {
      row_.reset(view_.columns.size());
      for (std::size_t i = 0; i < view_.columns.size(); ++i) cells_.set(i, values[i], row_);
      Sighting* const sighting = sighting_of_row(sightings);
      if (sighting == nullptr) return;
      sighting->content.clear();
      append_content(row_, view_.record, sighting->content);
    });
  }

  // The sighting of the key in row_, which is then found; null when it was not asked for.
  Sighting* sighting_of_row(std::span<Sighting> sightings) {
    key_.clear();
    for (const ColumnIndex index : view_.key) {
      const std::size_t column = index_of(index);
      if (index != view_.key.front()) key_.push_back(kKeySeparator);
      append_text(row_, row_.cells[column], view_.columns[column].type, key_);
    }
    const auto wanted = wanted_.find(key_);
    if (wanted == wanted_.end()) return nullptr;
    Sighting& sighting = sightings[wanted->second];
    sighting.found = true;
    return &sighting;
  }

  const View& view_;
  const mysql::Address address_;
  mysql::Connection connection_;
  bool lost_ = false;  // the session is gone; a new one is needed before the next look
  const std::string table_;
  std::string key_columns_, all_columns_, version_columns_;
  std::size_t components_ = 0;
  TextCells cells_;
  // Reused by every look.
  std::unordered_map<std::string_view, std::size_t> wanted_;
  std::vector<std::string> literals_, windows_;
  std::string sql_, key_;
  Row row_;
};

}  // namespace

Result<std::unique_ptr<Observer>> observe_mysql(const Scenario& scenario, ViewId view, const mysql::Address& address,
                                                const std::string& table) {
  Result<mysql::Connection> connection = mysql::Connection::open(address);
  if (!connection.ok()) return connection.error();
  return std::unique_ptr<Observer>(
      std::make_unique<MysqlObserver>(scenario, scenario.view(view), address, std::move(connection).value(), table));
}

}  // namespace freshet
