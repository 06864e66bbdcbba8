#include "scenarios/loader/json/extends.h"

#include "scenarios/loader/json/files.h"
#include "scenarios/loader/json/object_reader.h"

namespace freshet::loading {
namespace {

void erase(Json& object, std::size_t index) {
  object.names.erase(object.names.begin() + static_cast<std::ptrdiff_t>(index));
  object.items.erase(object.items.begin() + static_cast<std::ptrdiff_t>(index));
}

std::optional<std::size_t> place_of(const Json& object, const std::string& name) {
  for (std::size_t i = 0; i < object.names.size(); ++i) {
    if (object.names[i].text == name) return i;
  }
  return std::nullopt;
}

void merge(Json& base, const Json& over) {
  MemberIndex places(base);
  std::vector<bool> gone(base.names.size());
  for (std::size_t i = 0; i < over.names.size(); ++i) {
    const Json& value = over.items[i];
    const auto place = places.find(over.names[i].text);
    if (!place) {
      base.names.push_back(over.names[i]);
      base.items.push_back(value);
    } else if (value.is(Json::Kind::Null)) {
      gone[*place] = true;
    } else if (value.is_object() && base.items[*place].is_object()) {
      merge(base.items[*place], value);
    } else {
      base.items[*place] = value;
    }
  }
  gone.resize(base.names.size());
  std::size_t kept = 0;
  for (std::size_t i = 0; i < gone.size(); ++i) {
    if (gone[i]) continue;
    if (kept < i) {
      base.names[kept] = std::move(base.names[i]);
      base.items[kept] = std::move(base.items[i]);
    }
    ++kept;
  }
  base.names.resize(kept);
  base.items.resize(kept);
}

}  // namespace

bool apply_extends(Json& root, FileBudget& budget, Problems& problems) {
  const auto place = root.is_object() ? place_of(root, "extends") : std::nullopt;
  if (!place) return true;
  const Json name = root.items[*place];
  erase(root, *place);
  const auto text = read_text(name, problems);
  if (!text) return false;
  const std::string path = beside(name.origin.file.text(), *text);
  std::string why;
  const auto file = read_whole_file(path, budget, why);
  if (!file) {
    problems.error(name.origin, "the scenario \"" + *text + "\" " + why, "a scenario file beside this one");
    return false;
  }
  auto base = parse_json(*file, path, problems, budget.values);
  if (base && !base->is_object()) mismatch(*base, "a scenario: an object", problems);
  if (!base || !base->is_object()) return false;
  if (const Json* further = base->find("extends")) {
    problems.error(further->origin, "\"extends\" in a scenario that is extended", "one level");
    return false;
  }
  merge(*base, root);
  base->origin = root.origin;
  root = std::move(*base);
  return true;
}

}  // namespace freshet::loading
