#include "scenarios/loader/read/delivery.h"

#include <algorithm>
#include <array>

#include "scenarios/loader/json/units.h"
#include "scenarios/loader/values/distributions.h"

namespace freshet::loading {

namespace {

constexpr std::int64_t kLargestTransaction = 10'000;

/// {"share": "1%", "by": "2s"}: the share of messages that are held back, and for how long.
void read_held(const Json& value, const char* how_long, double& share, Distribution& time, Context& context) {
  const ObjectReader members(value, {"share", how_long}, context.problems);
  const Json* part = members.require("share", "\"1%\"");
  const Json* distribution = members.require(how_long, "\"2s\", or a distribution of durations");
  if (part != nullptr) share = read_share(*part, context.problems).value_or(0);
  if (distribution == nullptr) return;
  if (const auto read = read_distribution(*distribution, DistributionUse::Duration, context.problems))
    time = read->distribution;
}

/// "faults": intended faults in the messages of a topic.
KafkaFaults read_faults(const Json& value, Context& context) {
  const ObjectReader members(value, {"duplicate", "duplicate_after", "drop", "poison", "late", "out_of_order"},
                             context.problems);
  KafkaFaults out;
  const auto share = [&](const char* name) {
    const Json* member = members.find(name);
    return member == nullptr ? 0.0 : read_share(*member, context.problems).value_or(0);
  };
  out.duplicate = share("duplicate");
  out.drop = share("drop");
  out.poison = share("poison");
  if (const Json* late = members.find("late")) read_held(*late, "by", out.late, out.late_by, context);
  if (const Json* newer = members.find("out_of_order")) {
    read_held(*newer, "within", out.out_of_order, out.overtaken_within, context);
  }
  const Json* after = members.find("duplicate_after");
  if (after == nullptr) return out;
  if (const auto distribution = read_distribution(*after, DistributionUse::Duration, context.problems))
    out.duplicate_after = distribution->distribution;
  if (members.find("duplicate") == nullptr) {
    context.problems.error(after->origin, "\"duplicate_after\" without \"duplicate\"", "\"duplicate\": \"1%\"");
  }
  return out;
}

}  // namespace

void read_commit(const Json& mysql, MysqlTarget& out, Context& context) {
  const Json* commit = mysql.find("commit");
  if (commit == nullptr) return;
  const ObjectReader members(*commit, {"changes", "events"}, context.problems);
  if (!members.ok()) return;
  const Json* changes = members.find("changes");
  const Json* events = members.find("events");
  if ((changes == nullptr) == (events == nullptr)) {
    if (changes != nullptr || commit->names.empty()) {
      mismatch(*commit, "one of {\"changes\": 200} and {\"events\": 1}", context.problems);
    }
    return;
  }
  const auto most = read_integer(changes != nullptr ? *changes : *events, 1, kLargestTransaction, context.problems);
  if (!most) return;
  out.commit = {changes != nullptr ? Commit::Unit::Changes : Commit::Unit::Events, static_cast<int>(*most)};
}

void share_commits(const Json& write, Context& context) {
  std::map<std::size_t, Commit> declared;
  std::map<std::size_t, std::string> by;
  for (const WriteTarget& target : context.scenario.write) {
    const auto* table = std::get_if<MysqlTarget>(&target.target);
    if (table == nullptr) continue;
    const std::string& name = context.scenario.entity(target.entity).name;
    const Json* commit = write.find(name)->find("mysql")->find("commit");
    if (commit == nullptr) continue;
    const auto first = declared.emplace(table->connection, table->commit).first;
    by.emplace(table->connection, name);
    if (first->second == table->commit) continue;
    context.problems.error(commit->origin,
                           "\"" + by[table->connection] + "\" is written to the same connection by other transactions",
                           "one \"commit\" for all tables of a connection");
  }
  for (WriteTarget& target : context.scenario.write) {
    auto* table = std::get_if<MysqlTarget>(&target.target);
    if (table == nullptr) continue;
    const auto found = declared.find(table->connection);
    if (found != declared.end()) table->commit = found->second;
  }
}

void read_message(const Json& kafka, KafkaTarget& out, Context& context) {
  if (const Json* headers = kafka.find("headers"); headers != nullptr) {
    out.headers = read_boolean(*headers, context.problems).value_or(false);
  }
  if (const Json* transaction = kafka.find("transaction"); transaction != nullptr) {
    out.transaction =
        static_cast<int>(read_integer(*transaction, 1, kLargestTransaction, context.problems).value_or(0));
  }
  if (const Json* faults = kafka.find("faults"); faults != nullptr) out.faults = read_faults(*faults, context);
  const Json* compression = kafka.find("compression");
  if (compression == nullptr) return;
  constexpr std::array kCodecs = {"none", "gzip", "snappy", "lz4", "zstd"};
  if (!compression->is_text() || std::find(kCodecs.begin(), kCodecs.end(), compression->text) == kCodecs.end()) {
    return mismatch(*compression, "\"none\", \"gzip\", \"snappy\", \"lz4\" or \"zstd\"", context.problems);
  }
  out.compression = compression->text;
}

}  // namespace freshet::loading
