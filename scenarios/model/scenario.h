// The scenario, typed. What the loader (loader.h) makes of one JSON file: names resolved to indexes,
// units to numbers, defaults filled in. Immutable; read from any thread. Everything below scenarios/ is
// interpreted by generator/ (rows and schedule), pipeline/ (the system under test) and metrics/ (the
// judge) independently of one another.
//
// The language is documented in docs/SCENARIO.md and scenarios/scenario.schema.json.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/change.h"
#include "base/row.h"
#include "scenarios/model/locale.h"
#include "scenarios/model/origin.h"
#include "scenarios/model/slo.h"

namespace freshet {

/// A law of probability over numbers. `min` and `max` truncate it (the law is drawn between them, so a
/// truncated exponential is a shifted one). Numbers are in the unit of what is drawn: µs for durations, units of
/// 10^-scale for decimals, else plain.
struct Distribution {
  enum class Law : std::uint8_t {
    Constant,     ///< a
    Uniform,      ///< [a, b], both included for integers and decimals
    Normal,       ///< mean a, standard deviation b
    Lognormal,    ///< median a, sigma b (of the logarithm)
    Exponential,  ///< mean a
    Geometric,    ///< 1, 2, 3…: mean a
    Zipf,         ///< ranks 1 … max with probability ~ (rank + b)^-a (Zipf, and with b > 0 Zipf-Mandelbrot)
    Histogram,    ///< bin i is [points[2i], points[2i+1]], both included, with weights[i]
    Quantiles,    ///< probability weights[i] of being below points[i], straight lines between; 0 and 1 are there
  };
  Law law = Law::Constant;
  double a = 0;
  double b = 0;
  std::optional<double> min;
  std::optional<double> max;
  std::vector<double> points;
  std::vector<double> weights;
};

/// How an instance is picked.
struct Pick {
  enum class Law : std::uint8_t {
    Uniform,
    Zipf,
    Weighted,  ///< in proportion to `column` of version 1 (references to entities with rows)
    Recent,    ///< so many arrivals back, exponential with mean `mean` (references to arrivals)
  };
  Law law = Law::Uniform;
  double s = 0;  ///< Zipf exponent, ≥ 0
  double q = 0;  ///< shift of the ranks (Zipf-Mandelbrot), ≥ 0
  int column = -1;
  double mean = 0;
};

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

/// How a field's value comes about.
struct Expression {
  enum class Kind : std::uint8_t {
    Constant,  ///< `literal`
    Sequence,  ///< `text` with one %d or %0Nd: first + ordinal
    Uuid,      ///< v4-shaped, invertible to the ordinal when it is the key
    Draw,      ///< `law`, as Integer, Decimal or Double (type.kind)
    Choice,    ///< one of `values` with `weights` (alias table)
    Time,      ///< an instant of the change, see `instant`, plus `law` as offset
    State,     ///< the state of the instance's life, as text
    Path,      ///< another field: `path`; resolved to a column of the same row or, with `parent`, of the parent
    Ref,       ///< an instance of `entity`, picked by `pick`; `embed` are its columns
    List,      ///< `law` items, each with `fields`
    Sum,       ///< of a column of list items: `path` = "basketItems.subtotal"
    Multiply,  ///< product of `operands`, rounded half away from zero to the scale of the field
    Divide,    ///< operands[0] / operands[1], rounded likewise
    Add,
    Subtract,
    UuidOrdered,  ///< version 7: the milliseconds of the instance's creation first
    Chance,       ///< true with probability weights[0]
    Pattern,      ///< text by `pattern`
    Words,        ///< readable text of `law` characters
    Person,       ///< `text` is the part ("name", "city"…) of the person `path` of this row, of one of `locales`
    Data,         ///< column `column` of `data`, in the line of the ordinal
    When,         ///< operands[i+1] for the case i that operands[0] is in; the last operand when in none
    Nullable,     ///< operands[0], or null with probability weights[0]
  };
  enum class Instant : std::uint8_t {
    Created,   ///< intended time of the instance's version 1
    Intended,  ///< intended time of this version
    Absolute,  ///< the Unix epoch: `law` alone says when
  };
  enum class TimeForm : std::uint8_t {
    Native,        ///< Kind::Time
    IsoMillis,     ///< text "2026-11-21T14:00:00.123+02:00" in `zone_minutes`
    EpochMillis,   ///< text of the milliseconds since the epoch
    Iso,           ///< as IsoMillis, without a fraction
    IsoMicros,     ///< as IsoMillis, with six digits
    Date,          ///< text "2026-11-21" in `zone_minutes`
    WholeSeconds,  ///< Kind::Integer, since the epoch
    WholeMillis,
    WholeMicros,
  };
  /// Characters of a pattern: one of `characters` (bytes), least … most times.
  struct PatternPart {
    std::string characters;
    int least = 1;
    int most = 1;
  };

  Kind kind = Kind::Constant;
  ColumnType type;  ///< of the result; for Ref: unused (see embed)
  Origin origin;

  // Constant: a Row of width 1 holds the value.
  Row literal;
  // Sequence
  std::string text;
  std::int64_t first = 1;
  // Draw, List (number of items), Time (offset, µs)
  Distribution law;
  // Choice
  std::vector<std::string> values;
  std::vector<double> weights;
  // Time
  Instant instant = Instant::Intended;
  TimeForm form = TimeForm::Native;
  int zone_minutes = 0;
  bool minus = false;  ///< the offset goes back
  // Path and Sum: dotted name of a column as written; `column` is its index in the flattened record in which it is
  // resolved: the entity's own row (also from inside a list item when `outer`), the list item's record, or the
  // parent's row when `parent`. For Sum, `column` is the list's column and `item_column` the one summed.
  std::string path;
  bool parent = false;
  bool outer = false;
  int column = -1;
  int item_column = -1;
  // Ref
  EntityId entity{};
  Pick pick;
  bool living = false;  ///< only instances that live at the creation of this row
  std::string via;  ///< name of another Ref field of the same entity whose instance holds the reference ("" = own pick)
  bool inlined = false;
  std::vector<std::string> embed;  ///< names as written
  std::vector<int> embed_columns;  ///< flattened columns of the referenced entity's record
  // List
  std::vector<Field> fields;
  // Sum…Subtract, When, Nullable
  std::vector<ExpressionPtr> operands;
  // When: case i is that operands[0] is the text values[i], is thresholds[i] or, with `at_least`, is that or more (in
  // units of its type); the first that holds counts.
  std::vector<std::int64_t> thresholds;
  bool at_least = false;
  // Pattern
  std::vector<PatternPart> pattern;
  // Person: alternatives with `weights`.
  std::vector<std::shared_ptr<const Locale>> locales;
  // Data
  std::shared_ptr<const DataTable> data;
};

/// The state machine of an instance. Durations in µs, before time_scale.
struct LifeState {
  std::string name;
  Distribution after;   ///< dwell until the next transition
  std::vector<int> to;  ///< indexes of states; kDeleted for the delete
  std::vector<double> weights;
  std::vector<Field> set;  ///< fields that get a new value on entering this state
  bool final = false;      ///< no transition leaves it
  double share = 1;        ///< of the instances in it that leave it; the others stay
  bool new_key = false;    ///< the row that enters it gets another key
};
inline constexpr int kDeleted = -1;

/// Reference rows (`rows`), arrivals (the subject of a load), or children (`per`).
struct Entity {
  std::string name;
  Origin origin;
  std::optional<std::int64_t> rows;   ///< reference rows: written before the load
  bool preloaded = true;              ///< false: `rows` is a key space that puts fill
  std::optional<EntityId> per;        ///< owned by one instance of this entity
  double share = 1;                   ///< of the parents that get one, or some
  std::optional<Distribution> count;  ///< how many a parent has; none: one
  std::uint64_t most = 1;             ///< children of a parent; child i of parent p has the ordinal p * most + i
  Distribution delay;                 ///< after the parent's intended time, µs, before time_scale
  std::string key_field;              ///< name of the key column, always column 0 of the record
  ExpressionPtr key;                  ///< Sequence, Uuid, or Path with parent (the parent's key)
  std::vector<Field> fields;          ///< in the order declared, key apart
  std::vector<LifeState> life;        ///< empty: inserted and left alone. State 0 is the first
  std::optional<LifeState> revival;   ///< what follows a delete in a life: a state with `to` that is no kDeleted
  RecordType record;                  ///< flattened: key, fields, then stamp columns
  int version_column = -1;            ///< of the stamp, -1 without
  int updated_at_column = -1;
  /// The native pipeline forgets a row so long after its last change, by the clock of its sources, µs; none: never.
  std::optional<Micros> retention;
  Origin retention_origin = {};

  /// Its life gives a row another key. Such an entity owns no other, and its key is not its parent's.
  [[nodiscard]] bool changes_key() const {
    return std::any_of(life.begin(), life.end(), [](const LifeState& state) { return state.new_key; });
  }
};

/// Piecewise linear rate. Durations in µs; rates per second.
struct Stage {
  double from_rate = 0;
  double to_rate = 0;
  Micros duration{};
};

struct Load {
  enum class Kind : std::uint8_t {
    Arrivals,
    Updates,  ///< of living rows; one that falls on another is not there
    Deletes,  ///< of living rows, likewise
    Puts,     ///< update of a living row, insert of another
  };
  enum class Process : std::uint8_t { Poisson, Constant };
  Kind kind = Kind::Arrivals;
  Process process = Process::Poisson;
  EntityId entity{};
  std::vector<Stage> stages;             ///< of the measured phase; updates: one stage as long as the run
  double backfill_rate = 0;              ///< arrivals: per second, before the schedule's zero
  Micros backfill{};                     ///< arrivals: how long before it they begin
  Pick pick;                             ///< updates: which instance
  std::vector<Field> set;                ///< updates, puts: fields that get a new value (from the version-1 values)
  std::optional<Distribution> reinsert;  ///< deletes: how long the row is away, µs, before time_scale; none: for good
  Origin origin;
};

/// Backends that the language knows by itself; every other is read by its TargetForm.
inline constexpr const char* kMysqlBackend = "mysql";
inline constexpr const char* kKafkaBackend = "kafka";

struct Connection {
  std::string name;
  std::string backend = kMysqlBackend;  ///< what stands behind it
  std::string url;                      ///< with ${NAME} and ${NAME:-default} as written; see clients/connection.h
  Origin origin;
  bool used = true;      ///< something is written to it or observed on it; of others the backend is not known
  bool declared = true;  ///< under "connections"; else a target says by itself where it is, and `url` is what it says
};

/// "FRESHET_CONNECTION_SINK", the variable that replaces the URL of the connection "sink".
[[nodiscard]] std::string connection_variable(const std::string& name);

/// Where an entity is written.
/// What one transaction holds of the changes that are due together. An event is what is intended at one instant for one
/// root and all that it owns: an order, its lines and its payment.
struct Commit {
  enum class Unit : std::uint8_t { Changes, Events };
  Unit unit = Unit::Changes;
  int most = 200;
  bool operator==(const Commit&) const = default;
};
struct MysqlTarget {
  std::string table;
  std::size_t connection = 0;  ///< index in Scenario::connections
  Commit commit = {};          ///< the same for all tables of a connection
};
/// What goes wrong with the messages of a topic, as shares of them.
struct KafkaFaults {
  double duplicate = 0;
  Distribution duplicate_after = {};  ///< µs, before time_scale
  double drop = 0;
  double poison = 0;
  double late = 0;
  Distribution late_by = {};  ///< µs, before time_scale
  double out_of_order = 0;
  Distribution overtaken_within = {};  ///< µs, before time_scale
};
struct KafkaTarget {
  enum class Format : std::uint8_t { Json, Avro, Debezium };
  std::string topic;
  std::string key;  ///< dotted name of the message key's column
  int key_column = -1;
  int partitions = 8;
  std::size_t connection = 0;
  Format format = Format::Json;
  std::string registry = {};     ///< Avro: URL of the schema registry, with ${NAME} as written; see registry_address
  bool headers = false;          ///< entity, operation, version and intended time beside each message
  std::string compression = {};  ///< librdkafka's name of a codec; empty: the connection's
  int transaction = 0;           ///< most messages of one transaction; 0 = none
  std::optional<KafkaFaults> faults = std::nullopt;
};
/// "json", "avro" or "debezium"; none for any other name.
[[nodiscard]] std::optional<KafkaTarget::Format> topic_format_of(std::string_view name);
/// A target of a backend that is read by its TargetForm.
struct OtherTarget {
  std::string backend;
  std::string kind;  ///< what it fills: "table"
  std::string name;  ///< of that
  std::size_t connection = 0;
  std::map<std::string, std::string> options = {};  ///< as written
};
struct WriteTarget {
  EntityId entity{};
  std::variant<MysqlTarget, KafkaTarget, OtherTarget> target;
  Origin origin;
  /// The same changes as messages, sent after the table's commit. Only beside a table.
  std::optional<KafkaTarget> mirror = std::nullopt;

  /// The topic that it fills, if any: its target or its mirror.
  [[nodiscard]] const KafkaTarget* topic() const { return mirror ? &*mirror : std::get_if<KafkaTarget>(&target); }

  struct Way {
    std::string backend;
    std::size_t connection = 0;  ///< index in Scenario::connections
  };
  /// The ways that its changes take: to its target, then to its mirror.
  [[nodiscard]] std::vector<Way> ways() const;
  /// That of its target.
  [[nodiscard]] std::string backend() const { return ways().front().backend; }
  /// What its target is, for people: "table orders".
  [[nodiscard]] std::string place() const;
};

/// A column of a view. `column` is an index in the flattened record of the view's input rows: see View::row.
struct ViewColumn {
  std::string name;  ///< in the view (dotted; underscores in tables)
  ColumnType type;
  enum class Source : std::uint8_t { Input, Item, Line, Window, Measure } source = Source::Input;
  /// Input: which input of this view (0 = from, 1 = join); Item: column of the unnested item; Line: 1, 2, 3…
  /// Window: start of the window of the time in that column of `from`; Measure: of that column of `from`.
  int input = 0;
  int column = -1;
  Origin origin;
  /// Count is of rows and has no column. Sum, Min and Max leave nulls out, and are null of nothing but nulls.
  enum class Measure : std::uint8_t { Count, Sum, Min, Max } measure = Measure::Count;
};

/// Windows of event time that follow one another without gap: [n × size, (n + 1) × size) since the Unix epoch, UTC.
struct Tumble {
  Micros size{};
  Expression::TimeForm form = Expression::TimeForm::Native;  ///< of the time column
};

/// A named result that the pipeline must maintain: from [⋈ join] [unnest] select, with a unique key; or, with
/// `tumble`, one row per group and window of `from`: the group's columns, the start of the window, then measures. A row
/// of `from` whose group or time is null, or whose time is none, is in no window. A group without rows has no row.
/// Inner join on equality of one column of either side. Every input may be inserted, updated and deleted in any order.
struct View {
  std::string name;
  Origin origin;
  /// The rows that this view reads: an entity's rows or an earlier view's.
  struct Input {
    std::optional<EntityId> entity;
    std::optional<ViewId> view;
    int on_column = -1;  ///< equality column of a join, in this input's record
  };
  std::vector<Input> inputs;  ///< 1, or 2 with a join
  int unnest_column = -1;     ///< list column of inputs[0], or -1
  std::optional<Tumble> tumble;
  std::optional<Micros> retention;  ///< with `tumble`: as that of an entity, for groups
  Origin retention_origin = {};
  std::vector<ViewColumn> columns;
  std::vector<int> key;  ///< indexes in columns
  RecordType record;     ///< of columns
  /// Base entities below this view, in order of first mention; one version column each in the sink,
  /// named "<entity>_version". A view with `tumble` has none of them: only its content tells what is in it.
  std::vector<EntityId> versions_of;
};

/// Where a view can be seen.
struct Observe {
  ViewId view{};
  std::string table;  ///< MySQL table
  std::size_t connection = 0;
  Origin origin;
  std::optional<ViewId> evidence = std::nullopt;  ///< another observed view, whose markers speak for this one
};

/// What a pipeline keeps in order, so that one change that it shows speaks for others.
enum class Order : std::uint8_t {
  Source,  ///< the changes of one table connection or partition: a view shows none before those that came earlier
  Key,     ///< those of one key; its tasks may overtake each other
};
[[nodiscard]] constexpr const char* name_of(Order order) { return order == Order::Source ? "source" : "key"; }

struct PipelineSpec {
  enum class Kind : std::uint8_t { Native, External } kind = Kind::Native;
  Order order = Order::Source;  ///< default: of the native pipeline Source, of another Key
  Origin origin;
};

struct Scenario {
  std::string file;  ///< as given
  std::string name;
  std::string description;
  std::uint64_t seed = 0;
  double time_scale = 1;
  Micros warm_up = 3 * kMicrosPerSecond;
  /// Closed loop: at most so many changes are sent and have no outcome; the next one goes out when there is room, in
  /// the schedule's order, whatever its instant. 0 = open loop.
  int in_flight = 0;
  std::optional<Micros> drain;   ///< default: largest latency bound of the gates + 30 s
  std::optional<Micros> canary;  ///< longest wait for the first rows to be seen; default as that of `drain`
  bool stamp = true;
  std::vector<Entity> entities;  ///< parents and referenced entities come before their users
  std::vector<Load> load;
  std::vector<WriteTarget> write;
  std::vector<View> views;  ///< inputs come before their users
  PipelineSpec pipeline;
  std::vector<Observe> observe;  ///< one per view at most
  std::vector<Gate> slo;
  std::vector<Connection> connections;
  std::string resolved_json;  ///< the file after extends, --set and defaults, without connections' values
  /// The files that `resolved_json` names, data and locales: where each was read, and its name beside that text.
  struct NamedFile {
    std::string path;
    std::string name;
  };
  std::vector<NamedFile> files;

  [[nodiscard]] const Entity& entity(EntityId id) const { return entities[index_of(id)]; }
  [[nodiscard]] const View& view(ViewId id) const { return views[index_of(id)]; }
  [[nodiscard]] std::optional<EntityId> find_entity(std::string_view name) const;
  [[nodiscard]] std::optional<ViewId> find_view(std::string_view name) const;
  /// Length of the measured phase: the longest load.
  [[nodiscard]] Micros measured() const;
  /// Warm-up plus measured: the schedule runs over [0, length).
  [[nodiscard]] Micros length() const { return warm_up + measured(); }
  /// How long before the schedule's zero the history begins that is written before the load.
  [[nodiscard]] Micros backfill() const;
  /// Something has a retention.
  [[nodiscard]] bool forgets() const;
  /// The instance at the root of the ownership chain is of this entity (itself when not `per`).
  [[nodiscard]] EntityId root_of(EntityId entity) const;
  /// The topmost entity whose ordinals this one has: up the owners, as long as each owns one at most.
  [[nodiscard]] EntityId family_of(EntityId entity) const;
  /// What a view column is made of: an entity's column (item columns: the list's column, item true), or the line
  /// number.
  struct Provenance {
    std::optional<EntityId> entity;
    int column = -1;
    int item_column = -1;
    bool line = false;
  };
  [[nodiscard]] Provenance provenance(const View& view, const ViewColumn& column) const;
};

}  // namespace freshet
