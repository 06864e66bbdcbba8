// Compilation: the state while an entity's declaration becomes a Program. Private to the compiler: see compiler.h.
#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "generator/row/compile/compiler.h"
#include "generator/row/program.h"
#include "generator/time/timeline.h"
#include "scenarios/model/scenario.h"

namespace freshet {

class Compiler {
 public:
  Compiler(const Scenario& scenario, const Timeline& timeline, std::uint64_t seed, FrozenRows& frozen,
           const WeightsOf& weights)
      : scenario_(scenario), timeline_(timeline), seed_(seed), frozen_(frozen), weights_(weights) {}

  Program compile(EntityId entity) {
    Scope& row = new_scope(entity, new_block());
    row.whole_row = true;
    program_.width = scenario_.entity(entity).record.width();
    program_.outputs = outputs_of(row, program_.width);
    for (const std::vector<Step>& block : blocks_) {
      Program::Block& range = program_.blocks.emplace_back();
      range.begin = static_cast<std::uint32_t>(program_.steps.size());
      program_.steps.insert(program_.steps.end(), block.begin(), block.end());
      range.end = static_cast<std::uint32_t>(program_.steps.size());
    }
    program_.lend_texts();
    return std::move(program_);
  }

 private:
  /// Which image of an instance: as its version is, or as version 1 was (what a `set` starts from).
  enum class Image : std::uint8_t { Current, First };

  /// An instance or list item while its columns are being compiled. Columns are compiled on demand, so that they are in
  /// order of dependence, once each, and only if needed.
  struct Scope {
    EntityId entity{};
    const std::vector<Field>* fields = nullptr;
    std::string prefix;      ///< prefix of the concerns of its draws: "" or "basketItems."
    SubjectIndex subject{};  ///< at run time
    BlockIndex block{};      ///< where its columns are computed
    Scope* outer = nullptr;  ///< for an item: the row that contains the list
    bool whole_row = false;  ///< all of its columns are needed
    bool optional = false;   ///< it may not exist: its columns are computed in a block of their own
    Scope* parent = nullptr;

    /// Column of the first field: a row begins with its key.
    [[nodiscard]] ColumnIndex first_column() const { return ColumnIndex{outer == nullptr ? std::size_t{1} : 0}; }

    std::map<const constructs::Ref*, Scope*> references;
    std::map<std::pair<ColumnIndex, Image>, Register> columns;
    std::set<ColumnIndex> frozen;  ///< columns that one step copies from a table
  };

  /// Where the steps of an expression go, and the subject that they draw for.
  struct Place {
    BlockIndex block;
    SubjectIndex subject;
    Image image;
    std::string concern;  ///< names the stream
  };

  static constexpr Register kPending = std::numeric_limits<Register>::max();

  BlockIndex new_block() {
    blocks_.emplace_back();
    return static_cast<BlockIndex>(blocks_.size() - 1);
  }
  Register new_register() {
    FRESHET_CHECK(program_.registers < kPending, "an entity's rows need below 65,535 values");
    return static_cast<Register>(program_.registers++);
  }
  SubjectIndex new_subject(EntityId entity) {
    Program::SubjectRule rule;
    rule.entity = entity;
    rule.updates = timeline_.updates(entity);
    rule.lives = timeline_.has_life(entity);
    program_.subjects.push_back(std::move(rule));
    return static_cast<SubjectIndex>(program_.subjects.size() - 1);
  }
  Scope& new_scope(EntityId entity, BlockIndex block) {
    Scope& scope = scopes_.emplace_back();
    scope.entity = entity;
    scope.fields = &scenario_.entity(entity).fields;
    scope.block = block;
    scope.subject = new_subject(entity);
    return scope;
  }
  Step& emit(BlockIndex block, Op op) {
    Step& step = blocks_[block].emplace_back();
    step.op = op;
    return step;
  }
  Register emit_value(const Place& place, Op op, const ColumnType& type, std::size_t table) {
    const Register dst = new_register();
    Step& step = emit(place.block, op);
    step.kind = type.kind;
    step.scale = static_cast<std::uint8_t>(type.scale);
    step.subject = place.subject;
    step.dst = dst;
    step.table = static_cast<std::uint32_t>(table);
    step.stream = stream_;
    return dst;
  }

  Register column(Scope& scope, ColumnIndex index, Image image);
  Register stored_column(Scope& scope, ColumnIndex index, Image image);
  Register field_column(Scope& scope, const Field& field, ColumnIndex index, Image image);
  Register override_column(Scope& scope, const Field& field, ColumnIndex index, Register first);
  Scope& reference(Scope& scope, const constructs::Ref& ref, const std::string& concern);
  Scope& through(Scope& scope, const constructs::Ref& ref);
  Scope& choose(Scope& scope, const constructs::Ref& ref, std::optional<ReferencePicker> picker, SubjectIndex followed);
  void embed_frozen(Scope& target, const std::vector<ColumnIndex>& columns);
  std::vector<Program::Output> outputs_of(Scope& scope, std::size_t width);
  const Scope* embedded_from(const Scope& scope, ColumnIndex column) const;
  std::vector<Program::ItemPick> picks_of(const Scope& item);
  Scope& parent(Scope& scope);
  Scope& item_scope(Scope& scope, const constructs::List& list, const std::string& concern);

  Register expression(Scope& scope, const Expression& value, const Place& place);
  // One for each construct that takes more than a step. `type` is the value's.
  Register path(Scope& scope, const constructs::Path& path, Image image);
  Register draw_value(const constructs::Draw& draw, const ColumnType& type, const Place& place);
  Register choice(const constructs::Choice& choice, const ColumnType& type, const Place& place);
  Register time(const constructs::Time& time, const ColumnType& type, const Place& place);
  Register state(const Scope& scope, const ColumnType& type, const Place& place);
  Register formula(Scope& scope, const constructs::Arithmetic& arithmetic, const ColumnType& type, const Place& place);
  Register list(Scope& scope, const constructs::List& list, const ColumnType& type, const Place& place);
  Register sum(Scope& scope, const constructs::Sum& sum, const ColumnType& type, const Place& place);
  Register sum_of_items(Scope& scope, const Field& field, const constructs::Sum& sum, const ColumnType& type,
                        const Place& place);
  Program::Alternative alternative(Scope& scope, const Expression& value, Place place);
  Register when(Scope& scope, const constructs::When& when, const ColumnType& type, const Place& place);
  Register nullable(Scope& scope, const constructs::Nullable& nullable, const ColumnType& type, const Place& place);
  Register person(Scope& scope, const constructs::Person& person, const ColumnType& type, const Place& place);

  void use_stream(const Scope& scope, const std::string& concern) {
    stream_ = stream_of(seed_, scenario_.entity(scope.entity).name, concern);
  }
  template <typename Table, typename Entry>
  static std::size_t add(Table& table, Entry&& entry) {
    table.push_back(std::forward<Entry>(entry));
    return table.size() - 1;
  }

  const Scenario& scenario_;
  const Timeline& timeline_;
  std::uint64_t seed_;
  FrozenRows& frozen_;
  const WeightsOf& weights_;
  Stream stream_{};
  Program program_;
  std::deque<Scope> scopes_;  // a deque, because addresses must stay valid
  std::vector<std::vector<Step>> blocks_;
  std::map<std::string, std::size_t> peoples_;  ///< by entity and group: index in program_.peoples
};

}  // namespace freshet
