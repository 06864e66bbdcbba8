// Reports: one RunRecord, written for machines (result.json, junit.xml, seconds.ndjson) and for people (summary on the
// terminal, summary.md, report.html). Pure functions to text; write_reports() is the only one that touches files.
#pragma once

#include <string>

#include "base/result.h"
#include "metrics/record/run_record.h"

namespace freshet {

/// schema_version 1; what result_reader.h reads. Seconds and bytes; counts are integers; pretty-printed, newline at the
/// end.
[[nodiscard]] std::string result_json(const RunRecord& record);

/// The value on which a gate was decided, in its unit, for people.
[[nodiscard]] std::string value_text(const GateResult& result);

/// "PASS  every gate holds and every row is right (exit 0)".
[[nodiscard]] std::string verdict_line(const RunRecord& record);

/// One example of what an audit found, in a few short lines, each behind four spaces: the columns that differ, or the
/// row that is there alone.
[[nodiscard]] std::string example_text(const AuditExample& example);

/// "4.1 MB for 20,762 rows and 12 groups".
[[nodiscard]] std::string size_text(const StateRecord::Size& size);

/// What a person reads at the end of a run, about forty lines of plain text.
[[nodiscard]] std::string summary_text(const RunRecord& record);

/// The same for a pull request: Markdown with tables.
[[nodiscard]] std::string summary_markdown(const RunRecord& record);

/// One test suite a scenario, one test case a gate, and one for the audit of each view.
[[nodiscard]] std::string junit_xml(const RunRecord& record);

/// One file with everything in it: verdict, gates, plots (freshness by quantile and over time, load over time), tables.
[[nodiscard]] std::string report_html(const RunRecord& record);

/// One JSON object a line for each second of the run.
[[nodiscard]] std::string seconds_ndjson(const RunRecord& record);

/// Writes all of them into `directory` (which exists). Each file appears whole or not at all (written beside, synced
/// and renamed); the first error is returned and names the file.
Status write_reports(const RunRecord& record, const std::string& directory);

/// Writes `text` to `path`: beside it first, then renamed over it. What a run leaves speaks of addresses, in reasons
/// and warnings if nowhere else: it is for its owner's eyes, unless `mode` says otherwise.
Status write_whole_file(const std::string& path, const std::string& text, unsigned mode = 0600);

}  // namespace freshet
