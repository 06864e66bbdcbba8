// Fields: the values of a row.
#pragma once

#include "scenarios/loader/values/context.h"

namespace freshet::loading {

/// The position of an expression, and the names visible there.
struct Scope {
  enum class Place { Row, Item, Set };
  Place place = Place::Row;
  std::string owner;                             ///< the entity's name
  std::string prefix;                            ///< prefix of names in an {"object": …}: "address."
  const RecordType* record = nullptr;            ///< columns above it: of the row, or of the list item
  const RecordType* outer = nullptr;             ///< Item: the row's columns above the list
  std::string outer_prefix;                      ///< Item: that of the list, like `prefix`
  const Entity* parent = nullptr;                ///< parent of a `per` entity
  const std::vector<Field>* fields = nullptr;    ///< siblings above it, for "via"
  const std::vector<LifeState>* life = nullptr;  ///< empty if the entity has none
  Names below;                                   ///< declared fields, above or below
  std::optional<std::int64_t> rows;              ///< number of instances, if known
  std::shared_ptr<const DataTable> data;         ///< the entity's "data"
};

/// The value of a field. Null after a problem.
[[nodiscard]] ExpressionPtr read_expression(const Json& value, const Scope& scope, Context& context);

/// Reads the fields of an object into `fields` and `record`. `scope.record` and `scope.fields` are set to them.
void read_fields(const Json& object, Scope scope, Context& context, std::vector<Field>& fields, RecordType& record);

/// Reads a "set" of existing fields of the entity; widens its text columns where new values are longer.
[[nodiscard]] std::vector<Field> read_set(const Json& object, Entity& entity, Context& context);

/// A column of `record` by name. None after a problem, or when what it names is broken, which has been reported.
[[nodiscard]] std::optional<ColumnIndex> require_column(const Json& name, const RecordType& record,
                                                        const std::string& owner, Context& context);
/// True if what the name refers to in `scope` has a problem of its own.
[[nodiscard]] bool is_broken_column(const std::string& name, const Scope& scope, const Context& context);
[[nodiscard]] Names column_names(const RecordType& record);
[[nodiscard]] bool is_numeric(const ColumnType& type);
/// "text", "decimal with 2 digits"…
[[nodiscard]] std::string describe(const ColumnType& type);

/// {"multiply": […]} and the other operations (arithmetic.cc).
[[nodiscard]] ExpressionPtr read_arithmetic(const Json& value, constructs::Arithmetic::Operation operation,
                                            const std::string& name, const Scope& scope, Context& context);
/// A column of the same row or item, as {"path": …} or as an operand (expressions.cc).
[[nodiscard]] ExpressionPtr read_path(const Json& name, const Scope& scope, Context& context);
/// {"round": …}, {"vat": …} and {"nett": …}: named sums and products (arithmetic.cc).
[[nodiscard]] ExpressionPtr read_rounding(const Json& value, const Scope& scope, Context& context);
[[nodiscard]] ExpressionPtr read_tax(const Json& value, const std::string& name, const Scope& scope, Context& context);
/// {"pattern": …}, {"text": …}, {"chance": …} (texts.cc) and "uuid7".
[[nodiscard]] ExpressionPtr read_pattern(const Json& value, Context& context);
[[nodiscard]] ExpressionPtr read_words(const Json& value, Context& context);
[[nodiscard]] ExpressionPtr read_chance(const Json& value, Context& context);
[[nodiscard]] ExpressionPtr ordered_uuid_expression(const Origin& origin);
/// {"time": …} and {"between": …} (times.cc).
[[nodiscard]] ExpressionPtr read_time(const Json& value, Context& context);
[[nodiscard]] ExpressionPtr read_between(const Json& value, Context& context);
/// {"when": …}, {"lookup": …} and {"null": …} (conditions.cc).
[[nodiscard]] ExpressionPtr read_when(const Json& value, const Scope& scope, Context& context);
[[nodiscard]] ExpressionPtr read_lookup(const Json& value, const Scope& scope, Context& context);
[[nodiscard]] ExpressionPtr read_nullable(const Json& value, const Scope& scope, Context& context);
/// {"data": "column"} of the entity's data file (data_files.cc).
[[nodiscard]] ExpressionPtr read_data_column(const Json& value, const Scope& scope, Context& context);
/// A CSV or JSON file beside the scenario. Null after a problem.
[[nodiscard]] std::shared_ptr<const DataTable> read_data_file(const Json& name, Context& context);
/// {"person": [parts], "locale": …}: the fields that it defines, each with the name of its part (locales.cc). Empty
/// after a problem.
[[nodiscard]] std::vector<std::pair<std::string, ExpressionPtr>> read_person(const Json& value,
                                                                             const std::string& group,
                                                                             Context& context);
/// A text type with its maximum length in bytes.
[[nodiscard]] ColumnType text_type(std::size_t longest);
[[nodiscard]] std::shared_ptr<Expression> make_expression(Expression::Construct construct, ColumnType type,
                                                          const Origin& origin);
/// A type that has nothing but its kind, and the scale of a decimal.
[[nodiscard]] ColumnType plain_type(Kind kind, int scale = 0);
/// A scalar as it stands.
[[nodiscard]] ExpressionPtr read_constant(const Json& value, Context& context);

/// {"ref": …} and {"list": …} (relations.cc).
[[nodiscard]] ExpressionPtr read_ref(const Json& value, const Scope& scope, Context& context);
[[nodiscard]] ExpressionPtr read_list(const Json& value, const Scope& scope, Context& context);
/// {"sequence": "P%07d", "first": 1}. `rows`: the number of instances, if known.
[[nodiscard]] ExpressionPtr read_sequence(const Json& value, std::optional<std::int64_t> rows, Context& context);
[[nodiscard]] ExpressionPtr uuid_expression(const Origin& origin);
/// A constant decimal, "1.14".
[[nodiscard]] ExpressionPtr decimal_constant(const Json& text);

}  // namespace freshet::loading
