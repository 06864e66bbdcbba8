// Topics that Freshet makes, and those that earlier runs left on a broker: they carry a mark in their configuration. A
// broker has no leases; the databases know the runs that have tables there too.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "clients/kafka/kafka.h"
#include "generator/write/backend/backend.h"

namespace freshet {

/// The topics of a broker that carry a mark, and their marks. Null if the broker does not report topic configurations;
/// then none is known.
[[nodiscard]] Result<std::optional<std::map<std::string, std::uint64_t>>> find_leftover_topics(
    const kafka::Address& address);

// See Backend.
[[nodiscard]] std::unique_ptr<Leftovers> leftover_topics(const kafka::Address& address);
[[nodiscard]] std::unique_ptr<TargetMaker> topic_maker(const Addresses& addresses, const TargetOptions& options,
                                                       const LivingRuns& living);
[[nodiscard]] Result<Dropped> drop_own_topic(const kafka::Address& address, const std::string& topic,
                                             const std::string& run_id);

}  // namespace freshet
