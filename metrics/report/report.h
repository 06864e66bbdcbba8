// Reports: one RunRecord, written for machines (result.json, junit.xml, seconds.ndjson) and for people (summary on the
// terminal, summary.md, report.html). All are pure functions that return text, except write_reports(), which writes
// files.
#pragma once

#include <string>

#include "base/result.h"
#include "metrics/record/run_record.h"

namespace freshet {

/// schema_version 1, the format that result_reader.h reads. Times are in seconds, sizes in bytes, counts are integers.
/// Pretty-printed, with a newline at the end.
[[nodiscard]] std::string result_json(const RunRecord& record);

/// The value that decided a gate, with its unit, for people.
[[nodiscard]] std::string value_text(const GateResult& result);

/// "PASS  every gate holds and every row is right (exit 0)".
[[nodiscard]] std::string verdict_line(const RunRecord& record);

/// One example of an audit's finding in a few short lines, each indented by four spaces: the columns that differ, or
/// the row that has no counterpart.
[[nodiscard]] std::string example_text(const AuditExample& example);

/// "4.1 MB for 20,762 rows and 12 groups".
[[nodiscard]] std::string size_text(const StateRecord::Size& size);

/// The summary printed at the end of a run: about forty lines of plain text.
[[nodiscard]] std::string summary_text(const RunRecord& record);

/// The summary for a pull request: Markdown with tables.
[[nodiscard]] std::string summary_markdown(const RunRecord& record);

/// One test suite per scenario, one test case per gate, and one for the audit of each view.
[[nodiscard]] std::string junit_xml(const RunRecord& record);

/// One self-contained page: verdict, gates, plots (freshness by quantile and over time, load over time), tables.
[[nodiscard]] std::string report_html(const RunRecord& record);

/// One JSON object per line for each second of the run.
[[nodiscard]] std::string seconds_ndjson(const RunRecord& record);

/// Writes all reports to `directory`, which must exist. Each file appears completely or not at all (it is written under
/// another name, synced and renamed). Returns the first error, which names the file.
Status write_reports(const RunRecord& record, const std::string& directory);

/// Writes `text` to a temporary file and renames it to `path`. Reasons and warnings of a run may contain addresses, so
/// only the owner can read the file unless `mode` says otherwise.
Status write_whole_file(const std::string& path, const std::string& text, unsigned mode = 0600);

}  // namespace freshet
