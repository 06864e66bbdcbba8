// The declaration of a column in information_schema, in addition to the binlog's.
#pragma once

#include "pipeline/capture/binlog/binlog_metadata.h"
#include "pipeline/capture/binlog/binlog_values.h"

namespace freshet {

/// True if this can be the declaration of a column with that layout in the log.
[[nodiscard]] bool declares(const SchemaColumn& declaration, const ColumnLayout& column);

/// Adds what no log contains: the declared type, UUID and INETn, displayed digits, and whether the server computes it.
void complete(ColumnLayout& column, const SchemaColumn& declaration);
/// Also adds what logs contain only with binlog_row_metadata=FULL: name, sign, labels and character set.
void describe(ColumnLayout& column, const SchemaColumn& declaration);

/// The layout that the log would give, as far as the kinds of values go: without sizes in bytes.
[[nodiscard]] ColumnLayout layout_of(const SchemaColumn& declaration);

}  // namespace freshet
