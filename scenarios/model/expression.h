// Expressions: how the value of a field comes about.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/change.h"
#include "base/row.h"
#include "scenarios/model/distribution.h"
#include "scenarios/model/locale.h"
#include "scenarios/model/origin.h"

namespace freshet {

/// Rows from a file beside the scenario: one type per column, cells in rows.
struct DataTable {
  std::string file;
  RecordType columns;
  std::vector<Row> rows;
};

struct Expression;
using ExpressionPtr = std::shared_ptr<const Expression>;

/// One declared field of an entity or of a list item. A Ref field with `inlined` puts its embedded columns
/// directly into the parent; otherwise they are an object named `name`.
struct Field {
  std::string name;
  ExpressionPtr value;
  Origin origin;
};

/// Kinds of values.
namespace constructs {

struct Constant {
  Row literal;  ///< of width 1: holds the value
};

/// first + ordinal, in a text with one %d or %0Nd.
struct Sequence {
  std::string text;
  std::int64_t first = 1;
};

/// v4-shaped, invertible to the ordinal when it is the key.
struct Uuid {};

/// Version 7: the milliseconds of the instance's creation first.
struct OrderedUuid {};

/// An Integer, Decimal or Double, as the type says.
struct Draw {
  Distribution distribution;
};

/// One of `values` in proportion to `weights`.
struct Choice {
  std::vector<std::string> values;
  std::vector<double> weights;
};

/// An instant of the change plus an offset, or minus it.
struct Time {
  enum class Instant : std::uint8_t {
    Created,   ///< intended time of the instance's version 1
    Intended,  ///< intended time of this version
    Absolute,  ///< the Unix epoch: the offset alone says when
  };
  enum class Form : std::uint8_t {
    Native,        ///< Kind::Time
    IsoMillis,     ///< text "2026-11-21T14:00:00.123+02:00" in the zone
    EpochMillis,   ///< text of the milliseconds since the epoch
    Iso,           ///< as IsoMillis, without a fraction
    IsoMicros,     ///< as IsoMillis, with six digits
    Date,          ///< text "2026-11-21" in the zone
    WholeSeconds,  ///< Kind::Integer, since the epoch
    WholeMillis,
    WholeMicros,
  };
  Instant instant = Instant::Intended;
  Distribution offset = {};  ///< µs
  bool minus = false;
  Form form = Form::Native;
  int zone_minutes = 0;
};

/// The state of the instance's life, as text.
struct State {};

/// Another column, of the record that it is resolved in.
struct Path {
  enum class Record : std::uint8_t {
    Own,     ///< the entity's row, or the list item in which the path stands
    Outer,   ///< inside a list item: the entity's row
    Parent,  ///< the parent's row
  };
  std::string name;  ///< dotted, as written
  ColumnIndex column{};
  Record record = Record::Own;
};

/// An instance of another entity. Only a field, never part of another expression.
struct Ref {
  EntityId entity{};
  Pick pick;
  bool living = false;  ///< only instances that live at the creation of this row
  std::string via;  ///< another Ref field of the same entity, whose instance holds the reference; empty: its own pick
  bool inlined = false;
  std::vector<std::string> embed;          ///< names as written
  std::vector<ColumnIndex> embed_columns;  ///< of the referenced entity's record
};

struct List {
  Distribution count;  ///< of items
  std::vector<Field> fields;
};

/// The sum of one column of a list's items.
struct Sum {
  std::string name;      ///< "basketItems.subtotal", as written
  ColumnIndex list{};    ///< in the record in which the sum stands
  ColumnIndex column{};  ///< in the record of an item
};

/// Rounded half away from zero to the scale of the field.
struct Arithmetic {
  enum class Operation : std::uint8_t { Multiply, Divide, Add, Subtract };
  Operation operation = Operation::Add;
  std::vector<ExpressionPtr> operands;  ///< Divide, Subtract: two
};

/// True with this probability.
struct Chance {
  double share = 0;
};

struct Pattern {
  /// Characters of a pattern: one of `characters` (bytes), least … most times.
  struct Part {
    std::string characters;
    int least = 1;
    int most = 1;
  };
  std::vector<Part> parts;
};

/// Readable text.
struct Words {
  Distribution length;  ///< in characters
};

/// A part ("name", "city"…) of a person, who is of one of `locales` in proportion to `weights`.
struct Person {
  std::string part;
  std::string group;  ///< names the person: parts with the same group are of one person
  std::vector<std::shared_ptr<const Locale>> locales;
  std::vector<double> weights;
};

/// A column of a data file, in the line of the ordinal.
struct Data {
  std::shared_ptr<const DataTable> table;
  ColumnIndex column{};
};

/// The value of the first case that holds, else `otherwise`.
struct When {
  struct Case {
    std::variant<std::string, std::int64_t> value;  ///< a text, or a number in units of the tested type
    ExpressionPtr result;
  };
  ExpressionPtr tested;  ///< a Path
  std::vector<Case> cases;
  bool at_least = false;  ///< a case holds from its number on, and the highest counts; else when it is equal
  ExpressionPtr otherwise;

  [[nodiscard]] const Path& path() const;
};

/// Null with probability `share`, else `value`.
struct Nullable {
  double share = 0;
  ExpressionPtr value;
};

}  // namespace constructs

struct Expression {
  using Construct = std::variant<constructs::Constant, constructs::Sequence, constructs::Uuid, constructs::OrderedUuid,
                                 constructs::Draw, constructs::Choice, constructs::Time, constructs::State,
                                 constructs::Path, constructs::Ref, constructs::List, constructs::Sum,
                                 constructs::Arithmetic, constructs::Chance, constructs::Pattern, constructs::Words,
                                 constructs::Person, constructs::Data, constructs::When, constructs::Nullable>;

  Construct construct;
  ColumnType type;  ///< of the result; for Ref: unused (see embed)
  Origin origin;

  template <typename Wanted>
  [[nodiscard]] bool is() const {
    return std::holds_alternative<Wanted>(construct);
  }
  /// Null when it is another construct.
  template <typename Wanted>
  [[nodiscard]] const Wanted* as() const {
    return std::get_if<Wanted>(&construct);
  }
};

inline const constructs::Path& constructs::When::path() const { return std::get<Path>(tested->construct); }

/// The expressions that this one is computed from: operands, what a condition tests, and its results.
[[nodiscard]] std::vector<ExpressionPtr> operands_of(const Expression& expression);

/// Always null.
[[nodiscard]] bool is_null(const Expression& expression);

}  // namespace freshet
