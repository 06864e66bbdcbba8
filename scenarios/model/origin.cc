#include "scenarios/model/origin.h"

#include <vector>

#include "base/text/json_text.h"

namespace freshet {

const std::string& SharedText::text() const {
  static const std::string kEmpty;
  return text_ ? *text_ : kEmpty;
}

Pointer::Pointer(std::string_view written) {
  if (!written.empty()) node_ = std::make_shared<const PathNode>(PathNode{nullptr, std::string(written)});
}

Pointer Pointer::as_container() const {
  if (index_ == kNone) return *this;
  Pointer out;
  out.node_ = std::make_shared<const PathNode>(PathNode{node_, '/' + std::to_string(index_)});
  return out;
}

Pointer Pointer::member(std::string_view name) const {
  std::string text = "/";
  append_pointer_token(name, text);
  Pointer out;
  out.node_ = std::make_shared<const PathNode>(PathNode{as_container().node_, std::move(text)});
  return out;
}

Pointer Pointer::element(std::size_t index) const {
  Pointer out;
  out.node_ = as_container().node_;
  out.index_ = static_cast<std::uint32_t>(index);
  return out;
}

std::string Pointer::text() const {
  std::vector<const PathNode*> steps;
  for (const PathNode* step = node_.get(); step != nullptr; step = step->above.get()) steps.push_back(step);
  std::string out;
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) out += (*step)->text;
  if (index_ != kNone) out += '/' + std::to_string(index_);
  return out;
}

}  // namespace freshet
