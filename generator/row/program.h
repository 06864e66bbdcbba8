// Program: the compiled form of an entity's declaration. A flat list of steps over a file of registers; making a row
// needs no tree to walk, no virtual call, no name to look up.
//
// A register holds one cell. A subject is an instance whose columns are being computed: the row's own (subject 0), its
// parent, the instances that it refers to, or one item of a list. Only the needed columns of another instance are
// computed, by steps of this same program. Blocks are runs of steps: the row's own (block 0), the body of a list, the
// new value of a field that a version sets.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/row.h"
#include "generator/draw/alias_table.h"
#include "generator/draw/random.h"
#include "generator/draw/sampler.h"
#include "generator/row/arithmetic.h"
#include "generator/row/frozen_rows.h"
#include "generator/row/keys.h"
#include "generator/row/texts.h"
#include "generator/time/picker.h"
#include "generator/time/reference_picker.h"
#include "generator/time/update_index.h"
#include "scenarios/model/scenario.h"

namespace freshet {

enum class Op : std::uint8_t {
  Constant,     ///< dst = literals[table]
  Sequence,     ///< dst = sequences[table] of the subject's ordinal
  Key,          ///< dst = the key of entity `table`: a uuid, or any key that can change
  Uuid,         ///< dst = a uuid that is not a key
  Whole,        ///< dst = samplers[table], a whole number
  Real,         ///< dst = samplers[table]
  Choice,       ///< dst = one of choices[table]
  Time,         ///< dst = times[table]
  State,        ///< dst = name of the subject's state, among states[table]
  Stamp,        ///< dst = the subject's version
  UpdatedAt,    ///< dst = the intended time of that version
  Formula,      ///< dst = formulas[table]
  Override,     ///< dst = overrides[table]: source, or the value that a later version set
  List,         ///< dst = lists[table]
  SumOfCells,   ///< dst = cell_sums[table] of the list in source
  SumOfItems,   ///< dst = sum over lists[table], which is not kept
  OrderedUuid,  ///< dst = a version 7 uuid that is not a key
  Chance,       ///< dst = true with probability shares[table]
  Pattern,      ///< dst = patterns[table]
  Words,        ///< dst = text whose number of characters samplers[table] draws
  Person,       ///< dst = people[table]
  Data,         ///< dst = data[table], in the line of the subject's ordinal
  When,         ///< dst = conditions[table] on source
  Nullable,     ///< dst = nullables[table]
  Day,          ///< dst = days[table], a date
  Embed,        ///< registers from dst on = the line of frozen[table] of the subject's ordinal, `source` cells
  Pick,         ///< subject dst = an instance picked by pickers[table]
  Picked,       ///< subject dst = the instance that the list has picked for this item, as number `source` of its picks
  /// subject dst = an instance by choosers[table], and its block; if there is none, everything in the block is null
  Choose,
  Same,    ///< subject dst = the instance of subject `source`, as of this subject's creation
  Parent,  ///< subject dst = the owner of this subject
};
/// This op and those after it give no value.
inline constexpr Op kFirstMove = Op::Embed;

using Register = std::uint16_t;
using SubjectIndex = std::uint16_t;
using BlockIndex = std::uint16_t;

struct Step {
  Op op = Op::Constant;
  Kind kind = Kind::Text;  ///< of the result
  std::uint8_t scale = 0;  ///< of the result
  SubjectIndex subject = 0;
  std::uint16_t dst = 0;
  std::uint16_t source = 0;
  std::uint32_t table = 0;
  Stream stream{};
};

/// The key of one entity. Without a value it is the parent's key.
struct EntityKey {
  std::optional<UuidKey> uuid;
  std::optional<OrderedUuidKey> ordered;
  std::optional<SequenceFormat> sequence;

  /// Precondition: it is a uuid. `created`: of the instance.
  [[nodiscard]] UuidText uuid_of(Ordinal number, WallTime created) const {
    return uuid ? uuid->render(number) : ordered->render(created, number);
  }
};

struct Program {
  struct Block {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
  };
  /// Texts that are lent to cells.
  using Texts = std::vector<std::pair<std::string, Cell>>;
  struct ChoiceTable {
    AliasTable alias;
    Texts values;
  };
  /// Adjacent columns that come from adjacent registers.
  struct Output {
    Register from;
    std::uint16_t size;
    std::uint8_t run;  ///< how many of them form a run (Cell::run), if they are not null; 0 = no run
  };
  struct TimeRule {
    constructs::Time::Instant instant;
    constructs::Time::Form form;
    Micros zone;
    std::string zone_text;  ///< "+02:00"
    Sampler offset;
    bool minus;
  };
  /// A date drawn evenly between two dates that are not far apart.
  struct DayRule {
    Sampler instant;
    std::int64_t begin;  ///< of the first day, µs since the Unix epoch
    DayTexts texts;
  };
  struct PersonRule {
    PersonPart part;
    std::size_t people;  ///< in peoples
  };
  struct DataRule {
    std::shared_ptr<const DataTable> table;
    std::size_t column;
  };
  /// A value that some steps compute only if it is needed.
  struct Alternative {
    BlockIndex block;
    Register value;
  };
  struct Condition {
    bool text = false;
    bool at_least = false;
    std::vector<std::pair<std::string, std::uint32_t>> texts;        ///< sorted; index in alternatives
    std::vector<std::pair<std::int64_t, std::uint32_t>> thresholds;  ///< sorted
    std::vector<Alternative> alternatives;                           ///< the last one applies if no case holds
    [[nodiscard]] const Alternative& of(const Row& row, const Cell& cell) const;
  };
  struct NullableRule {
    double share;
    Alternative value;
  };
  struct Formula {
    struct Term {
      Register source;
      int scale;
    };
    Arithmetic operation;
    std::vector<Term> terms;
  };
  /// An instance that may not exist. Without a picker it is the instance of the step's `source`, if there is one.
  struct Chooser {
    std::optional<ReferencePicker> picker;
    BlockIndex block;  ///< computes its columns
  };
  /// The instance that an item refers to. All items of a list are picked before the first is computed, so that their
  /// draws do not wait for each other and the data of the picked instances is prefetched.
  struct ItemPick {
    std::uint32_t picker;
    std::int64_t frozen;  ///< table of the embedded columns, or -1
  };
  struct ListRule {
    Sampler count;
    SubjectIndex item;
    BlockIndex body;
    std::size_t width;            ///< columns of an item
    std::vector<Output> outputs;  ///< of an item; for SumOfItems, the one to be summed
    std::vector<ItemPick> picks;
  };
  /// Which cell of each item of a list is summed.
  struct CellSum {
    std::size_t width;
    std::size_t column;
  };
  /// A field that versions after the first may set.
  struct OverrideRule {
    std::uint16_t slot;      ///< which slot of the subject holds the version that set it last
    SubjectIndex versioned;  ///< the subject that draws for that version
    std::vector<Alternative> alternatives;
  };
  /// By cause (state entered, or number of the update load): the alternative of the override, or -1.
  struct Slot {
    std::vector<int> by_cause;
  };
  struct SubjectRule {
    EntityId entity{};
    const UpdateIndex* updates = nullptr;  ///< null: the row never changes, or changes by its life
    bool lives = false;                    ///< its version is found by walking its life
    std::vector<std::uint16_t> slots;
  };

  std::vector<Step> steps;
  std::vector<Block> blocks;
  std::vector<SubjectRule> subjects;
  std::size_t width = 0;  ///< number of columns of the row
  std::vector<Output> outputs;
  std::size_t registers = 0;

  std::vector<Row> literals;
  std::vector<SequenceFormat> sequences;
  std::vector<Sampler> samplers;
  std::vector<ChoiceTable> choices;
  std::vector<TimeRule> times;
  std::vector<DayRule> days;
  std::vector<Texts> states;
  std::vector<Formula> formulas;
  std::vector<OverrideRule> overrides;
  std::vector<Slot> slots;
  std::vector<ListRule> lists;
  std::vector<CellSum> cell_sums;
  std::vector<InstancePicker> pickers;
  std::vector<Chooser> choosers;
  std::vector<double> shares;
  std::vector<PatternText> patterns;
  std::vector<People> peoples;
  std::vector<PersonRule> people;
  std::vector<DataRule> data;
  std::vector<Condition> conditions;
  std::vector<NullableRule> nullables;
  std::vector<FrozenTable> frozen;

  /// Creates the cells of texts and literals. Afterwards nothing may be added or moved, except the program as a whole.
  void lend_texts();
};

}  // namespace freshet
