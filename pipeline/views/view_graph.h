// All views of a scenario, kept current change by change. Pure: no threads, no I/O.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/state/state.h"
#include "pipeline/views/group_operator.h"
#include "pipeline/views/view_operator.h"

namespace freshet {

/// The change of one row of a view. Deleted: `row` is the last image, its versions the guard of the delete. A row whose
/// new versions are not all ≥ its old ones (another instance took the key) is deleted first, then upserted. The
/// receiver may swap the row's buffers.
struct ViewDelta {
  std::size_t view = 0;
  bool deleted = false;
  ViewRow* row = nullptr;
};

/// Takes changes of base entities in each source's order, sources interleaved at will, and emits what changes in the
/// views: a view that reads another one sees its deltas before the sink does. A row whose image stays the same is not
/// emitted, and keeps the versions of its last image change, unless another instance of an entity stands behind it now.
/// View keys must be unique: among the rows of one join value the pair with the largest input keys stands; elsewhere
/// the last writer does. One thread.
///
/// State: the columns of living input rows that a view reads (RowTable). A deleted row is forgotten at once
/// where its source gives changes in the order of their commits; of one from a topic, which may hold an older version
/// that comes late, key and version stay. Nothing per view row, except for views that are an input of a join and
/// for views with windows (GroupOperator). What has a retention is forgotten so long after its last change, or up to a
/// sixteenth later: views do not hear of it, and what comes for it then is taken for a new row.
class ViewGraph {
 public:
  using Emit = std::function<void(const ViewDelta&)>;
  /// Maintains `views` and what they read, in tables that it opens. `scenario` and `state` must outlive the graph.
  ViewGraph(const Scenario& scenario, const std::vector<ViewId>& views, State& state, Emit emit);

  /// True for entities below the views; changes of others are ignored.
  [[nodiscard]] bool reads(EntityId entity) const { return entities_[index_of(entity)].table != nullptr; }
  /// Between a change and flush() the groups of windows are not settled: the state is sealed after flush().
  /// `row` is of the entity's record. A version older than the one known is ignored and counted. `at` is when the
  /// change committed, µs by the clock of forget_old().
  void upsert(EntityId entity, const Row& row, WallTime at = {});
  /// The same for a row that lacks columns and replaces the row of `previous`, whatever its own key: the missing
  /// columns are as they were there. Returns false, without an effect, if there is no such row. Completes `row`.
  [[nodiscard]] bool replace(EntityId entity, std::string_view previous, const std::vector<std::size_t>& missing,
                             Row& row, WallTime at = {});
  /// By canonical key text. Unknown keys are ignored.
  void erase(EntityId entity, std::string_view key, WallTime at = {});
  /// Emits the net changes since the last flush in views with windows. Other views emit at once.
  void flush();
  /// Drops what is older than its retention at `now`. Call after flush().
  void forget_old(WallTime now);

  struct Forgotten {
    std::int64_t rows = 0;  ///< living ones
    std::int64_t groups = 0;
  };
  /// What was dropped because of a retention.
  [[nodiscard]] const Forgotten& forgotten() const { return forgotten_; }
  [[nodiscard]] std::int64_t older_ignored() const { return older_ignored_; }
  [[nodiscard]] std::int64_t null_keys() const;
  /// The present state: rows of entities, and of views that a join reads; groups of windows.
  struct Held {
    std::int64_t rows = 0;
    std::int64_t groups = 0;
  };
  [[nodiscard]] Held held() const;
  [[nodiscard]] std::int64_t rows_of(EntityId entity) const;
  [[nodiscard]] std::size_t bytes_of(EntityId entity) const;
  /// The groups of a view with windows, and their size in bytes.
  [[nodiscard]] std::pair<std::int64_t, std::size_t> groups_of(ViewId view) const;
  /// The size of the state in bytes if the entity had this many rows like the present ones; 0 if no view reads it.
  [[nodiscard]] std::size_t bytes_for(EntityId entity, std::size_t living, std::size_t deleted) const;
  /// The size of the state in bytes.
  [[nodiscard]] std::size_t bytes() const;

 private:
  struct Node {
    std::unique_ptr<ViewOperator> view_operator;
    std::unique_ptr<GroupOperator> group;  // used instead for a view with windows
    RecordType group_record;
    ViewRows before, after;
    ViewOperator::Difference difference;
    bool touched = false;
  };
  // The readers of a table or a view: nodes in the order of views, each with the input positions it is read as.
  struct Reader {
    std::size_t node = 0;
    std::vector<std::size_t> inputs;
  };
  struct Source {
    RowTable* table = nullptr;  // of the state
    std::vector<Reader> readers;
  };

  // An item with a retention, and when to check it next.
  struct Ageing {
    RowTable* table = nullptr;
    GroupOperator* group = nullptr;  // used instead
    Micros retention{};
    WallTime next{};
  };

  void prepare_tables();
  void prepare_ageing();
  void need(const Scenario& scenario, ViewId view, std::vector<char>& needed) const;
  void change(Source& source, std::string_view key, const Row* before, const Row* after, Version version);
  void settle(std::size_t node);

  const Scenario& scenario_;
  Emit emit_;
  std::vector<Source> entities_;  // like Scenario::entities
  std::vector<Source> views_;     // like Scenario::views; a table only if a join reads the view
  std::vector<Node> nodes_;       // like Scenario::views
  std::vector<char> wanted_;      // views that are emitted
  std::vector<Ageing> ageing_;
  Forgotten forgotten_;
  WallTime at_{};  // time of the current change
  Row scratch_;
  std::string key_;
  std::int64_t older_ignored_ = 0;
};

}  // namespace freshet
