#include "metrics/report/json_reader.h"

#include "base/text/json_text.h"

namespace freshet {

void JsonProblems::add(const std::string& pointer, const std::string& what) {
  if (++count_ > kShown) return;
  text_ += (text_.empty() ? "" : "; ") + pointer + ": " + what;
}

std::string JsonProblems::text() const {
  return count_ > kShown ? text_ + "; and " + std::to_string(count_ - kShown) + " more" : text_;
}

JsonReader JsonReader::object(const std::string& name) const {
  const OrderedJson* value = object_ != nullptr ? find(name) : nullptr;
  if (value == nullptr || value->is_null()) return {nullptr, pointer_to(name), *problems_};
  if (value->is_object()) return {*value, pointer_to(name), *problems_};
  wrong(name, "expected an object");
  return {nullptr, pointer_to(name), *problems_};
}

JsonReader JsonReader::required_object(const std::string& name) const {
  if (object_ != nullptr && find(name) == nullptr) wrong(name, "is missing");
  return object(name);
}

void JsonReader::each(const std::string& name, const Visit& visit) const {
  const OrderedJson* value = object_ != nullptr ? find(name) : nullptr;
  if (object_ == nullptr) return;
  if (value == nullptr || !value->is_array()) return wrong(name, "expected a list");
  for (std::size_t i = 0; i < value->size(); ++i) {
    const JsonReader item((*value)[i], pointer_to(name) + "/" + std::to_string(i), *problems_);
    if (!(*value)[i].is_object()) {
      problems_->add(item.pointer_, "expected an object");
    } else {
      visit(item);
    }
  }
}

void JsonReader::each_if_any(const std::string& name, const Visit& visit) const {
  if (object_ != nullptr && find(name) != nullptr) each(name, visit);
}

void JsonReader::members(const std::string& name,
                         const std::function<void(const std::string&, const JsonReader&)>& visit) const {
  const JsonReader outer = required_object(name);
  if (!outer) return;
  for (const auto& [key, value] : outer.object_->items()) visit(key, outer.required_object(key));
}

void JsonReader::wrong(const std::string& name, const std::string& what) const {
  problems_->add(pointer_to(name), what);
}

const OrderedJson* JsonReader::find(const std::string& name) const {
  const auto member = object_->find(name);
  return member != object_->end() ? &*member : nullptr;
}

std::string JsonReader::pointer_to(const std::string& name) const {
  std::string pointer = pointer_ + "/";
  append_pointer_token(name, pointer);
  return pointer;
}

void JsonReader::take(const std::string& pointer, const OrderedJson& value, bool& out) const {
  if (!value.is_boolean()) return problems_->add(pointer, "expected true or false");
  out = value.get<bool>();
}

void JsonReader::take(const std::string& pointer, const OrderedJson& value, double& out) const {
  if (!value.is_number()) return problems_->add(pointer, "expected a number");
  out = value.get<double>();
}

void JsonReader::take(const std::string& pointer, const OrderedJson& value, std::string& out) const {
  if (!value.is_string()) return problems_->add(pointer, "expected a string");
  out = value.get<std::string>();
}

}  // namespace freshet
