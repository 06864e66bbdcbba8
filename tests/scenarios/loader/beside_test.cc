// What lies beside a scenario: reference data in CSV and JSON, what it extends, locales. Read as people and their
// spreadsheets write them, and refused where a row would be something else than the file says.
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "scenarios/loader/shop.h"

namespace freshet {
namespace {

class Beside : public ::testing::Test {
 protected:
  Beside() {
    std::string path = (std::filesystem::temp_directory_path() / "freshet-beside-XXXXXX").string();
    EXPECT_NE(mkdtemp(path.data()), nullptr);
    folder_ = path;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void put(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }

  [[nodiscard]] Loaded load(const std::string& name) const { return load_scenario((folder_ / name).string()); }

  /// All problems, without the folder.
  [[nodiscard]] std::string said(const Loaded& loaded) const {
    std::string out = texts(loaded);
    const std::string folder = folder_.string() + '/';
    for (std::size_t at = 0; (at = out.find(folder, at)) != std::string::npos;) out.erase(at, folder.size());
    return out;
  }

  /// A scenario whose entity has the columns code, name and price of the file.
  [[nodiscard]] Loaded with_data(const std::string& file, const std::string& bytes) const {
    put(file, bytes);
    put("data.json",
        R"({"freshet": 1, "name": "data", "write": {}, "load": [{"entity": "order", "rate": "9/s", "for": "1s"}],
  "entities": {"product": {"rows": "data", "key": "uuid", "data": ")" +
            file + R"(",
                 "fields": {"code": {"data": "code"}, "name": {"data": "name"}, "price": {"data": "price"}}},
               "order": {"key": "uuid", "fields": {"product": {"ref": "product"}}}}})");
    return load("data.json");
  }

  /// The cells that were read, kinds first: "code integer, …: 1|a|150, …".
  [[nodiscard]] std::string table(const std::string& file, const std::string& bytes) const {
    const Loaded loaded = with_data(file, bytes);
    if (!loaded.scenario) return said(loaded);
    const DataTable& data = *std::get<constructs::Data>(loaded.scenario->entities[0].fields[0].value->construct).table;
    EXPECT_EQ(loaded.scenario->entities[0].rows, static_cast<std::int64_t>(data.rows.size())) << "a row a line";
    std::string out;
    for (const Column& column : data.columns.columns) {
      out += column.type.kind == Kind::Text      ? "text "
             : column.type.kind == Kind::Integer ? "whole "
                                                 : "decimal" + std::to_string(column.type.scale) + ' ';
    }
    for (const Row& row : data.rows) {
      out += '/';
      for (const Cell& cell : row.cells) {
        out += cell.kind == Kind::Null   ? "null "
               : cell.kind == Kind::Text ? std::string(row.text_of(cell)) + ' '
                                         : std::to_string(cell.number) + ' ';
      }
    }
    return out;
  }

  std::filesystem::path folder_;
};

TEST_F(Beside, ATableIsReadAsSpreadsheetsWriteIt) {
  const std::string plain = "whole text decimal2 /1 a 150 /2 b 250 ";
  EXPECT_EQ(table("x.csv", "code,name,price\n1,a,1.50\n2,b,2.5\n"), plain);
  EXPECT_EQ(table("x.csv", "code,name,price\n1,a,1.50\n2,b,2.5"), plain) << "without an end of the last line";
  EXPECT_EQ(table("x.csv",
                  "\xEF\xBB\xBF"
                  "code,name,price\r\n1,a,1.50\r\n\r\n2,b,2.5\r\n"),
            plain)
      << "mark, CRLF, blank";
  EXPECT_EQ(
      table("x.csv", "\xEF\xBB\xBF\"code\",\"name\",\"price\"\r\n\"1\",\"a\",\"1.50\"\r\n\"2\",\"b\",\"2.5\"\r\n"),
      plain);
  EXPECT_EQ(table("x.csv", "code,name,price\n1,\"a, \"\"x\"\"\r\ny\",1.50\n"),
            "whole text decimal2 /1 a, \"x\"\r\ny 150 ");
  EXPECT_EQ(table("x.json", R"([{"code": 1, "name": "a", "price": "1.50"}, {"price": 2.5, "name": "b", "code": 2}])"),
            plain);
}

TEST_F(Beside, AColumnHasTheTypeThatAllOfItsValuesHave) {
  EXPECT_EQ(table("x.csv", "code,name,price\n-1,,-0.50\n20,b,\n"), "whole text decimal2 /-1 null -50 /20 b null ");
  EXPECT_EQ(table("x.csv", "code,name,price\n01,\"\",1e5\n10,b,2.5\n"), "text text text /01  1e5 /10 b 2.5 ")
      << "codes and other notations stay as they are; a quoted nothing is no null";
  EXPECT_EQ(table("x.csv", "code,name,price\n1,a,9000000000000000000\n2,b,0.00001\n"),
            "whole text text /1 a 9000000000000000000 /2 b 0.00001 ")
      << "no decimal holds both";
  EXPECT_EQ(table("x.json", R"([{"code": true, "name": null, "price": 1}, {"code": "x", "name": "b", "price": 2}])"),
            "text text whole /true null 1 /x b 2 ");
}

TEST_F(Beside, ATableThatSaysSomethingElseIsRefusedWithItsLine) {
  const std::string expected = ", expected a CSV file with a header line, or a JSON list of objects\n";
  const auto refused = [&](const std::string& file, const std::string& bytes, const std::string& why) {
    EXPECT_EQ(table(file, bytes),
              "data.json:2:67: /entities/product/data: the file \"" + file + "\" " + why + expected);
  };
  refused("x.csv", "code,name,price\n\n1,\"a\nb\",1\n2,b\n", "has 2 values in line 5, and 3 in its header");
  refused("x.csv", "code,name,price\n1,a,1,5\n", "has 4 values in line 2, and 3 in its header");
  refused("x.csv", "code,name,code\n1,a,1\n", "has two columns \"code\"");
  refused("x.csv", "code,,price\n1,a,1\n", "has a column without a name");
  refused("x.csv", "code,name,price\n", "has no line below its header");
  refused("x.csv", "code,name,price\r1,a,1\r", "has no line below its header");
  refused("x.csv", "code,name,price\n1,\"a,1\n", "has a quote that stays open, in line 2");
  refused("x.csv", "code,name,price\n1,\"a\"b,1\n", "has a text after a closing quote in line 2");
  refused("x.csv", "code,name,price\n1,a,1\n2,\xFF,1\n", "has bytes that are not UTF-8 text in line 3");
  refused("x.csv", std::string("code,name,price\n1,\0,1\n", 22), "has bytes that are not UTF-8 text in line 2");
  refused("x.csv", "", "cannot be read, or is empty");
  refused("x.csv", std::string((6u << 20) + 1, 'x'), "makes the files of the scenario larger than 6 MiB");
  for (const char* json :
       {R"({"code": 1})", "[]", "[1]", R"([{"code": {}}])", R"([{"code": 1}, {"name": 1}])", R"([{"code": 1}, {}])"}) {
    refused("x.json", json, "is not a list of objects with the same keys and plain values");
  }
  EXPECT_EQ(table("x.json", "[{]"), "x.json:1:3: found ']', expected a name in quotes\n");
  EXPECT_EQ(table("x.csv", "code,nmae,price\n1,a,1\n"),
            "data.json:3:72: /entities/product/fields/name/data: unknown column \"name\" of \"x.csv\", expected code, "
            "nmae or "
            "price (did you mean \"nmae\"?)\n");
}

constexpr const char* kBase = R"({"freshet": 1, "name": "base", "seed": 3, "write": {},
  "entities": {"order": {"key": "uuid", "fields": {"a": 1, "b": {"choice": ["x"]}, "c": {"integer": [1, 5]}}}},
  "load": [{"entity": "order", "rate": "9/s", "for": "1s"}]})";

TEST_F(Beside, AnExtensionIsPutOverItsBaseMemberByMember) {
  put("base.json", kBase);
  put("x.json", R"({"freshet": 1, "extends": "base.json", "name": "x",
    "entities": {"order": {"fields": {"a": null, "b": {"choice": null, "integer": [1, 2]}, "c": {"max": 3}, "d": {"constant": null}}}}})");
  const Loaded loaded = load("x.json");
  ASSERT_TRUE(loaded.scenario) << said(loaded);
  EXPECT_EQ(loaded.scenario->name, "x");
  EXPECT_EQ(loaded.scenario->seed, 3u);
  const std::vector<Field>& fields = loaded.scenario->entities[0].fields;
  ASSERT_EQ(fields.size(), 3u);
  EXPECT_EQ(fields[0].name, "b") << "what is there stays in its place, what is new comes after it";
  EXPECT_EQ(fields[0].value->type.kind, Kind::Integer);
  EXPECT_EQ(fields[1].name, "c");
  const auto& drawn = std::get<constructs::Draw>(fields[1].value->construct).distribution;
  EXPECT_EQ(std::get<distributions::Uniform>(drawn.shape).most, 5);
  EXPECT_EQ(drawn.max, 3);
  EXPECT_TRUE(is_null(*fields[2].value));
}

TEST_F(Beside, AProblemIsReportedWhereItWasWritten) {
  put("base.json", kBase);
  put("x.json",
      "{\"freshet\": 1, \"extends\": \"base.json\",\n \"entities\": {\"order\": {\"fields\": {\"b\": {\"chance\": "
      "2}}}}}");
  EXPECT_EQ(said(load("x.json")),
            "x.json:2:42: /entities/order/fields/b/chance: unknown key \"chance\", expected choice (did you mean "
            "\"choice\"?)\n");
  put("y.json", "{\"freshet\": 1, \"extends\": \"wrong.json\", \"seed\": 1}");
  put("wrong.json", std::string(kBase).replace(std::string(kBase).find("choice"), 6, "chioce"));
  EXPECT_EQ(said(load("y.json")).substr(0, 51), "wrong.json:2:66: /entities/order/fields/b/chioce: u");
}

TEST_F(Beside, ABaseThatCannotBeExtendedIsReportedOnce) {
  const auto extends = [&](const std::string& what) {
    put("x.json", "{\"freshet\": 1, \"name\": \"x\", \"extends\": " + what + "}");
    return said(load("x.json"));
  };
  const std::string one_level = "/extends: \"extends\" in a scenario that is extended, expected one level\n";
  put("base.json", kBase);
  put("middle.json", R"({"extends": "base.json"})");
  put("circle.json", R"({"extends": "x.json"})");
  put("broken.json", R"({"freshet": 1,})");
  put("list.json", "[]");
  EXPECT_EQ(extends("\"middle.json\""), "middle.json:1:13: " + one_level);
  EXPECT_EQ(extends("\"circle.json\""), "circle.json:1:13: " + one_level);
  EXPECT_EQ(extends("\"x.json\""), "x.json:1:40: " + one_level);
  EXPECT_EQ(extends("5"), "x.json:1:40: /extends: found the number 5, expected a text\n");
  EXPECT_EQ(
      extends("\"gone.json\""),
      "x.json:1:40: /extends: the scenario \"gone.json\" cannot be read, or is empty, expected a scenario file beside "
      "this one\n");
  EXPECT_EQ(extends("\"list.json\""), "list.json:1:1: found an empty list, expected a scenario: an object\n");
  EXPECT_EQ(extends("\"broken.json\""), "broken.json:1:14: found ',' before '}', expected no trailing comma\n");
}

constexpr const char* kLocale =
    R"({"locale": "fr_FR", "country": "FR", "source": "made up", "full_name": "{first} {last}",
  "street": "{number}, {street}", "mail_letters": {"é": "e"}, "first_names": {"Zoé": 2, "Léo": 1}, "last_names": {"Petit": 1},
  "streets": {"rue Haute": 1}, "mail_domains": {"example.org": 1},
  "places": [{"city": "Lyon", "region": "ARA", "postcode": "690##", "phone": "+33 4 65 71 ## ##", "weight": 1}]})";

TEST_F(Beside, AnotherLocaleIsAFile) {
  const auto people = [&](const std::string& locale) {
    put("locales/fr_FR.json", locale);
    put("x.json", R"({"freshet": 1, "name": "x", "write": {}, "load": [{"entity": "buyer", "rate": "9/s", "for": "1s"}],
  "entities": {"buyer": {"key": "uuid", "fields": {"who": {"person": ["name"], "locale": {"fr_FR": 3, "de_DE": 1}}}}}})");
    return load("x.json");
  };
  const Loaded loaded = people(kLocale);
  ASSERT_TRUE(loaded.scenario) << said(loaded);
  const auto& name = std::get<constructs::Person>(loaded.scenario->entities[0].fields[0].value->construct);
  ASSERT_EQ(name.locales.size(), 2u);
  EXPECT_EQ(name.locales[0]->places.at(0).city, "Lyon");
  EXPECT_EQ(name.locales[0]->first_names.at(0).mail, "zoe");

  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = kLocale;
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return said(people(text.replace(at, from.size(), to)));
  };
  EXPECT_EQ(with(R"({"rue Haute": 1})", "{}"),
            "locales/fr_FR.json:3:14: /streets: found an empty object, expected names and weights\n");
  EXPECT_EQ(
      with(R"("weight": 1})", R"("weigth": 1})"),
      "locales/fr_FR.json:4:99: /places/0/weigth: unknown key \"weigth\", expected city, region, postcode, phone or "
      "weight (did you mean \"weight\"?)\n");
  EXPECT_EQ(with(R"([{"city")", R"({"city")").substr(0, 49), "locales/fr_FR.json:4:110: found ']', expected ','");
  EXPECT_EQ(with(R"("Petit": 1)", R"("Petit": 0)"),
            "locales/fr_FR.json:2:124: /last_names/Petit: found the number 0, expected a weight, more than 0\n");
  EXPECT_EQ(
      with(R"({"é": "e"})", R"(["é"])"),
      "locales/fr_FR.json:2:51: /mail_letters: found a list, expected letters and their spelling in e-mail addresses, "
      "{\"ä\": \"ae\"}\n");
  EXPECT_EQ(with(R"({"é": "e"})", R"({"": "e"})"),
            "locales/fr_FR.json:2:51: /mail_letters: found an object, expected letters and their spelling in e-mail "
            "addresses, {\"ä\": \"ae\"}\n");
  EXPECT_EQ(with("{first} {last}", "{frist} {last}"),
            "locales/fr_FR.json:1:72: /full_name: \"{frist}\" in \"full_name\", expected \"{first} {last}\"\n");
  EXPECT_EQ(
      with(R"("locale": "fr_FR")", R"("locale": "de_DE")"),
      "locales/fr_FR.json:1:12: /locale: the locale \"de_DE\" in the file of another locale, expected \"fr_FR\"\n");
  EXPECT_EQ(with(R"("Zoé": 2)", R"("王": 2)"),
            "locales/fr_FR.json:2:79: /first_names/王: nothing of \"王\" can appear in an e-mail address, expected its "
            "letters in "
            "\"mail_letters\"\n");
}

}  // namespace
}  // namespace freshet
