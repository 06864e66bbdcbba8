// What only the whole of a scenario shows before it runs: memory beyond the limit, keys that change below what counts
// on them. Each with the same scenario just inside the limit, which is taken.
#include "scenarios/loader/shop.h"

namespace freshet {
namespace {

/// A scenario of orders: the entity's other members, the load's, and further entities.
Loaded orders(const std::string& members, const std::string& load, const std::string& others = "") {
  return parse_scenario(
      R"({"freshet": 1, "name": "x", "write": {}, "time_scale": 10, "entities": {"order": {"key": "uuid", )" + members +
          "}" + others + R"(}, "load": [{"entity": "order", )" + load + "}]}",
      "x.json");
}

bool too_much(const Loaded& loaded, const std::string& gibibytes) {
  const std::string expected = "which takes " + gibibytes + " GiB of memory, expected a lower rate, shorter lives";
  return !loaded.scenario && texts(loaded).find(expected) != std::string::npos;
}

const std::string kLife = R"("life": {"open": {"after": "20h", "to": "closed"}})";  // 2 h after time_scale

TEST(MemoryLimit, IsRateTimesLifeWhereverTheLifeComesFrom) {
  // 4 GiB are 107 million instances of 40 B.
  const std::string fast = R"("rate": "16000/s", "for": "3h")";
  const std::string slow = R"("rate": "14400/s", "for": "3h")";
  const auto expect = [&](const std::string& members, const std::string& others) {
    const Loaded beyond = orders(members, fast, others);
    EXPECT_TRUE(too_much(beyond, "5")) << members << others << texts(beyond);
    const Loaded within = orders(members, slow, others);
    EXPECT_TRUE(within.scenario) << members << others << texts(within);
  };
  expect(kLife, "");
  expect(R"("churn": {"updates": 4, "every": "5h"})", "");
  expect(R"("fields": {"a": 1})", R"(, "slip": {"per": "order", "delay": "20h", "key": "uuid"})");
  expect(R"("fields": {"a": 1})", R"(, "slip": {"per": "order", "delay": "2h", "count": 10, "key": "uuid"})");
  expect(R"("fields": {"a": 1})",
         R"(, "slip": {"per": "order", "delay": "4h", "count": {"zipf": {"s": 0, "of": 9}}, "key": "uuid"})");
  expect(R"("fields": {"a": 1})",
         R"(, "slip": {"per": "order", "delay": "4h", "count": {"histogram": [[1, 1, 1], [6, 6, 4]]}, "key": "uuid"})");
  expect(R"("life": {"open": {"after": {"quantiles": {"0%": "0s", "90%": "20h", "100%": "200h"}}, "to": "closed"}})",
         "");
}

TEST(MemoryLimit, CountsNoLongerLivesThanTheRun) {
  EXPECT_TRUE(orders(kLife, R"("rate": "80000/s", "for": "20m")").scenario);
  EXPECT_TRUE(too_much(orders(kLife, R"("rate": "80000/s", "for": "25m")"), "5"));
}

TEST(MemoryLimit, CountsTheHistory) {
  const std::string load = R"("rate": "1/s", "for": "10s", "backfill": {"rate": )";
  EXPECT_TRUE(too_much(orders(kLife, load + R"("16000/s", "for": "3h"})"), "5"));
  EXPECT_TRUE(orders(kLife, load + R"("14400/s", "for": "3h"})").scenario);
  EXPECT_TRUE(orders(kLife, load + R"("16000/s", "for": "1h"})").scenario) << "what was not there does not live";
  EXPECT_TRUE(too_much(orders(kLife, R"("rate": "8000/s", "for": "1h", "backfill": {"rate": "8000/s", "for": "2h"})"),
                       "5") == false)
      << "what has gone does not live";
  EXPECT_TRUE(
      too_much(orders(kLife, R"("rate": "24000/s", "for": "1h", "backfill": {"rate": "8000/s", "for": "2h"})"), "5"));
}

TEST(MemoryLimit, CountsTheIndexOfBackgroundUpdates) {
  const auto updates = [](const std::string& rate) {
    return shop_set({{"/load/1/update", rate}, {"/load/1/for", "1h"}});
  };
  EXPECT_EQ(texts(updates("100000/s")),
            "shop.json:35:5: /load/1: background updates that take 6 GiB of memory to remember, expected a lower rate "
            "or a shorter run: at most 4 GiB\n");
  EXPECT_TRUE(updates("70000/s").scenario);
}

TEST(AChangeOfTheKey, CannotBeSentToATopicUnderAnotherKey) {
  const auto cards = [](const std::string& key, const std::string& life) {
    return shop_set({{"/entities/card",
                      R"({"key": {"id": "uuid"}, "fields": {"level": {"integer": [1, 9]}}, "life": )" + life + "}"},
                     {"/load/-", R"({"entity": "card", "rate": "5/s", "for": "2s"})"},
                     {"/write/card", R"({"kafka": {"topic": "cards", "key": ")" + key + R"("}})"}});
  };
  const std::string moves = R"({"a": {"after": "2s", "to": "b"}, "b": {"key": "new"}})";
  const std::string stays = R"({"a": {"after": "2s", "to": "b"}, "b": {}})";
  EXPECT_TRUE(cards("id", moves).scenario) << texts(cards("id", moves));
  EXPECT_FALSE(cards("level", moves).scenario);
  EXPECT_NE(texts(cards("level", moves))
                .find("/write/card/kafka/key: the message key is not the key of \"card\", whose key changes: readers "
                      "could not tell "
                      "which row was deleted, expected \"id\"\n"),
            std::string::npos)
      << texts(cards("level", moves));
  EXPECT_TRUE(cards("level", stays).scenario) << "without a change of the key it is a warning";
  EXPECT_NE(texts(cards("level", stays)).find("warning: "), std::string::npos);
}

TEST(CrossChecks, RefuseDistantPartsThatContradictEachOther) {
  EXPECT_EQ(texts(shop_set({{"/entities/product/rows", "1000001"},
                            {"/entities/order/fields/lines/of/product/pick", R"({"weighted": "price"})"}})),
            "--set: /entities/order/fields/lines/of/product/pick/weighted: weights of more than 1,000,000 instances, "
            "expected \"zipf\"\n");
  const std::string both = texts(shop_set({{"/entities/payment/fields/total", R"({"parent": "total"})"},
                                           {"/views/sales/select", R"(["number", "lines", "total", "store.id"])"}}));
  EXPECT_EQ(both.substr(0, both.find('\n')),
            "--set: /views/sales/select/2: \"total\" could belong to either side, expected \"order.total\" or "
            "\"payment.total\"");
  EXPECT_EQ(
      texts(shop_set({{"/views/lines", R"({"from": "order", "unnest": "lines", "key": ["number", "line"],
                                    "select": {"number": "number", "line": {"line": 1}}})"},
                      {"/views/v", R"({"from": "lines", "join": {"payment": "number"}, "key": ["number", "line"]})"}})),
      "--set: /views/v/join/payment: a join of the unnested view \"lines\" is not supported yet\n");
  const std::string nothing = texts(shop_set({{"/entities", "5"}}));
  EXPECT_EQ(nothing.substr(0, nothing.find('\n')),
            "--set: /entities: found the number 5, expected an object of entities, {\"name\": {…}}");
}

}  // namespace
}  // namespace freshet
