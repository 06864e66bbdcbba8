#include "generator/write/backend/backend.h"

namespace freshet {

Status Backend::choose_format(const std::string& format, const std::string& registry, Scenario& /*scenario*/) const {
  if (!format.empty()) return Error{ErrorKind::Usage, "--format applies to files and topics, not to tables", {}};
  if (registry.empty()) return {};
  return Error{ErrorKind::Usage, "--registry applies only to --format avro on standard output or Kafka", {}};
}

std::string named(const Scenario& scenario, std::size_t connection) {
  return "connection \"" + scenario.connections[connection].name + "\"";
}

}  // namespace freshet
