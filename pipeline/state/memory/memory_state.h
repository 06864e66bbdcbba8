// State in memory: it ends with the process; the marker in the sink shows that to a restarted one (sink_marker.h).
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>

#include "pipeline/state/state.h"

namespace freshet {

/// Nothing of the tables is copied when it is sealed: only positions are remembered, which a restart could use if the
/// tables were there.
class MemoryState final : public State {
 public:
  [[nodiscard]] RowTable& rows(const std::string& name, const RecordType& type) override;
  [[nodiscard]] GroupTable& groups(const std::string& name) override;
  [[nodiscard]] Result<Seal> seal(const Positions& positions) override;
  [[nodiscard]] Status commit(Seal seal) override;
  [[nodiscard]] const Positions& committed() const override { return committed_; }
  [[nodiscard]] std::int64_t commits() const override { return commits_; }

 private:
  struct Sealed {
    Seal number = 0;
    Positions positions;
  };

  std::map<std::string, std::unique_ptr<RowTable>> rows_;
  std::map<std::string, std::unique_ptr<GroupTable>> groups_;
  std::deque<Sealed> sealed_;  // and not committed, oldest first
  Positions committed_;
  Seal last_ = 0;
  std::int64_t commits_ = 0;
};

}  // namespace freshet
