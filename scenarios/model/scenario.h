// The scenario, typed: what the loader (loader.h) makes of one JSON file, with names resolved to indexes, units to
// numbers, and defaults filled in. Immutable and thread-safe. It is interpreted independently by generator/ (rows and
// schedule), pipeline/ (the system under test) and metrics/ (oracle, audit, verdict).
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
#include "scenarios/model/distribution.h"
#include "scenarios/model/expression.h"
#include "scenarios/model/load.h"
#include "scenarios/model/origin.h"
#include "scenarios/model/slo.h"

namespace freshet {

/// Index in Entity::life of the state that follows; none: the row is deleted.
using NextState = std::optional<std::size_t>;

/// The state machine of an instance. Durations in µs, before time_scale.
struct LifeState {
  std::string name;
  Distribution after;  ///< dwell until the next transition
  std::vector<NextState> to;
  std::vector<double> weights;
  std::vector<Field> set;  ///< fields that get a new value on entering this state
  bool final = false;      ///< no transition leads out of it
  double share = 1;        ///< share of its instances that leave it; the others stay
  bool new_key = false;    ///< a row that enters it gets another key
};

/// Reference rows (`rows`), arrivals (the subject of a load), or children (`per`).
struct Entity {
  std::string name;
  Origin origin;
  std::optional<std::int64_t> rows;   ///< reference rows: written before the load
  bool preloaded = true;              ///< false: `rows` is a key space that upserts fill
  std::optional<EntityId> per;        ///< owner of each instance
  double share = 1;                   ///< share of the parents that get one, or some
  std::optional<Distribution> count;  ///< how many a parent has; absent: one
  std::uint64_t most = 1;  ///< maximum number of children of a parent; child i of parent p has the ordinal p * most + i
  Distribution delay;      ///< after the parent's intended time, µs, before time_scale
  std::string key_field;   ///< name of the key column, always column 0 of the record
  ExpressionPtr key;       ///< Sequence, Uuid, or Path with parent (the parent's key)
  std::vector<Field> fields;         ///< in the order declared, without the key
  std::vector<LifeState> life;       ///< empty: never changed after the insert. State 0 is the first
  std::optional<LifeState> revival;  ///< what follows a delete in a life: a state that leads to no other delete
  RecordType record;                 ///< flattened: key, fields, then stamp columns
  std::optional<ColumnIndex> version_column;     ///< of the stamp, if rows have one
  std::optional<ColumnIndex> updated_at_column;  ///< likewise
  /// How long after its last change the native pipeline drops a row, by the clock of its sources, in µs; absent: never.
  std::optional<Micros> retention;
  Origin retention_origin = {};

  /// True if its life gives a row another key. Such an entity owns no other, and its key is not its parent's.
  [[nodiscard]] bool changes_key() const {
    return std::any_of(life.begin(), life.end(), [](const LifeState& state) { return state.new_key; });
  }
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

/// "FRESHET_CONNECTION_SINK", the variable that overrides the URL of the connection "sink".
[[nodiscard]] std::string connection_variable(const std::string& name);

/// The size of a transaction, out of the changes that are due together. An event is everything intended at one instant
/// for one root and all that it owns: an order, its lines and its payment.
struct Commit {
  enum class Unit : std::uint8_t { Changes, Events };
  Unit unit = Unit::Changes;
  int most = 200;
  bool operator==(const Commit&) const = default;
};
struct MysqlTarget {
  std::string table;
  std::size_t connection = 0;  ///< index in Scenario::connections
  Commit commit = {};          ///< equal for all tables of a connection
};
/// The intended faults in the messages of a topic, as shares of them.
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
  std::string key;  ///< dotted name of the column that is the message key
  ColumnIndex key_column{};
  int partitions = 8;
  std::size_t connection = 0;
  Format format = Format::Json;
  std::string registry = {};     ///< Avro: URL of the schema registry, with ${NAME} as written; see registry_address
  bool headers = false;          ///< entity, operation, version and intended time beside each message
  std::string compression = {};  ///< librdkafka's name of a codec; empty: that of the connection
  int transaction = 0;           ///< maximum number of messages in one transaction; 0 = no transactions
  std::optional<KafkaFaults> faults = std::nullopt;
};
/// "json", "avro" or "debezium"; nullopt for any other name.
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
  /// The same changes as messages, sent after the table's commit. Only together with a table.
  std::optional<KafkaTarget> mirror = std::nullopt;

  /// The topic that receives the changes, if any: its target or its mirror.
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
  std::string name;  ///< name in the view (dotted; underscores in tables)
  ColumnType type;
  enum class Source : std::uint8_t { Input, Item, Line, Window, Measure } source = Source::Input;
  /// Input: which input of this view (0 = from, 1 = join); Item: column of the unnested item; Line: 1, 2, 3… Window:
  /// start of the window of the time in that column of `from`; Measure: an aggregate of that column of `from`.
  std::size_t input = 0;
  ColumnIndex column{};
  Origin origin;
  /// Count counts rows and has no column. Sum, Min and Max ignore nulls, and are null if there are only nulls.
  enum class Measure : std::uint8_t { Count, Sum, Min, Max } measure = Measure::Count;
};

/// Consecutive windows of event time: [n × size, (n + 1) × size) since the Unix epoch, UTC.
struct Tumble {
  Micros size{};
  constructs::Time::Form form = constructs::Time::Form::Native;  ///< form of the time column
};

/// A named result that the pipeline must maintain: from [⋈ join] [unnest] select, with a unique key; or, with `tumble`,
/// one row per group and window of `from`: the group's columns, the start of the window, then measures. A row of `from`
/// whose group is null, or whose time is null or not a time, is in no window. A group without rows has no row. Inner
/// join on equality of one column of each side. Every input may be inserted, updated and deleted in any order.
struct View {
  std::string name;
  Origin origin;
  /// The rows that this view reads: an entity's rows or an earlier view's.
  struct Input {
    std::optional<EntityId> entity;
    std::optional<ViewId> view;
    std::optional<ColumnIndex> on_column = std::nullopt;  ///< column of a join in this input's record
  };
  std::vector<Input> inputs;                 ///< 1, or 2 with a join
  std::optional<ColumnIndex> unnest_column;  ///< list column of inputs[0]
  std::optional<Tumble> tumble;
  std::optional<Micros> retention;  ///< with `tumble`: like that of an entity, for groups
  Origin retention_origin = {};
  std::vector<ViewColumn> columns;
  std::vector<ColumnIndex> key;  ///< in columns
  RecordType record;             ///< of columns
  /// Base entities below this view, in order of first mention. Each has a version column in the sink, named
  /// "<entity>_version". A view with `tumble` has none: only its content shows what it includes.
  std::vector<EntityId> versions_of;
};

/// Where a view can be observed.
struct Observe {
  ViewId view{};
  std::string table;  ///< MySQL table
  std::size_t connection = 0;
  Origin origin;
  std::optional<ViewId> evidence = std::nullopt;  ///< another observed view, whose markers are evidence for this one
};

/// The order that a pipeline keeps, so that a visible change is evidence for others.
enum class Order : std::uint8_t {
  Source,  ///< of the changes of one table connection or partition: a view shows none before earlier ones
  Key,     ///< of the changes of one key; its tasks may overtake each other
};
[[nodiscard]] constexpr const char* name_of(Order order) { return order == Order::Source ? "source" : "key"; }

struct PipelineSpec {
  enum class Kind : std::uint8_t { Native, External } kind = Kind::Native;
  Order order = Order::Source;  ///< default: Source for the native pipeline, Key for an external one
  Origin origin;
};

struct Scenario {
  std::string file;  ///< as given on the command line
  std::string name;
  std::string description;
  std::uint64_t seed = 0;
  double time_scale = 1;
  Micros warm_up = 3 * kMicrosPerSecond;
  /// Closed loop: at most this many changes are in flight without an outcome; the next one is sent when there is room,
  /// in the schedule's order, whatever its instant. 0 = open loop.
  int in_flight = 0;
  std::optional<Micros> drain;   ///< always there once loaded: see default_patience()
  std::optional<Micros> canary;  ///< longest wait for the first rows to be seen; likewise
  bool stamp = true;
  std::vector<Entity> entities;  ///< parents and referenced entities come before their users
  std::vector<Load> load;
  std::vector<WriteTarget> write;
  std::vector<View> views;  ///< inputs come before their users
  PipelineSpec pipeline;
  std::vector<Observe> observe;  ///< at most one per view
  std::vector<Gate> slo;
  std::vector<Connection> connections;
  std::string resolved_json;  ///< the file after extends, --set and defaults, without the connections' values
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
  /// How long before the schedule's zero the history begins, which is written before the load.
  [[nodiscard]] Micros backfill() const;
  /// True if any entity or view has a retention.
  [[nodiscard]] bool forgets() const;
  /// The entity at the top of the ownership chain (itself if not `per`).
  [[nodiscard]] EntityId root_of(EntityId entity) const;
  /// The topmost entity with the same ordinals: up the owners, as long as each owns at most one.
  [[nodiscard]] EntityId family_of(EntityId entity) const;
  /// The source of a view column: an entity's column (item columns: the list's column, with item true), or the line
  /// number.
  struct Provenance {
    std::optional<EntityId> entity;
    ColumnIndex column{};
    std::optional<ColumnIndex> item_column;
    bool line = false;

    /// The key of an entity's row.
    [[nodiscard]] bool is_key() const { return entity && column == ColumnIndex{0} && !item_column; }
  };
  [[nodiscard]] Provenance provenance(const View& view, const ViewColumn& column) const;
};

}  // namespace freshet
