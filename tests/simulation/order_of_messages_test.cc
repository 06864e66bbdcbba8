// What arrives, and what the audit says of who reads it: messages that are late or out of order, and keys that change,
// through the real writer and a real topic, read by consumers that are right and by such as make the usual mistakes.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <charconv>
#include <map>
#include <mutex>

#include "clients/kafka/kafka.h"
#include "generator/schedule/schedule.h"
#include "generator/write/targets.h"
#include "generator/write/writer_pool.h"
#include "metrics/audit/audit.h"
#include "metrics/ledger/ledger.h"
#include "metrics/oracle/view_model.h"
#include "scenarios/loader/loader.h"
#include "servers/kafka_broker.h"

namespace freshet::simulation {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr EntityId kOrder{0};
constexpr ViewId kOrders{0};

std::string orders(const std::string& life, const std::string& faults) {
  return R"({"freshet": 1, "name": "orders", "seed": 11, "time_scale": 10, "entities": {
    "order": {"key": {"number": "uuid"}, "fields": {"total": {"decimal": ["1.00", "99.99"]}, "status": "state"},
      "life": )" +
         life + R"(}},
    "load": [{"entity": "order", "rate": "100/s", "for": "5s"}],
    "write": {"order": {"kafka": {"topic": "orders", "partitions": 4, "headers": true, "faults": )" +
         faults + R"(}}},
    "views": {"orders": {"from": "order", "key": "number"}},
    "pipeline": "external",
    "observe": {"orders": {"mysql": {"table": "orders", "connection": "sink"}}},
    "connections": {"kafka": "nowhere:1", "sink": "mysql://nobody@localhost/nothing"}})";
}

const std::string kUpdates = R"({"open": {"after": {"uniform": ["1s", "5s"]}, "to": "paid"},
  "paid": {"after": {"uniform": ["1s", "5s"]}, "to": {"sent": 3, "deleted": 1}},
  "sent": {"after": {"uniform": ["1s", "5s"]}, "to": {"lost": 1, "deleted": 1}},
  "deleted": {"after": {"uniform": ["1s", "5s"]}, "to": "lost", "share": "50%"}})";
const std::string kMoves = R"({"guest": {"after": {"uniform": ["1s", "5s"]}, "to": {"known": 1, "regular": 1}},
  "regular": {"after": {"uniform": ["1s", "5s"]}, "to": "known"},
  "known": {"key": "new", "after": {"uniform": ["1s", "5s"]}, "to": {"moved": 3, "gone": 1}},
  "moved": {"key": "new", "after": {"uniform": ["1s", "5s"]}, "to": "gone"}})";

struct Message {
  std::string key;
  Version version = 0;
  bool tombstone = false;
  int partition = 0;
  Micros intended{};
};

/// A run of a scenario into a topic of its own, without a clock: what was sent, and what its writer said of it.
class Stream {
 public:
  explicit Stream(const std::string& text)
      : scenario_(*parse_scenario(text, "orders.json").scenario),
        rows_(make_model(scenario_, identity_)),
        ledger_(scenario_) {
    auto started = kafka::EmbeddedBroker::start();
    FRESHET_CHECK(started.ok() && (*started)->create_topic("orders", 4).ok(), "a broker");
    broker_ = std::move(*started);
    write();
    read();
    ledger_.settled(settled_);
  }

  /// By key, what a consumer holds that applies messages as they come; `compares`: but for such as are older than what
  /// it has, or had.
  std::map<std::string, Version> held(bool compares, bool heeds_tombstones = true) const {
    std::map<std::string, Version> rows;
    std::map<std::string, Version> latest;
    for (const Message& message : messages_) {
      Version& known = latest[message.key];
      if (message.tombstone && heeds_tombstones) rows.erase(message.key);
      if (message.tombstone || (compares && message.version <= known)) continue;
      rows[message.key] = known = message.version;
    }
    return rows;
  }
  AuditReport audit(const std::map<std::string, Version>& sink) const {
    const ViewModel model(scenario_, *rows_, kOrders);
    Audit audit(scenario_, *rows_, ledger_, kOrders);
    std::vector<ExpectedRow> rows;
    for (const auto& [key, version] : sink) {
      model.rows(rows_->ordinal_of(kOrder, key).value(), std::vector{version}, rows);
      audit.found(rows.at(0).image);
    }
    return audit.finish();
  }

  const std::vector<Message>& messages() const { return messages_; }
  const std::vector<Settled>& settled() const { return settled_; }
  const Rows& rows() const { return *rows_; }
  std::map<std::string, std::int64_t> fault_counts;

 private:
  void write() {
    Addresses addresses;
    addresses.servers = {kafka::Address{broker_->bootstrap(), {}, {}}, {}};
    const SystemClock clock;
    const OutcomeSink sink = [this](std::span<const Settled> batch) {
      const std::scoped_lock lock(mutex_);
      settled_.insert(settled_.end(), batch.begin(), batch.end());
    };
    auto pool = WriterPool::open(scenario_, WallTime{}, addresses, 1, clock, sink);
    FRESHET_CHECK(pool.ok(), "writers");
    std::vector<Change> changes;
    canary_changes(scenario_, *rows_, changes);
    const auto schedule = make_schedule(scenario_, *rows_, identity_, 0, 1);
    for (Change change; schedule->next(change);) changes.push_back(change);
    write_now(scenario_, *rows_, changes, (*pool)->lane(0), clock);
    (*pool)->flush(clock.now() + 20 * kNanosPerSecond);
    fault_counts = (*pool)->stream_faults()["orders"];
    scheduled_ = changes.size();
    for (const Change& change : changes) rekeys_ += is_rekey(change) ? 1 : 0;
  }

  bool is_rekey(const Change& change) const {
    if (change.operation != Operation::Update) return false;
    Row before, after;
    rows_->row(kOrder, change.ordinal, change.version - 1, before);
    rows_->row(kOrder, change.ordinal, change.version, after);
    return before.text_of(before.cells[0]) != after.text_of(after.cells[0]);
  }

  void read() {
    kafka::Address address;
    address.bootstrap = broker_->bootstrap();
    auto consumer = kafka::Consumer::open(address);
    FRESHET_CHECK(consumer.ok() && (*consumer)->assign({"orders"}, kafka::Consumer::From::Beginning, 5'000).ok(), "");
    const SystemClock clock;
    const Instant deadline = clock.now() + 30 * kNanosPerSecond;
    while (messages_.size() < scheduled_ + rekeys_ && clock.now() < deadline) {
      const auto polled = (*consumer)->poll(100, 1'000, [&](const kafka::Consumer::Message& message) {
        const std::size_t at = message.value.find(R"("version":)");
        Version version = 0;
        if (at != std::string_view::npos) {
          std::from_chars(message.value.data() + at + 10, message.value.data() + message.value.size(), version);
        }
        std::int64_t intended = 0;
        for (const kafka::Header& header : message.headers) {
          if (header.name != "intended") continue;
          std::from_chars(header.value.data(), header.value.data() + header.value.size(), intended);
        }
        messages_.push_back(
            {std::string(message.key), version, message.null_value, message.partition, Micros{intended}});
      });
      FRESHET_CHECK(polled.ok(), "messages");
    }
    FRESHET_CHECK(messages_.size() == scheduled_ + rekeys_, "every message arrives, once");
  }

  const RunIdentity identity_{11, 0, WallTime{1'700'000'000 * kMicrosPerSecond}};
  const Scenario scenario_;
  const std::unique_ptr<const Rows> rows_;
  std::unique_ptr<kafka::EmbeddedBroker> broker_;
  Ledger ledger_;
  std::mutex mutex_;
  std::vector<Settled> settled_;
  std::vector<Message> messages_;
  std::size_t scheduled_ = 0;
  std::size_t rekeys_ = 0;
};

/// By key, in the order of arrival.
std::map<std::string, std::vector<std::pair<Version, bool>>> arrivals(const Stream& stream) {
  std::map<std::string, std::vector<std::pair<Version, bool>>> out;
  for (const Message& message : stream.messages()) out[message.key].emplace_back(message.version, message.tombstone);
  return out;
}

/// Messages that come at least 0.4 s after one of their partition that was intended after them.
std::int64_t latecomers(const Stream& stream) {
  std::map<int, Micros> latest;
  std::int64_t late = 0;
  for (const Message& message : stream.messages()) {
    Micros& reached = latest.try_emplace(message.partition, message.intended).first->second;
    late += message.intended + Micros{400'000} <= reached ? 1 : 0;
    reached = std::max(reached, message.intended);
  }
  return late;
}

TEST(MessagesOutOfOrder, AReaderThatTakesTheLastInsteadOfTheVersionIsStale) {
  const Stream stream(orders(kUpdates, R"({"out_of_order": {"share": "20%", "within": "10s"}})"));
  EXPECT_GT(stream.fault_counts.at("out_of_order"), 50);
  EXPECT_EQ(stream.fault_counts.at("late"), 0);
  std::int64_t overtaken = 0;
  for (const auto& [key, versions] : arrivals(stream)) {
    for (std::size_t i = 1; i < versions.size(); ++i) {
      const auto& [version, tombstone] = versions[i];
      overtaken += !tombstone && !versions[i - 1].second && version < versions[i - 1].first ? 1 : 0;
    }
  }
  EXPECT_EQ(overtaken, stream.fault_counts.at("out_of_order")) << "as many as are told, and no tombstone among them";

  const AuditReport right = stream.audit(stream.held(true));
  EXPECT_EQ(right.errors(), 0);
  EXPECT_GT(right.expected, 300);
  const AuditReport wrong = stream.audit(stream.held(false));
  EXPECT_GT(wrong.stale, 10) << "the last that arrives is not the last that happened";
  EXPECT_EQ(wrong.errors(), wrong.stale);
}

TEST(MessagesThatAreLate, KeepTheOrderOfTheirRowAndTheirInstant) {
  const Stream stream(orders(kUpdates, R"({"late": {"share": "20%", "by": {"uniform": ["5s", "20s"]}}})"));
  const Stream on_time(orders(kUpdates, "{}"));
  EXPECT_GT(stream.fault_counts.at("late"), 150);
  EXPECT_EQ(arrivals(stream), arrivals(on_time)) << "of one row nothing overtakes anything";
  for (const bool compares : {true, false}) EXPECT_EQ(stream.audit(stream.held(compares)).errors(), 0);
  EXPECT_EQ(latecomers(on_time), 0);
  EXPECT_GE(latecomers(stream), stream.fault_counts.at("late") * 9 / 10)
      << "but for the last, which the end cuts short";

  std::int64_t held = 0;
  for (const Settled& settled : stream.settled()) {
    EXPECT_EQ(settled.outcome, Outcome::Committed);
    held += settled.code == kHeldOnPurpose ? 1 : 0;
  }
  EXPECT_GE(held, stream.fault_counts.at("late")) << "with those that stay behind them";
  EXPECT_LT(held, static_cast<std::int64_t>(stream.settled().size()) / 2);
}

TEST(Faults, AreTheSameInEveryRunOfASeed) {
  const std::string faults =
      R"({"late": {"share": "5%", "by": "8s"}, "out_of_order": {"share": "20%", "within": "4s"}})";
  const Stream first(orders(kUpdates, faults)), second(orders(kUpdates, faults));
  EXPECT_EQ(first.fault_counts, second.fault_counts);
  EXPECT_EQ(arrivals(first), arrivals(second));
}

TEST(KeysThatChange, AReaderThatIgnoresTombstonesKeepsTheOldRows) {
  const Stream stream(orders(kMoves, "{}"));
  const AuditReport right = stream.audit(stream.held(true));
  EXPECT_EQ(right.errors(), 0);
  EXPECT_GT(right.expected, 300);

  const AuditReport wrong = stream.audit(stream.held(true, false));
  EXPECT_GT(wrong.resurrected, 300) << "every key that a row has left";
  EXPECT_EQ(wrong.errors(), wrong.resurrected);
  std::int64_t left = 0;
  const std::map<std::string, Version> now = stream.held(true);
  for (const auto& [key, version] : stream.held(true, false)) left += now.contains(key) ? 0 : 1;
  EXPECT_EQ(wrong.resurrected, left);
  ASSERT_FALSE(wrong.examples.empty());
  for (const AuditExample& example : wrong.examples) {
    const std::string key = example.key.substr(example.key.find('=') + 1);
    EXPECT_FALSE(now.contains(key)) << "the old key is named: " << example.key;
    EXPECT_TRUE(stream.rows().ordinal_of(kOrder, key)) << example.key;
  }
}

TEST(KeysThatChange, SurviveEveryFaultOfTheirTopic) {
  const Stream stream(orders(kMoves, R"({"late": {"share": "10%", "by": "8s"},
    "out_of_order": {"share": "20%", "within": "10s"}})"));
  EXPECT_GT(stream.fault_counts.at("late"), 50);
  EXPECT_GT(stream.fault_counts.at("out_of_order"), 5);
  EXPECT_EQ(stream.audit(stream.held(true)).errors(), 0);
}

}  // namespace
}  // namespace freshet::simulation
