// Views with windows at a real sink: states in order whatever is replayed, and eyes that tell a state by its content.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/observe/mysql_observer.h"
#include "pipeline/sink/mysql_sink_writer.h"
#include "pipeline/sink/sink_tables.h"
#include "pipeline/views/view_operator.h"
#include "pipeline/window_shop.h"
#include "scenarios/tables/sql_names.h"
#include "servers/shared_server.h"

namespace freshet {
namespace {

using testing::ElementsAre;
using windows::kPerStore;

/// A state of one group of view "per_store".
struct State {
  std::string store;
  std::int64_t start_ms = 0;
  std::int64_t sales = 0;
  std::optional<std::int64_t> cents;
};

class OnWindowSink : public fixture::ServerTest {
 protected:
  void SetUp() override {
    SinkTables tables{connection_.get(), {&scenario_.observe[0]}};
    const Status prepared = prepare_sinks(scenario_, {tables}, {"r1", false});
    ASSERT_TRUE(prepared.ok()) << prepared.error().message;
    writer_ = std::make_unique<MysqlSinkWriter>(connect(), view_, stored_, "per_store", 100);
    auto observer = observe_mysql(scenario_, kPerStore, address_, "per_store");
    ASSERT_TRUE(observer.ok()) << observer.error().message;
    observer_ = std::move(*observer);
  }

  Row row_of(const State& state, std::int64_t version) const {
    Row row;
    row.reset(stored_.width());
    row.cells[0] = row.add_text(state.store);
    row.cells[1] = time_cell(state.start_ms * 1'000);
    row.cells[2] = integer_cell(state.sales);
    for (const std::size_t at : {3U, 4U, 5U}) {
      if (state.cents) row.cells[at] = decimal_cell(*state.cents);
    }
    row.cells[6] = integer_cell(version);
    return row;
  }
  static std::string key_of(const State& state) {
    std::string key = state.store + kKeySeparator;
    append_iso_time(state.start_ms * 1'000, key);
    return key;
  }
  std::string content_of(const State& state) const {
    std::string content;
    append_content(row_of(state, 0), view_.record, content);
    return content;
  }
  void write(const State& state, std::int64_t version, bool deleted = false) {
    SinkBatch batch;
    SinkChange& change = batch.add();
    change.key = key_of(state);
    change.row = row_of(state, version);
    change.deleted = deleted;
    SinkBatch* const pass[] = {&batch};
    const Status status = writer_->write(pass);
    ASSERT_TRUE(status.ok()) << status.error().message;
  }
  /// What a look finds: contents, "" for a row that is not there.
  std::vector<std::string> look(const std::vector<State>& states) {
    std::vector<std::string> keys, out;
    for (const State& state : states) keys.push_back(key_of(state));
    std::vector<Sighting> sightings;
    const Status looked = observer_->look(keys, sightings);
    EXPECT_TRUE(looked.ok()) << looked.error().message;
    for (const Sighting& sighting : sightings) {
      EXPECT_EQ(sighting.found, !sighting.content.empty());
      EXPECT_TRUE(sighting.versions.empty());
      out.push_back(sighting.content);
    }
    return out;
  }

  const Scenario& scenario_ = windows::shop();
  const View& view_ = scenario_.view(kPerStore);
  const RecordType stored_ = stored_record(scenario_, view_);
  const std::unique_ptr<mysql::Connection> connection_ = std::make_unique<mysql::Connection>(connect());
  std::unique_ptr<MysqlSinkWriter> writer_;
  std::unique_ptr<Observer> observer_;
};

TEST_F(OnWindowSink, AnOlderStateDoesNotOverwriteANewerOne) {
  const State first{"a", 10, 1, 100};
  const State second{"a", 10, 2, 300};
  write(first, 1);
  write(second, 5'000'000'000);  // more than fits into 32 bits
  write(first, 1);
  EXPECT_THAT(look({first}), ElementsAre(content_of(second)));
  write(second, 4, true);
  EXPECT_THAT(look({first}), ElementsAre(content_of(second))) << "nor does an older delete take it away";
  write(second, 5'000'000'001, true);
  EXPECT_THAT(look({first}), ElementsAre(""));
}

TEST_F(OnWindowSink, AReplayEndsAsTheFirstTimeDid) {
  const State first{"a", 10, 1, 100};
  const State second{"a", 10, 2, 300};
  for (int time = 0; time < 2; ++time) {
    write(first, 1);
    write(second, 2);
    write(second, 3, true);
    write(first, 4);
    EXPECT_THAT(look({first}), ElementsAre(content_of(first)));
  }
}

TEST_F(OnWindowSink, ALookTellsGroupsAndWindowsApart) {
  const std::vector<State> states{
      {"a", 10, 1, 100}, {"a", 20, 2, 200}, {"b'\"\\", 10, 3, std::nullopt}, {"b'\"\\", 30, 4, -1}};
  std::int64_t version = 0;
  for (const State& state : states) write(state, ++version);
  EXPECT_THAT(
      look({states[2], states[0], {"a", 30, 0, 0}, states[3], states[0]}),
      ElementsAre(content_of(states[2]), content_of(states[0]), "", content_of(states[3]), content_of(states[0])));
}

TEST_F(OnWindowSink, WhatSomebodyAlteredIsNotTakenForTheState) {
  const State state{"a", 10, 1, 100};
  write(state, 1);
  ASSERT_TRUE(connection_->execute("UPDATE per_store SET most = most + 0.01").ok());
  const std::vector<std::string> seen = look({state});
  EXPECT_NE(seen.front(), content_of(state));
  EXPECT_THAT(seen.front(), testing::HasSubstr("1.01"));
}

}  // namespace
}  // namespace freshet
