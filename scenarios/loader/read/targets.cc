// Connections, and what is written to them and observed on them.
#include <algorithm>
#include <cmath>

#include "base/messages/masked.h"
#include "base/text/variables.h"
#include "scenarios/loader/json/units.h"
#include "scenarios/loader/read/delivery.h"
#include "scenarios/loader/read/forms.h"
#include "scenarios/loader/read/readers.h"
#include "scenarios/loader/values/fields.h"

namespace freshet::loading {
namespace {

/// For people.
std::string title_of(const std::string& backend) {
  if (backend == kMysqlBackend) return "MySQL";
  return backend == kKafkaBackend ? "Kafka" : backend;
}

bool is_table_name(const std::string& text) { return is_name(text); }

bool is_topic_name(const std::string& text) {
  constexpr std::size_t kLongest = 249;
  const bool characters = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
  return characters && !text.empty() && text.size() <= kLongest && text != "." && text != "..";
}

}  // namespace

std::optional<std::size_t> read_connection(const Json& target, const std::string& backend, Context& context) {
  auto& connections = context.scenario.connections;
  Names names;
  for (const Connection& connection : connections) names.push_back(connection.name);
  const Json* given = target.find("connection");
  const std::string wanted = given != nullptr ? given->text : backend;
  const auto found = std::find(names.begin(), names.end(), wanted);
  if (found == names.end() || (given != nullptr && !given->is_text())) {
    if (context.is_broken("connections")) return std::nullopt;
    if (given != nullptr) {
      unknown_name(*given, "connection", names, context.problems);
    } else {
      context.problems.error(
          target.origin, "no \"connection\", and no connection called \"" + backend + '"',
          names.empty() ? "\"connections\": {\"mysql\": \"${FRESHET_MYSQL}\"}" : "\"connection\": " + one_of(names));
    }
    return std::nullopt;
  }
  const auto index = static_cast<std::size_t>(found - names.begin());
  const auto used = context.backends.emplace(index, backend);
  if (const std::string& other = used.first->second; other != backend) {
    const auto [second, first] = std::minmax({title_of(backend), title_of(other)});
    context.problems.error(given != nullptr ? given->origin : target.origin,
                           "the connection \"" + wanted + "\" is used for " + first + " and for " + second,
                           "one kind each");
    return std::nullopt;
  }
  connections[index].backend = backend;
  connections[index].used = true;
  return index;
}

namespace {

/// Table and connection of a target in MySQL.
std::optional<MysqlTarget> read_mysql(const Json& value, const Names& known, Context& context) {
  const ObjectReader members(value, known, context.problems);
  if (!members.ok()) return std::nullopt;
  const Json* table = members.require("table", "the name of a table");
  const auto connection = read_connection(value, kMysqlBackend, context);
  if (table == nullptr || !connection) return std::nullopt;
  if (!table->is_text() || !is_table_name(table->text)) {
    mismatch(*table, "the name of a table: letters, digits and _, at most 64", context.problems);
    return std::nullopt;
  }
  for (const auto& [other, owner] : context.tables) {
    if (table_name_of(other.second) != table_name_of(table->text)) continue;
    if (other.first == *connection) {
      context.problems.error(table->origin, "the table \"" + table->text + "\" is already used by \"" + owner + '"',
                             "a table of its own");
      return std::nullopt;
    }
    context.problems.warning(table->origin, "\"" + owner + "\" has a table \"" + table->text +
                                                "\" on another connection; the two must not be the same database");
  }
  return MysqlTarget{table->text, *connection};
}

/// "format" and "registry": Avro needs a registry, JSON has none.
void read_format(const ObjectReader& members, const Json& target, KafkaTarget& out, Context& context) {
  const Json* registry = members.find("registry");
  if (const Json* format = members.find("format"); format != nullptr) {
    const auto known = format->is_text() ? topic_format_of(format->text) : std::nullopt;
    if (!known) return mismatch(*format, R"("json", "avro" or "debezium")", context.problems);
    out.format = *known;
  }
  if (out.format != KafkaTarget::Format::Avro) {
    if (registry == nullptr) return;
    context.problems.error(registry->origin, "JSON needs no schema registry", "\"format\": \"avro\" beside it");
  } else if (registry == nullptr) {
    context.problems.error(target.origin, "Avro without a schema registry", "\"registry\": \"${FRESHET_REGISTRY}\"");
  } else if (!registry->is_text() || registry->text.empty()) {
    mismatch(*registry, "the URL of a schema registry, \"${FRESHET_REGISTRY}\"", context.problems);
  } else if (malformed_variable(registry->text)) {
    context.problems.error(registry->origin, "a variable is malformed", "${NAME} or ${NAME:-default}");
  } else if (masked(registry->text) != registry->text) {  // results contain the scenario
    context.problems.error(registry->origin, "a password in the URL of a schema registry",
                           "a variable in its place, \"${FRESHET_REGISTRY}\"");
  } else {
    out.registry = registry->text;
  }
}

std::optional<KafkaTarget> read_kafka(const Json& value, const Entity& entity, Context& context) {
  constexpr std::int64_t kMostPartitions = 1000;
  const ObjectReader members(value,
                             {"topic", "key", "format", "registry", "partitions", "connection", "headers",
                              "compression", "transaction", "faults"},
                             context.problems);
  if (!members.ok()) return std::nullopt;
  const std::size_t before = context.problems.errors();
  KafkaTarget out;
  const Json* topic = members.require("topic", "the name of a topic");
  if (topic != nullptr && (!topic->is_text() || !is_topic_name(topic->text))) {
    mismatch(*topic, "the name of a topic: letters, digits, '.', '_' and '-', at most 249", context.problems);
  } else if (topic != nullptr) {
    out.topic = topic->text;
  }
  out.key = entity.key_field;
  if (const Json* key = members.find("key")) {
    out.key = key->text;
    const auto column = require_column(*key, entity.record, entity.name, context);
    const bool found = column.has_value();
    out.key_column = column.value_or(ColumnIndex{0});
    if (found && entity.record[*column].type.kind == Kind::List) {
      context.problems.error(key->origin, "\"" + key->text + "\" is a list", "a column with one value");
    } else if (found && out.key_column != ColumnIndex{0} && entity.changes_key()) {
      context.problems.error(key->origin,
                             "the message key is not the key of \"" + entity.name +
                                 "\", whose key changes: readers could not tell which row was deleted",
                             '"' + entity.key_field + '"');
    } else if (found && out.key_column != ColumnIndex{0}) {
      context.problems.warning(key->origin,
                               "the message key is not the key of \"" + entity.name +
                                   "\": its changes spread over partitions and lose their order",
                               '"' + entity.key_field + '"');
    } else if (!found) {
      return std::nullopt;
    }
  }
  read_format(members, value, out, context);
  if (const Json* partitions = members.find("partitions")) {
    out.partitions = static_cast<int>(read_integer(*partitions, 1, kMostPartitions, context.problems).value_or(1));
  }
  read_message(value, out, context);
  const auto connection = read_connection(value, kKafkaBackend, context);
  if (!connection || context.problems.errors() != before) return std::nullopt;
  out.connection = *connection;
  return out;
}

void check_topic(const KafkaTarget& target, const Json& value, Context& context) {
  for (const WriteTarget& other : context.scenario.write) {
    const KafkaTarget* kafka = other.topic();
    if (kafka == nullptr || kafka->topic != target.topic || kafka->connection != target.connection) continue;
    context.problems.error(
        value.find("topic")->origin,
        "the topic \"" + target.topic + "\" is already used by \"" + context.scenario.entity(other.entity).name + '"',
        "a topic of its own");
  }
}

void read_write_target(const Json::Name& name, const Json& value, Context& context) {
  const auto id = context.scenario.find_entity(name.text);
  context.broken.insert("write " + name.text);  // until it is read
  if (!id) {
    if (context.is_broken(name.text)) return;
    context.problems.error(name.origin, "unknown entity \"" + name.text + '"', one_of(context.entity_names),
                           context.problems.nearest(name.text, context.entity_names));
    return;
  }
  Names backends{kMysqlBackend, kKafkaBackend};
  const TargetForm* form = nullptr;
  for (const TargetForm& known : *context.forms) {
    backends.push_back(known.backend);
    if (form == nullptr && value.find(known.backend) != nullptr) form = &known;
  }
  const ObjectReader members(value, backends, context.problems, {"file", "files", "stdout"});
  if (!members.ok()) return;
  const Json* mysql = members.find("mysql");
  const Json* kafka = members.find("kafka");
  if (mysql == nullptr && kafka == nullptr && form == nullptr) {
    if (value.names.empty()) mismatch(value, "\"mysql\", \"kafka\" or both", context.problems);
    return;
  }
  WriteTarget target;
  target.entity = *id;
  target.origin = name.origin;
  if (form != nullptr) {
    auto read = read_by_form(value, *form, context.scenario.entity(*id), context);
    if (!read) return;
    context.tables[{read->connection, read->name}] = name.text;
    target.target = *std::move(read);
    context.scenario.write.push_back(std::move(target));
    context.broken.erase("write " + name.text);
    return;
  }
  if (mysql != nullptr) {
    auto read = read_mysql(*mysql, {"table", "connection", "commit"}, context);
    if (!read) return;
    read_commit(*mysql, *read, context);
    context.tables[{read->connection, read->table}] = name.text;
    target.target = *read;
  }
  if (kafka != nullptr) {
    const auto read = read_kafka(*kafka, context.scenario.entity(*id), context);
    if (!read) return;
    check_topic(*read, *kafka, context);
    if (mysql != nullptr && read->faults) {
      context.problems.error(kafka->find("faults")->origin, "faults of messages that mirror the commits of a table",
                             "\"faults\" of a topic without a table beside it");
    }
    if (mysql != nullptr && read->transaction > 0) {
      context.problems.error(kafka->find("transaction")->origin,
                             "messages that follow the commits of a table have no transactions of their own",
                             "\"commit\" beside the table");
    }
    if (mysql != nullptr) {
      target.mirror = *read;
    } else {
      target.target = *read;
    }
  }
  context.scenario.write.push_back(std::move(target));
  context.broken.erase("write " + name.text);
}

}  // namespace

void read_connections(const Json& root, Context& context) {
  const Json* connections =
      find_section(root, "connections", Json::Kind::Object,
                   "an object of connections, {\"mysql\": \"${FRESHET_MYSQL}\"}", "connections", context.problems);
  if (connections == nullptr) {
    if (root.find("connections") != nullptr) context.broken.insert("connections");
    return;
  }
  std::map<std::string, std::string> variables;
  for (std::size_t i = 0; i < connections->items.size(); ++i) {
    const Json::Name& name = connections->names[i];
    const Json& url = connections->items[i];
    if (!is_name(name.text)) {
      context.problems.error(name.origin, "\"" + name.text + "\" cannot name a connection", "letters, digits and _");
    }
    const auto first = variables.emplace(connection_variable(name.text), name.text);
    if (!first.second) {
      context.problems.error(name.origin,
                             "\"" + name.text + "\" differs from \"" + first.first->second + "\" in case only",
                             "names that give different variables " + first.first->first);
    }
    Connection connection;
    connection.name = name.text;
    connection.origin = url.origin;
    connection.used = false;  // nothing has named it yet
    if (url.is_text() && !url.text.empty()) {
      connection.url = url.text;
      if (malformed_variable(url.text)) {
        context.problems.error(url.origin, "a ${…} is not well formed", "${NAME} or ${NAME:-default}");
      }
    } else if (!url.is(Json::Kind::Null)) {
      // it may be a secret, so it is not repeated
      context.problems.error(url.origin, "no URL", "a URL or ${NAME}, as text");
    }
    context.scenario.connections.push_back(std::move(connection));
  }
}

void read_write(const Json& root, Context& context) {
  const Json* write =
      find_section(root, "write", Json::Kind::Object,
                   "an object of entities and targets, {\"order\": {\"mysql\": {\"table\": \"orders\"}}}", "targets",
                   context.problems);
  if (write == nullptr) {
    if (root.find("write") != nullptr) context.broken.insert("write");
    return;
  }
  for (std::size_t i = 0; i < write->items.size(); ++i) read_write_target(write->names[i], write->items[i], context);
  share_commits(*write, context);
}

namespace {

/// The view that provides the evidence for another; it must be observed, too.
void read_evidence(const Json& evidence, Observe& seen, Context& context) {
  Names others;
  for (const Observe& other : context.scenario.observe) {
    if (other.view != seen.view) others.push_back(context.scenario.view(other.view).name);
  }
  const auto view = evidence.is_text() ? context.scenario.find_view(evidence.text) : std::nullopt;
  if (view && std::ranges::find(others, evidence.text) != others.end()) {
    seen.evidence = *view;
    return;
  }
  if (!evidence.is_text()) return mismatch(evidence, "the name of another view under \"observe\"", context.problems);
  context.problems.error(evidence.origin, "\"" + evidence.text + "\" is not another view under \"observe\"",
                         others.empty() ? "another view" : one_of(others),
                         context.problems.nearest(evidence.text, others));
}

}  // namespace

void read_observe(const Json& root, Context& context) {
  const Json* observe = find_section(root, "observe", Json::Kind::Object,
                                     "an object of views and sinks, {\"view\": {\"mysql\": {\"table\": \"view\"}}}",
                                     "views", context.problems);
  if (observe == nullptr) return;
  for (std::size_t i = 0; i < observe->items.size(); ++i) {
    const Json::Name& name = observe->names[i];
    const auto view = context.scenario.find_view(name.text);
    if (!view && !context.is_broken(name.text)) {
      context.problems.error(name.origin, "unknown view \"" + name.text + '"',
                             context.view_names.empty() ? "\"views\"" : one_of(context.view_names),
                             context.problems.nearest(name.text, context.view_names));
    }
    const ObjectReader members(observe->items[i], {"mysql", "evidence"}, context.problems,
                               {"kafka", "iceberg", "paimon", "hudi"});
    const Json* mysql = members.find("mysql");
    if (mysql == nullptr) {
      if (members.ok() && observe->items[i].names.empty()) (void)members.require("mysql", "{\"table\": \"view\"}");
      continue;
    }
    const auto target = read_mysql(*mysql, {"table", "connection"}, context);
    if (!target) continue;
    context.tables[{target->connection, target->table}] = name.text;
    if (view) context.scenario.observe.push_back({*view, target->table, target->connection, name.origin});
  }
  for (Observe& seen : context.scenario.observe) {
    const Json* evidence = observe->find(context.scenario.view(seen.view).name)->find("evidence");
    if (evidence != nullptr) read_evidence(*evidence, seen, context);
  }
}

namespace {

constexpr const char* kPipelines = R"({"native": {}}, {"external": {"order": "source"}} or "external")";

void read_external(const Json& external, Context& context) {
  PipelineSpec& spec = context.scenario.pipeline;
  spec.kind = PipelineSpec::Kind::External;
  spec.order = Order::Key;
  const ObjectReader options(external, {"order"}, context.problems);
  const Json* order = options.find("order");
  if (order == nullptr) return;
  if (order->is_text() && order->text == name_of(Order::Source)) {
    spec.order = Order::Source;
  } else if (!order->is_text() || order->text != name_of(Order::Key)) {
    mismatch(*order, "\"source\" or \"key\"", context.problems);
  }
}

}  // namespace

void read_pipeline(const Json& root, Context& context) {
  const Json* pipeline = root.find("pipeline");
  if (pipeline == nullptr) return;
  context.scenario.pipeline.origin = pipeline->origin;
  if (pipeline->is_text() && pipeline->text == "external") {
    context.scenario.pipeline.kind = PipelineSpec::Kind::External;
    context.scenario.pipeline.order = Order::Key;
  } else if (!pipeline->is_object()) {
    mismatch(*pipeline, kPipelines, context.problems);
  } else {
    const std::size_t before = context.problems.errors();
    const ObjectReader members(*pipeline, {"native", "external"}, context.problems, {"flink", "spark"});
    if (context.problems.errors() != before) return;
    if (const Json* external = members.find("external")) {
      if (const Json* native = members.find("native")) {
        context.problems.error(native->origin, "two pipelines in \"pipeline\"", kPipelines);
      }
      read_external(*external, context);
    } else if (const Json* native = members.require("native", "{}")) {
      const ObjectReader options(*native, {}, context.problems);
    }
  }
}

void require_written(EntityId base, const Origin& origin, Context& context) {
  const auto& write = context.scenario.write;
  const bool written =
      std::any_of(write.begin(), write.end(), [&](const WriteTarget& target) { return target.entity == base; });
  const std::string& name = context.scenario.entity(base).name;
  if (written || context.is_broken("write " + name) || context.is_broken("write")) return;
  context.problems.error(origin, "no pipeline can read \"" + name + "\": it has no target",
                         "\"" + name + "\" in \"write\"");
}

}  // namespace freshet::loading
