// Negative control of the whole chain: a writer that reports committed without having written. Real servers, the native
// pipeline in a process of its own, the ledger, the full scan: the audit must find out, whichever target was lied
// about.
#include <atomic>
#include <utility>

#include "app/freshet_process.h"
#include "app/parts/real_parts.h"
#include "app/run/run.h"
#include "scenarios/loader/loader.h"

namespace freshet {
namespace {

/// Every n-th instance of one entity is never written, version by version, and reported committed, or not at all.
struct Lie {
  std::string about;
  Ordinal every = 0;  ///< 0: none
  bool reported = true;
};

class Liar final : public Writer {
 public:
  Liar(std::shared_ptr<Writer> honest, LaneWriters& lane, const Clock& clock, Lie lie, std::atomic<int>& lies)
      : honest_(std::move(honest)), outcomes_(lane.outcomes), clock_(clock), lie_(std::move(lie)), lies_(lies) {}

  void write(std::span<const Write> batch) override {
    for (const Write& write : batch) {
      const bool in_schedule = write.change.phase == Phase::WarmUp || write.change.phase == Phase::Measured;
      if (lie_.every == 0 || !in_schedule || write.change.ordinal % lie_.every != 0) {
        honest_->write({&write, 1});
        continue;
      }
      ++lies_;
      if (!lie_.reported) continue;
      const Instant now = clock_.now();
      const Settled lie{write.change, Outcome::Committed, 0, now, now};
      outcomes_->settle({&lie, 1});
    }
  }
  void flush(Instant deadline) override { honest_->flush(deadline); }

 private:
  const std::shared_ptr<Writer> honest_;
  const std::shared_ptr<LaneOutcomes> outcomes_;
  const Clock& clock_;
  const Lie lie_;
  std::atomic<int>& lies_;
};

/// The real writers, with a liar before those of one entity.
class LyingPool final : public WriterPool {
 public:
  LyingPool(std::unique_ptr<WriterPool> honest, const Scenario& scenario, int lanes, const Clock& clock, const Lie& lie,
            std::atomic<int>& lies)
      : honest_(std::move(honest)) {
    for (int i = 0; i < lanes; ++i) {
      LaneWriters lane = honest_->lane(i);
      auto& writer = lane.by_entity[index_of(*scenario.find_entity(lie.about))];
      writer = std::make_shared<Liar>(writer, lane, clock, lie, lies);
      lanes_.push_back(std::move(lane));
    }
  }
  [[nodiscard]] LaneWriters& lane(int index) override { return lanes_.at(static_cast<std::size_t>(index)); }
  void flush(Instant deadline) override { honest_->flush(deadline); }
  [[nodiscard]] std::string broken() const override { return honest_->broken(); }
  [[nodiscard]] std::vector<Refusal> refusals() const override { return honest_->refusals(); }

 private:
  std::unique_ptr<WriterPool> honest_;
  std::vector<LaneWriters> lanes_;
};

class Silent final : public Reporter {
  void phase(const std::string&) override {}
  void tick(const Progress&) override {}
  void warning(const std::string&) override {}
};

class LyingWriter : public testing::Test {
 protected:
  /// Runs split-sales with that lie; the record is that of the run, `lies_` counts the lies.
  void run(const Lie& lie) {
    Overrides overrides;
    overrides.rate = "150/s";
    overrides.duration = "4s";
    overrides.drain = "3s";
    overrides.set = {{"/warm_up", "1s"}, {"/entities/payment/delay/uniform", R"(["2s","20s"])"}};
    Loaded loaded = load_scenario(scenario("split-sales"), overrides);
    ASSERT_TRUE(loaded.scenario.has_value());
    RunOptions options;
    options.embedded = true;
    options.out = folder_.path() + "/out";
    options.program = FRESHET_BINARY_DIR "/freshet";
    Silent silent;
    RealParts real(*loaded.scenario, options, silent);
    RunParts parts = real.parts();
    parts.open_writers = [&](const Scenario& scenario, WallTime epoch, const Addresses& addresses, int lanes,
                             const Clock& clock, OutcomeSink sink) -> Result<std::unique_ptr<WriterPool>> {
      auto honest = WriterPool::open(scenario, epoch, addresses, lanes, clock, std::move(sink));
      if (!honest.ok()) return honest.error();
      return std::unique_ptr<WriterPool>(
          std::make_unique<LyingPool>(std::move(*honest), scenario, lanes, clock, lie, lies_));
    };
    freshet::Run run(*loaded.scenario, options, std::move(parts));
    const Status prepared = run.prepare();
    ASSERT_TRUE(prepared.ok()) << prepared.error().message;
    run.measure();
    run.conclude();
    ASSERT_TRUE(run.results_written());
    run.take_down();
    record_ = run.record();
  }
  void expect_found_out() {
    EXPECT_GT(lies_, 10);
    EXPECT_EQ(record_.verdict, Verdict::Incorrect);
    EXPECT_EQ(exit_code_of(record_.verdict), 7);
    for (const ViewRecord& view : record_.views) {
      EXPECT_GT(view.audit.missing, 0) << view.name;
      EXPECT_EQ(view.audit.errors(), view.audit.missing) << view.name;
    }
    for (const ChangeRecord& change : record_.changes) {
      for (const Ledger::Counts& counts : change.counts) {
        EXPECT_EQ(counts[1] + counts[2] + counts[3], 0) << "the ledger believed it";
      }
    }
  }

  Folder folder_;
  std::atomic<int> lies_ = 0;
  RunRecord record_;
};

TEST_F(LyingWriter, AboutATableIsFoundOut) {
  run({"payment", 7});
  expect_found_out();
}

TEST_F(LyingWriter, AboutATopicIsFoundOut) {
  run({"basket", 7});
  expect_found_out();
}

/// Conservation: a change without an outcome is an error of ours, and no verdict about the pipeline.
TEST_F(LyingWriter, ThatSaysNothingIsFoundOutBeforeTheAuditIsBelieved) {
  run({"payment", 7, false});
  EXPECT_GT(lies_, 10);
  EXPECT_EQ(record_.verdict, Verdict::Error);
  EXPECT_EQ(exit_code_of(record_.verdict), 1);
  EXPECT_NE(record_.ended_by.value_or(Error{}).message.find("outcomes recorded"), std::string::npos);
}

/// The same chain without a lie finds nothing.
TEST_F(LyingWriter, WithoutALieThereIsNoComplaint) {
  run({"payment", 0});
  EXPECT_EQ(lies_, 0);
  for (const ViewRecord& view : record_.views) {
    EXPECT_GT(view.audit.expected, 100) << view.name;
    EXPECT_EQ(view.audit.errors(), 0) << view.name;
  }
}

}  // namespace
}  // namespace freshet
