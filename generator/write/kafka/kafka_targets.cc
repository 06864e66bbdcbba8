#include "generator/write/kafka/kafka_targets.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>
#include <vector>

namespace freshet {

namespace {

/// For a broker's answer.
constexpr int kPatienceMs = 10'000;

std::uint64_t number_of(const std::string& mark) {
  std::uint64_t number = 0;
  std::from_chars(mark.data(), mark.data() + mark.size(), number);
  return number;
}

class OrphanTopics final : public Orphans {
 public:
  explicit OrphanTopics(kafka::Address address) : address_(std::move(address)) {}

  Result<Found> find(const std::set<std::string>& living) override {
    FRESHET_ASSIGN(const auto topics, find_orphan_topics(address_));
    if (!topics) return Found{{}, "skipping topics: the broker does not report topic configuration"};
    Found found;
    for (const auto& [topic, mark] : *topics) {
      const bool lives = std::any_of(living.begin(), living.end(),
                                     [mark = mark](const std::string& run) { return kafka::mark_of(run) == mark; });
      found.all.push_back({topic, "topic " + topic, "", std::to_string(mark), lives});
    }
    return found;
  }

  Result<Dropped> drop(const Orphan& orphan) override {
    FRESHET_ASSIGN(const bool deleted,
                   kafka::delete_marked_topic(address_, orphan.name, number_of(orphan.mark), kPatienceMs));
    return deleted ? Dropped::Yes : Dropped::NotOurs;
  }

  // Every question is a new request that waits for its answer.
  [[nodiscard]] bool lost() const override { return true; }

 private:
  const kafka::Address address_;
};

class TopicMaker final : public TargetMaker {
 public:
  TopicMaker(const Addresses& addresses, const TargetOptions& options, const LivingRuns& living)
      : addresses_(addresses), options_(options), living_(living) {}

  Status check(const WriteTarget& write) override {
    const KafkaTarget& target = *write.topic();
    const kafka::Address& address = address_of(target);
    if (!topics_.contains(target.connection)) {
      FRESHET_ASSIGN(topics_[target.connection], kafka::topics(address, kPatienceMs));
    }
    if (options_.use_existing_topics || !topics_[target.connection].contains(target.topic)) return {};
    FRESHET_ASSIGN(const auto ours, kafka::marks(address, {target.topic}, kPatienceMs));
    const bool made_by_freshet = ours && ours->contains(target.topic);
    if (made_by_freshet && options_.drop_existing) {
      const std::uint64_t mark = old_marks_[{target.connection, target.topic}] = ours->at(target.topic);
      return refuse_of_the_living(target.topic, mark);
    }
    const std::string use = "--use-existing-topics writes to it as it is; ";
    if (made_by_freshet) {
      return Error{ErrorKind::Usage, "topic " + target.topic + " exists (made by freshet)",
                   use + "--drop-existing drops topics that Freshet created"};
    }
    return Error{ErrorKind::Usage, "topic " + target.topic + " exists",
                 use + "Freshet never drops a topic that it did not create"};
  }

  Status make(const WriteTarget& write, std::vector<Made>& made) override {
    const KafkaTarget& target = *write.topic();
    const kafka::Address& address = address_of(target);
    std::map<std::string, int>& there = topics_[target.connection];
    if (there.contains(target.topic)) {
      // Otherwise check() has found that it is ours and may be dropped. Topics that several entities share are created
      // once.
      const bool stays = options_.use_existing_topics || made_.contains({target.connection, target.topic});
      if (stays) return {};
      const std::uint64_t mark = old_marks_[{target.connection, target.topic}];
      FRESHET_ASSIGN(const bool deleted, kafka::delete_marked_topic(address, target.topic, mark, kPatienceMs));
      if (!deleted) {
        return Error{ErrorKind::Usage, "topic " + target.topic + " was created by another program meanwhile", ""};
      }
    }
    FRESHET_TRY(kafka::create_topic(address, target.topic, target.partitions, kPatienceMs, options_.run_id));
    there[target.topic] = target.partitions;
    made_.insert({target.connection, target.topic});
    made.push_back({kKafkaBackend, target.connection, "topic", target.topic});
    return {};
  }

 private:
  [[nodiscard]] const kafka::Address& address_of(const KafkaTarget& target) const {
    return address_at<kafka::Address>(addresses_, target.connection);
  }

  Status refuse_of_the_living(const std::string& topic, std::uint64_t mark) const {
    FRESHET_ASSIGN(const std::set<std::string> living, living_());
    for (const std::string& run_id : living) {
      if (kafka::mark_of(run_id) != mark) continue;
      return Error{ErrorKind::Usage, "topic " + topic + " belongs to run " + run_id + ", which is running",
                   "let it end first, or use another topic"};
    }
    return {};
  }

  const Addresses& addresses_;
  const TargetOptions& options_;
  const LivingRuns& living_;
  std::map<std::size_t, std::map<std::string, int>> topics_;                ///< existing topics, by connection
  std::set<std::pair<std::size_t, std::string>> made_;                      ///< topics of this run, by connection
  std::map<std::pair<std::size_t, std::string>, std::uint64_t> old_marks_;  ///< of topics that may go
};

}  // namespace

Result<std::optional<std::map<std::string, std::uint64_t>>> find_orphan_topics(const kafka::Address& address) {
  FRESHET_ASSIGN(const auto topics, kafka::topics(address, kPatienceMs));
  std::vector<std::string> names;
  for (const auto& [name, partitions] : topics) names.push_back(name);
  return kafka::marks(address, names, kPatienceMs);
}

std::unique_ptr<Orphans> orphan_topics(const kafka::Address& address) {
  return std::make_unique<OrphanTopics>(address);
}

std::unique_ptr<TargetMaker> topic_maker(const Addresses& addresses, const TargetOptions& options,
                                         const LivingRuns& living) {
  return std::make_unique<TopicMaker>(addresses, options, living);
}

Result<Dropped> drop_own_topic(const kafka::Address& address, const std::string& topic, const std::string& run_id) {
  FRESHET_ASSIGN(const bool deleted, kafka::delete_marked_topic(address, topic, kafka::mark_of(run_id), kPatienceMs));
  return deleted ? Dropped::Yes : Dropped::NotOurs;
}

}  // namespace freshet
