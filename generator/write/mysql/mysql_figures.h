// What a MySQL server says of itself.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "clients/mysql/mysql.h"
#include "generator/write/backend/backend.h"

namespace freshet {

/// Opens a session. `out` gets what was read before an error.
Status read_figures(const mysql::Address& address, const Clock& clock, ServerFigures& out);

}  // namespace freshet
