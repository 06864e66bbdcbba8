// SQLite files as a backend. Its addresses are sqlite::Address.
#pragma once

#include "generator/write/backend/backend.h"

namespace freshet {

[[nodiscard]] const Backend& sqlite_backend();

}  // namespace freshet
