// The language's later constructs, written wrong, and what is said about each.
#include "scenarios/problem_case.h"

namespace freshet {
namespace {

// clang-format off
const ProblemCase kCases[] = {
    {"PatternOpen",
     R"("title": "thing")",
     R"("title": {"pattern": "[A-Z"})",
     R"(9:39: /entities/product/fields/title/pattern: found the text "[A-Z", expected a pattern such as "[A-Z]{3}-[0-9]{4,6}")"},
    {"PersonPart",
     R"("title": "thing")",
     R"("title": {"person": ["nmae"]})",
     R"(9:39: /entities/product/fields/title/person/0: unknown part of a person "nmae", expected name, first_name, last_name, email, phone, street, postcode, city, region, country or locale (did you mean "name"?))"},
    {"LocaleUnknown",
     R"("title": "thing", )",
     R"("title": "thing", "who": {"person": ["name"], "locale": "en_UK"}, )",
     R"(9:74: /entities/product/fields/who/locale: no locale "en_UK", expected de_DE or en_US, or a file locales/en_UK.json beside the scenario (did you mean "en_US"?))"},
    {"SharesShort",
     R"({"done": 9, "failed": 1})",
     R"({"done": "90%", "failed": "9%"})",
     R"(28:39: /entities/payment/life/open/to: shares that add up to 99%, expected 100%)"},
    {"DataFileMissing",
     R"({"rows": 4, )",
     R"({"rows": 4, "data": "none.csv", )",
     R"(5:35: /entities/region/data: the file "none.csv" cannot be read, or is empty, expected a CSV file with a header line, or a JSON list of objects)"},
    {"NobodyPuts",
     R"({"rows": 4, )",
     R"({"keys": 4, )",
     R"(5:5: /entities/region: no row of "region" can live: nothing in "load" puts one, expected {"entity": "region", "put": "100/s"}, or "rows" in place of "keys")"},
    {"ReferenceToAChild",
     R"("region": {"rows": 4, )",
     R"("slip": {"rows": 3, "key": "uuid", "fields": {"of": {"ref": "payment"}}}, "region": {"rows": 4, )",
     R"(5:65: /entities/slip/fields/of/ref: a reference to "payment", which is owned by another entity, expected an entity without "per")"},
    {"RecentOfRows",
     R"("ref": "region", )",
     R"("ref": "region", "pick": {"recent": 10}, )",
     R"(7:62: /entities/store/fields/region/pick: "recent" of "region", whose instances are not in an order of arrival, expected "uniform", {"zipf": 0.75} or {"weighted": "column"})"},
    {"WeightedByText",
     R"("ref": "region", )",
     R"("ref": "region", "pick": {"weighted": "label"}, )",
     R"(7:75: /entities/store/fields/region/pick/weighted: "label" is no number, expected a column with the weight of each instance)"},
    {"WeightedByNothing",
     R"("ref": "region", )",
     R"("ref": "region", "pick": {"weighted": "lable"}, )",
     R"(7:75: /entities/store/fields/region/pick/weighted: unknown column "lable" of "region", expected id or label (did you mean "label"?))"},
    {"ZipfOfArrivals",
     R"("region": {"rows": 4, )",
     R"("slip": {"rows": 3, "key": "uuid", "fields": {"of": {"ref": "order", "pick": {"zipf": 1}}}}, "region": {"rows": 4, )",
     R"(5:82: /entities/slip/fields/of/pick: "zipf" of "order", whose instances arrive one by one, expected "uniform" or {"recent": 1000})"},
    {"LivingBesideVia",
     R"("store": {"ref": "store", "pick": {"zipf": 0.5}, "embed": ["id"]},)",
     R"("store": {"ref": "store", "embed": ["id"]}, "region": {"ref": "region", "via": "store", "living": true},)",
     R"(14:107: /entities/order/fields/region/living: "living" beside "via", expected one of them: "via" takes what the other row holds)"},
    {"QuantilesWithoutEnd",
     R"({"integer": [10, 90]})",
     R"({"quantiles": {"0%": 1, "50%": 5}})",
     R"(7:94: /entities/store/fields/size/quantiles: quantiles without an end, expected "0%", the least value, and "100%", the most)"},
    {"TooMuchToRemember",
     R"("update": "3/s")",
     R"("update": "9000000/s", "for": "1h")",
     R"(35:5: /load/1: free changes that take 484 GiB of memory to remember, expected a lower rate or a shorter run: at most 4 GiB)"},
};
// clang-format on

INSTANTIATE_TEST_SUITE_P(LanguageProblems, ProblemTest, testing::ValuesIn(kCases), case_name);

}  // namespace
}  // namespace freshet
