// Entities: sorted (parents and referenced entities first), then read one by one.
#include <algorithm>

#include "scenarios/loader/json/units.h"
#include "scenarios/loader/read/life.h"
#include "scenarios/loader/read/readers.h"
#include "scenarios/loader/values/distributions.h"
#include "scenarios/loader/values/fields.h"

namespace freshet::loading {
namespace {

/// The names of the entities that must be read before this one: its parent and the entities its fields refer to.
void collect_needs(const Json& fields, Names& needs) {
  for (const Json& value : fields.items) {
    const Json* ref = value.find("ref");
    if (ref != nullptr && ref->is_text()) needs.push_back(ref->text);
    collect_needs(value, needs);  // from a list, an object, or an alternative without a reference
  }
}

Names needs_of(const Json& entity) {
  Names needs;
  const Json* per = entity.find("per");
  if (per != nullptr && per->is_text()) needs.push_back(per->text);
  if (const Json* fields = entity.find("fields")) collect_needs(*fields, needs);
  return needs;
}

/// Depth-first order of the declared entities. Cycles are reported and their members left out.
class Order {
 public:
  Order(const Json& entities, Context& context) : entities_(entities), context_(context) {
    for (std::size_t i = 0; i < entities.items.size(); ++i) visit(i);
  }
  [[nodiscard]] const std::vector<std::size_t>& indexes() const { return done_; }

 private:
  void visit(std::size_t index) {
    const std::string& name = entities_.names[index].text;
    if (std::find(done_.begin(), done_.end(), index) != done_.end() || context_.is_broken(name)) return;
    const auto open = std::find(path_.begin(), path_.end(), index);
    if (open != path_.end()) {
      report({open, path_.end()});
      return;
    }
    path_.push_back(index);
    for (const std::string& need : needs_of(entities_.items[index])) {
      for (std::size_t i = 0; i < entities_.names.size(); ++i) {
        if (entities_.names[i].text == need) visit(i);
      }
    }
    path_.pop_back();
    if (!context_.is_broken(name)) done_.push_back(index);
  }

  void report(const std::vector<std::size_t>& circle) {
    std::string text;
    for (const std::size_t index : circle) {
      text += entities_.names[index].text + " → ";
      context_.broken.insert(entities_.names[index].text);
    }
    context_.problems.error(entities_.names[circle.front()].origin,
                            "entities depend on each other in a circle: " + text + entities_.names[circle.front()].text,
                            "\"per\" and \"ref\" without a circle");
  }

  const Json& entities_;
  Context& context_;
  std::vector<std::size_t> path_;
  std::vector<std::size_t> done_;
};

class EntityReader {
 public:
  EntityReader(const Json::Name& name, const Json& value, Context& context)
      : context_(context),
        members_(
            value,
            {"rows", "keys", "per", "share", "count", "delay", "data", "key", "fields", "life", "churn", "retention"},
            context.problems) {
    entity_.name = name.text;
    entity_.origin = name.origin;
  }

  /// The entity, as far as it could be read; nullopt without a key, because others need it.
  std::optional<Entity> read(const std::vector<const Json*>& updates) {
    read_data();
    read_kind();
    if (const Json* retention = members_.find("retention")) {
      entity_.retention = read_retention(*retention, context_.problems);
      entity_.retention_origin = retention->origin;
    }
    read_key();
    const Json* life = members_.find("life");
    if (life != nullptr) read_life(*life);
    const Json* churn = members_.find("churn");
    if (churn != nullptr) read_churn_life(*churn);
    if (const Json* fields = members_.find("fields")) {
      read_fields(*fields, scope(), context_, entity_.fields, entity_.record);
    }
    if (life != nullptr) read_life_sets(*life, entity_, context_);
    const Json* churn_set = churn != nullptr && !entity_.life.empty() ? churn->find("set") : nullptr;
    if (churn_set != nullptr) entity_.life[0].set = read_set(*churn_set, entity_, context_);
    for (const Json* update : updates) {
      if (!entity_.rows) break;  // reported with the load
      if (const Json* set = update->find("set")) {
        context_.update_sets[update] = read_set(*set, entity_, context_);
      } else if (update->find("put") != nullptr) {
        context_.update_sets[update] = redrawn();
      }
    }
    if (entity_.key == nullptr) return std::nullopt;
    return std::move(entity_);
  }

 private:
  [[nodiscard]] Scope scope() const {
    Scope out;
    out.owner = entity_.name;
    out.parent = parent();
    out.life = &entity_.life;
    out.rows = entity_.rows;
    out.data = data_;
    return out;
  }

  void read_data() {
    const Json* data = members_.find("data");
    if (data == nullptr) return;
    data_ = read_data_file(*data, context_);
    if (data_ == nullptr) context_.broken.insert(entity_.name + " data");
  }

  [[nodiscard]] const Entity* parent() const { return entity_.per ? &context_.scenario.entity(*entity_.per) : nullptr; }

  void read_kind() {
    constexpr std::int64_t kMostRows = 1'000'000'000;
    const Json* rows = members_.find("rows");
    const Json* per = members_.find("per");
    if (rows != nullptr && rows->is_text() && rows->text == "data") {
      if (data_ == nullptr && members_.find("data") == nullptr) {
        context_.problems.error(rows->origin, "\"rows\" from a data file that is not declared", "\"data\": the file");
      }
      entity_.rows = data_ != nullptr ? static_cast<std::int64_t>(data_->rows.size()) : 1;
    } else if (rows != nullptr) {
      // With an invalid number it is still an entity with rows, so that references to it are not reported as well.
      entity_.rows = read_integer(*rows, 1, kMostRows, context_.problems).value_or(1);
    }
    if (const Json* keys = members_.find("keys")) {
      if (rows != nullptr || per != nullptr) {
        context_.problems.error(keys->origin, "\"keys\" beside \"rows\" or \"per\"", "one of them");
      }
      entity_.rows = read_integer(*keys, 1, kMostRows, context_.problems).value_or(1);
      entity_.preloaded = false;
    }
    if (per != nullptr && rows != nullptr) {
      context_.problems.error(per->origin, "\"per\" beside \"rows\"", "one of them");
    } else if (per != nullptr) {
      read_per(*per);
    }
    for (const char* name : {"share", "count", "delay"}) {
      const Json* member = members_.find(name);
      if (member == nullptr || per != nullptr) continue;
      context_.problems.error(member->origin, '"' + std::string(name) + "\" without \"per\"", "\"per\": the parent");
    }
    if (const Json* share = members_.find("share")) entity_.share = read_share(*share, context_.problems).value_or(1);
    if (const Json* count = members_.find("count")) read_count(*count);
    if (const Json* delay = members_.find("delay")) {
      if (const auto distribution = read_distribution(*delay, DistributionUse::Duration, context_.problems))
        entity_.delay = distribution->distribution;
    }
  }

  /// The fields that an upsert without "set" draws again: every field that can change and is not computed from others,
  /// which follow.
  [[nodiscard]] std::vector<Field> redrawn() const {
    namespace c = constructs;
    std::vector<Field> out;
    for (const Field& field : entity_.fields) {
      const Expression& value = *field.value;
      const bool fixed = value.is<c::Ref>() || value.is<c::List>() || value.is<c::State>() || value.is<c::Sequence>() ||
                         value.is<c::Constant>();
      if (!fixed && !computed(value)) out.push_back(field);
    }
    return out;
  }

  [[nodiscard]] static bool computed(const Expression& value) {
    if (value.is<constructs::Path>() || value.is<constructs::Sum>()) return true;
    const std::vector<ExpressionPtr> operands = operands_of(value);
    return std::any_of(operands.begin(), operands.end(),
                       [](const ExpressionPtr& operand) { return computed(*operand); });
  }

  void read_per(const Json& per) {
    context_.broken.insert(entity_.name + " parent");  // until it is found
    if (!per.is_text()) {
      mismatch(per, "the name of an entity", context_.problems);
      return;
    }
    const auto id = context_.scenario.find_entity(per.text);
    if (!id) {
      if (!context_.is_broken(per.text)) unknown_name(per, "entity", context_.entity_names, context_.problems);
      return;
    }
    const Entity& parent = context_.scenario.entity(*id);
    if (parent.rows && !parent.preloaded) {
      context_.problems.error(per.origin, "\"" + parent.name + "\" has \"keys\", so it has no arrivals",
                              "\"per\" an entity with \"rows\" or arrivals");
      return;
    }
    if (context_.scenario.entity(*id).changes_key()) {
      context_.problems.error(per.origin, "\"per\" an entity whose key changes: its children would keep the old one",
                              "no \"key\" in the states of \"" + per.text + '"');
      return;
    }
    entity_.per = id;
    context_.broken.erase(entity_.name + " parent");
  }

  void read_count(const Json& count) {
    const auto distribution = read_distribution(count, DistributionUse::Count, context_.problems);
    if (!distribution) return;
    entity_.count = distribution->distribution;
    entity_.most = static_cast<std::uint64_t>(std::max(1.0, most_of(distribution->distribution)));
  }

  void read_key() {
    const Json* key = members_.find("key");
    const Json* count = members_.find("count");
    const bool shared =
        key == nullptr || (key->is_text() && key->text == "parent") ||
        (key->is_object() && key->items.size() == 1 && key->items[0].is_text() && key->items[0].text == "parent");
    if (count != nullptr && members_.find("per") != nullptr && shared) {
      context_.problems.error(key != nullptr ? key->origin : entity_.origin, "the parent's key for several children",
                              "a key of their own, \"uuid\" or {\"sequence\": \"L%07d\"}; {\"parent\": \"" +
                                  (parent() != nullptr ? parent()->key_field : "id") + "\"} in a field");
      return;
    }
    entity_.key_field = parent() != nullptr ? parent()->key_field : "id";
    if (key == nullptr && members_.find("per") != nullptr) {
      entity_.key = parent_key(entity_.origin);
    } else if (key == nullptr) {
      if (members_.ok()) (void)members_.require("key", "\"uuid\" or {\"id\": {\"sequence\": \"P%07d\"}}");
    } else if (key->is_object() && key->find("sequence") == nullptr) {
      read_named_key(*key);
    } else {
      entity_.key_field = key->is_text() && key->text == "parent" ? entity_.key_field : "id";
      entity_.key = key_expression(*key);
    }
    ColumnType type;
    if (entity_.key != nullptr) type = entity_.key->type;
    entity_.record.columns.push_back({entity_.key_field, type});
  }

  void read_named_key(const Json& key) {
    if (key.names.size() != 1 || !is_name(key.names[0].text)) {
      mismatch(key, "one column and its value, {\"id\": \"uuid\"}", context_.problems);
      return;
    }
    entity_.key_field = key.names[0].text;
    entity_.key = key_expression(key.items[0]);
  }

  ExpressionPtr key_expression(const Json& value) {
    if (value.is_text() && value.text == "uuid") return uuid_expression(value.origin);
    if (value.is_text() && value.text == "uuid7") return ordered_uuid_expression(value.origin);
    if (value.is_object() && value.find("sequence") != nullptr) return read_sequence(value, entity_.rows, context_);
    if (value.is_text() && value.text == "parent") {
      if (members_.find("per") != nullptr) return parent_key(value.origin);
      context_.problems.error(value.origin, "\"parent\" in an entity without \"per\"", "\"uuid\" or {\"sequence\": …}");
      return nullptr;
    }
    mismatch(value, "\"uuid\", \"uuid7\", {\"sequence\": \"P%07d\"} or, with \"per\", \"parent\"", context_.problems);
    return nullptr;
  }

  [[nodiscard]] ExpressionPtr parent_key(const Origin& origin) const {
    if (parent() == nullptr || parent()->key == nullptr) return nullptr;
    return make_expression(constructs::Path{parent()->key_field, ColumnIndex{0}, constructs::Path::Record::Parent},
                           parent()->key->type, origin);
  }

  void read_life(const Json& life) {
    if (entity_.rows) {
      context_.problems.error(life.origin, "\"life\" of an entity with \"rows\" is not supported yet");
      context_.broken.insert(entity_.name + " life");
      return;
    }
    if (!read_life_states(life, entity_, context_)) context_.broken.insert(entity_.name + " life");
  }

  void read_churn_life(const Json& churn) {
    if (entity_.rows || members_.find("life") != nullptr) {
      context_.problems.error(churn.origin,
                              entity_.rows ? "\"churn\" of an entity with rows" : "\"churn\" beside \"life\"",
                              entity_.rows ? "\"update\" and \"delete\" in \"load\"" : "one of them");
      return;
    }
    if (!read_churn(churn, entity_, context_)) context_.broken.insert(entity_.name + " life");
  }

  Context& context_;
  ObjectReader members_;
  Entity entity_;
  std::shared_ptr<const DataTable> data_;
};

std::map<std::string, std::vector<const Json*>> updates_by_entity(const Json& root) {
  std::map<std::string, std::vector<const Json*>> out;
  const Json* load = root.find("load");
  if (load == nullptr || !load->is_array()) return out;
  for (const Json& entry : load->items) {
    const Json* entity = entry.find("entity");
    if (entity != nullptr && entity->is_text() && (entry.find("update") != nullptr || entry.find("put") != nullptr))
      out[entity->text].push_back(&entry);
  }
  return out;
}

}  // namespace

void read_entities(const Json& root, Context& context) {
  const Json* entities = root.find("entities");
  if (entities == nullptr) return;
  if (!entities->is_object() || entities->names.empty()) {
    mismatch(*entities, "an object of entities, {\"name\": {…}}", context.problems);
    return;
  }
  if (!few_enough(*entities, "entities", context.problems)) return;
  for (const Json::Name& name : entities->names) {
    context.entity_names.push_back(name.text);
    if (!is_name(name.text)) {
      context.problems.error(name.origin, "\"" + name.text + "\" cannot name an entity", "letters, digits and _");
    }
  }
  const auto updates = updates_by_entity(root);
  const Order order(*entities, context);
  for (const std::size_t index : order.indexes()) {
    const Json::Name& name = entities->names[index];
    const std::size_t before = context.problems.errors();
    const auto own = updates.find(name.text);
    auto entity = EntityReader(name, entities->items[index], context)
                      .read(own == updates.end() ? std::vector<const Json*>{} : own->second);
    const bool read = entity.has_value();
    if (read) context.scenario.entities.push_back(std::move(*entity));
    if (!read || context.problems.errors() > before) context.broken.insert(name.text);
  }
}

void append_stamps(Scenario& scenario) {
  if (!scenario.stamp) return;
  for (Entity& entity : scenario.entities) {
    entity.version_column = ColumnIndex{entity.record.width()};
    entity.record.columns.push_back({"version", plain_type(Kind::Integer)});
    entity.updated_at_column = ColumnIndex{entity.record.width()};
    entity.record.columns.push_back({"updated_at", plain_type(Kind::Time)});
  }
}

}  // namespace freshet::loading
