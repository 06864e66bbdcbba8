// MySQL and MariaDB as a backend. Its addresses are mysql::Address.
#pragma once

#include "generator/write/backend/backend.h"

namespace freshet {

[[nodiscard]] const Backend& mysql_backend();

}  // namespace freshet
