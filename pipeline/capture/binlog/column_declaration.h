// What information_schema declares of a column, beside what the binlog says of it.
#pragma once

#include "pipeline/capture/binlog/binlog_metadata.h"
#include "pipeline/capture/binlog/binlog_values.h"

namespace freshet {

/// Whether this can be the declaration of a column that the log lays out so.
[[nodiscard]] bool declares(const SchemaColumn& declaration, const ColumnLayout& column);

/// Adds what no log tells: the declared type, UUID and INETn, digits that are shown, and who computes it.
void complete(ColumnLayout& column, const SchemaColumn& declaration);
/// The same, with what logs tell only with binlog_row_metadata=FULL: name, sign, labels and character set.
void describe(ColumnLayout& column, const SchemaColumn& declaration);

/// A layout as the log would give it, as far as the kinds of values go: sizes in bytes are left out.
[[nodiscard]] ColumnLayout layout_of(const SchemaColumn& declaration);

}  // namespace freshet
