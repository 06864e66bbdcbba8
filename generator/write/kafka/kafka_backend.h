// Kafka as a backend. Its addresses are kafka::Address.
#pragma once

#include "generator/write/backend/backend.h"

namespace freshet {

[[nodiscard]] const Backend& kafka_backend();

}  // namespace freshet
