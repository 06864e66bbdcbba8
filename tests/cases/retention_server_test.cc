// A retention that is long enough keeps the state flat and every row right; one that is too short is found by the
// audit, and by `check` before.
#include <gmock/gmock.h>

#include "app/run_account.h"
#include "cases/service.h"

namespace freshet::cases {
namespace {

using testing::HasSubstr;
using testing::Not;

Said run_with(const Folder& folder, const std::string& more) {
  return freshet(folder, "run " + input("retention.json") + " --embedded --out out " + more);
}

/// Within so much of it, beside what only a run has: markers, of each a row or two, and the canary.
void expect_near(const nlohmann::json& result, const char* what, double share) {
  const double expected = result["state"]["predicted"][what];
  const double found = result["state"]["end"][what];
  const double markers = result["load"]["markers"]["changes"];
  EXPECT_GE(found, (1 - share) * expected - 20) << what;
  EXPECT_LE(found, (1 + share) * expected + 20 + 2 * markers) << what;
}

TEST(Retention, LongEnoughForgetsAndStaysCorrect) {
  const Folder folder;
  const Said said = run_with(folder, "");
  ASSERT_EQ(said.exit_code, 0) << said.out << said.err;
  const nlohmann::json result = result_of(folder);
  for (const auto& [view, audit] : result["audit"].items()) EXPECT_EQ(errors_of(audit), 0) << view << audit.dump(2);
  const nlohmann::json& state = result["state"];
  EXPECT_GT(state["dropped"]["rows"], 400) << state.dump();
  EXPECT_GT(state["dropped"]["groups"], 10) << state.dump();
  for (const char* what : {"rows", "groups"}) expect_near(result, what, 0.25);
  EXPECT_THAT(said.out, HasSubstr("the pipeline's state"));
  EXPECT_THAT(said.out, HasSubstr("retention dropped"));
  EXPECT_THAT(freshet(folder, "check " + input("retention.json")).err, Not(HasSubstr("forgotten")));
}

/// State is flat: twice the load's time holds no more at most.
TEST(Retention, KeepsTheStateFlat) {
  const Folder folder;
  std::vector<std::int64_t> rows, groups;
  for (const char* length : {"--for 10s", "--for 20s"}) {
    const Said said = run_with(folder, length);
    ASSERT_EQ(said.exit_code, 0) << said.out << said.err;
    const nlohmann::json peak = result_of(folder)["state"]["peak"];
    rows.push_back(peak["rows"]);
    groups.push_back(peak["groups"]);
    std::filesystem::remove_all(folder.path() + "/out");
  }
  EXPECT_LT(rows[1], rows[0] * 5 / 4);
  EXPECT_LT(groups[1], groups[0] * 5 / 4 + 4);
}

/// Negative controls: each retention, too short, is seen in what it holds.
TEST(Retention, TooShortIsDetected) {
  struct Short {
    const char* pointer;
    const char* view;
    const char* kind;
  };
  for (const Short& each : {Short{"/entities/order/retention", "paid_orders", "resurrected"},
                            Short{"/entities/payment/retention", "lines", "resurrected"},
                            Short{"/views/per_shop/retention", "per_shop", ""}}) {
    SCOPED_TRACE(each.pointer);
    const Folder folder;
    const std::string shorter = std::string("--set ") + each.pointer + "=1s ";
    const Said said = run_with(folder, shorter + "--for 8s");
    EXPECT_EQ(said.exit_code, 7) << said.out << said.err;
    const nlohmann::json audit = result_of(folder)["audit"][each.view];
    EXPECT_GT(*each.kind == 0 ? errors_of(audit) : audit[each.kind].get<std::int64_t>(), 0) << audit.dump(2);

    const Said warned = freshet(folder, "check " + input("retention.json") + " " + shorter);
    EXPECT_EQ(warned.exit_code, 0) << "it may be wanted";
    EXPECT_THAT(warned.err, HasSubstr(std::string(each.pointer) + ": warning: dropped rows are needed later"));
    EXPECT_THAT(warned.err, HasSubstr("suffices"));
  }
}

/// All of what is not deleted is held: the same rows, predicted and held.
TEST(Retention, LongerThanTheRunForgetsNothing) {
  const Folder folder;
  const Said said = run_with(folder,
                             "--for 5s --set /entities/order/retention=24h --set /entities/payment/retention=24h "
                             "--set /views/per_shop/retention=24h");
  ASSERT_EQ(said.exit_code, 0) << said.out << said.err;
  const nlohmann::json result = result_of(folder);
  const nlohmann::json& state = result["state"];
  EXPECT_EQ(state["dropped"]["rows"], 0);
  EXPECT_EQ(state["dropped"]["groups"], 0);
  for (const char* what : {"rows", "groups"}) expect_near(result, what, 0.02);
  EXPECT_THAT(said.out, Not(HasSubstr("retention dropped")));
}

}  // namespace
}  // namespace freshet::cases
