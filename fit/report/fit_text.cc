#include <fmt/format.h>

#include <cmath>

#include "base/messages/printable.h"
#include "base/messages/units.h"
#include "fit/report/fit_pages.h"

namespace freshet {
namespace {

/// Cut and padded to `width` characters (UTF-8).
std::string fit_cell(const std::string& raw, std::size_t width) {
  const std::string text = printable(raw);
  std::string out;
  std::size_t shown = 0;
  for (std::size_t i = 0; i < text.size(); ++shown) {
    std::size_t end = i + 1;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) ++end;
    if (shown + 1 == width && end < text.size()) {
      out += "…";
      ++shown;
      break;
    }
    out.append(text, i, end - i);
    i = end;
  }
  if (shown < width) out.append(width - shown, ' ');
  return out;
}

std::string declared_and_achieved(double declared, double achieved) {
  return fmt::format("{:>10} {:>10}", fit_number(declared), fit_number(achieved));
}

std::string fit_line(const FitCheck& check) {
  const std::string blank(21, ' ');
  std::string out = fmt::format("{:<8} {} {} {:>9}  ", name_of(check.verdict), fit_cell(check.name(), 44),
                                fit_cell(check.declared, 40), human_count(check.samples));
  out += check.declared_mean && check.achieved_mean ? declared_and_achieved(*check.declared_mean, *check.achieved_mean)
                                                    : blank;
  std::string median = blank;
  for (const FitCheck::Quantile& quantile : check.quantiles) {
    if (quantile.p == 0.5) median = declared_and_achieved(quantile.declared, quantile.achieved);
  }
  out += "  " + median + "  " + fit_cell(check.unit, 5);
  constexpr const char* kShort[] = {"", "chi2", "KS", "binom", "poiss", "dev", "exact"};
  out += fmt::format("{:<6} {:>8}", kShort[static_cast<std::size_t>(check.test)], fit_p(check));
  return out.substr(0, out.find_last_not_of(' ') + 1) + "\n";
}

}  // namespace

std::string fit_headline(const FitReport& report) {
  const std::int64_t differ = report.count(FitCheck::Verdict::Differs);
  const std::int64_t judged = differ + report.count(FitCheck::Verdict::Fits);
  std::string out =
      differ == 0 ? fmt::format("all {} checks fit", judged) : fmt::format("{} of {} checks differ", differ, judged);
  return out + fmt::format("; {} not judged", report.count(FitCheck::Verdict::NotJudged));
}

std::string fit_number(double number) {
  const double size = std::abs(number);
  if (size >= 1e4 && size < 1e15) return human_count(static_cast<std::int64_t>(std::llround(number)));
  return fmt::format("{:.4g}", number);
}

std::string fit_p(const FitCheck& check) {
  if (!check.p) return "";
  if (*check.p < 1e-300) return "0";
  return *check.p >= 1e-3 ? fmt::format("{:.3f}", *check.p) : fmt::format("{:.0e}", *check.p);
}

std::string fit_text(const FitReport& report) {
  std::string out = fmt::format("{}, seed {}: {}\n\n{:<8} {:<44} {:<40} {:>9}  {:<21}  {:<21}  {:<5}{:<6} {:>8}\n",
                                report.scenario, report.seed, fit_headline(report), "", "", "declared", "values",
                                "mean: decl.  achieved", "median: decl. achieved", "", "test", "p");
  for (const FitCheck& check : report.checks) {
    if (check.verdict != FitCheck::Verdict::NotJudged) out += fit_line(check);
  }
  std::string notes;
  for (const FitCheck& check : report.checks) {
    if (check.verdict == FitCheck::Verdict::Differs && !check.note.empty()) {
      notes += "  " + printable(check.name()) + ": " + printable(check.note) + "\n";
    }
  }
  if (!notes.empty()) out += "\ndiffers\n" + notes;
  if (report.count(FitCheck::Verdict::NotJudged) > 0) out += "\nnot judged\n";
  for (const FitCheck& check : report.checks) {
    if (check.verdict != FitCheck::Verdict::NotJudged) continue;
    out += fmt::format("  {} {}\n", fit_cell(check.name(), 44), printable(check.note));
  }
  out += fmt::format(
      "\nA correct generator fails with at most {:g} of all seeds, over all checks together (Holm).\n"
      "p: the chance of a sample at least as far off. {} instances of each entity at most.\n",
      report.family_level, human_count(report.sampled));
  return out;
}

}  // namespace freshet
