// The result of `freshet fit` for people (a table on the terminal, a page with plots) and for machines (JSON). Pure.
#pragma once

#include <string>

#include "fit/checks/fit_report.h"

namespace freshet {

/// A table; checks that are not tested are listed below it with the reason.
[[nodiscard]] std::string fit_text(const FitReport& report);
/// `schema_version` 1; numbers are in the unit given beside them, `bars` in shares of 1.
[[nodiscard]] std::string fit_json(const FitReport& report);
/// One self-contained page: the table, and a plot of declared and achieved for each check that has one.
[[nodiscard]] std::string fit_html(const FitReport& report);

/// "fits, 61 checks", "3 of 61 checks differ": the outcome in one line.
[[nodiscard]] std::string fit_headline(const FitReport& report);
/// Numbers as in tables: four digits, no unit.
[[nodiscard]] std::string fit_number(double number);
/// "0.31", "2e-09"; "" without one.
[[nodiscard]] std::string fit_p(const FitCheck& check);

}  // namespace freshet
