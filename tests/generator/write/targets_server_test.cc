// Making targets ready: only what Freshet made is ever dropped, and a refusal changes nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "clients/mysql/tables/mysql_ownership.h"
#include "generator/write/fixture.h"
#include "generator/write/mysql/mysql_statements.h"
#include "generator/write/targets.h"
#include "generator/write/writer_pool.h"
#include "servers/kafka_broker.h"
#include "servers/shared_server.h"

namespace freshet {
namespace {

using namespace fixture;

TEST(CreateTable, NamesTypesKeyAndMark) {
  Entity entity = shop_entity("product");
  EXPECT_EQ(create_table_sql(entity, "pro`ducts", "whose"),
            "CREATE TABLE `pro``ducts` (`id` VARCHAR(40) NOT NULL, `paid_amount` DECIMAL(18,2) NULL, "
            "`note` VARCHAR(255) NULL, `rate` DOUBLE NULL, `open` TINYINT NULL, `items` LONGTEXT NULL, "
            "`version` BIGINT NULL, `updated_at` DATETIME(6) NULL, PRIMARY KEY (`id`)) ENGINE=InnoDB "
            "ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 /*M!100202 COLLATE=utf8mb4_nopad_bin */ "
            "/*!80017 COLLATE=utf8mb4_0900_bin */ COMMENT='whose'");
  entity.record.columns[0].type.max_length = 0;
  EXPECT_THAT(create_table_sql(entity, "t", ""), HasSubstr("`id` VARCHAR(190) NOT NULL"));
  entity.record.columns[2].type.max_length = 300;
  EXPECT_THAT(create_table_sql(entity, "t", ""), HasSubstr("`note` VARCHAR(300)"));
}

class Targets : public ServerTest {
 protected:
  Targets() {
    scenario_.connections.resize(2);
    scenario_.connections[0].name = "shop_db";
    scenario_.connections[1] = {"log", kKafkaBackend, "", {}};
    write_to(kProduct, MysqlTarget{"products", 0});
    write_to(kPayment, MysqlTarget{"payments", 0});
    addresses_.servers = {address_, {}};
  }
  void write_to(EntityId entity, std::variant<MysqlTarget, KafkaTarget, OtherTarget> target) {
    scenario_.write.push_back({entity, std::move(target), {}});
  }
  Status prepare(bool drop_existing = false, bool use_existing_topics = false) {
    return prepare_targets(scenario_, addresses_, {drop_existing, use_existing_topics, "run-2"}, created_);
  }
  [[nodiscard]] std::vector<std::string> tables() { return rows("SHOW TABLES"); }
  void start_broker() {
    broker_ = kafka::EmbeddedBroker::start().value();
    addresses_.servers[1] = kafka::Address{broker_->bootstrap(), {}, {}};
  }

  Scenario scenario_ = shop();
  Addresses addresses_;
  CreatedTargets created_;
  std::unique_ptr<kafka::EmbeddedBroker> broker_;
};

TEST_F(Targets, AreMadeAndTakenDown) {
  ASSERT_TRUE(prepare().ok());
  EXPECT_THAT(tables(), ElementsAre("payments", "products"));
  EXPECT_EQ(scalar("SELECT table_comment FROM information_schema.tables WHERE table_schema = DATABASE() AND "
                   "table_name = 'products'"),
            mark_of(address_.database, "products", "run-2"));
  std::vector<std::string> not_ours;
  ASSERT_TRUE(drop_targets(addresses_, created_, not_ours).ok());
  EXPECT_THAT(tables(), IsEmpty());
  EXPECT_THAT(not_ours, IsEmpty());
}

TEST_F(Targets, WhatTookTheirPlaceStaysAndIsNamed) {
  ASSERT_TRUE(prepare().ok());
  execute("RENAME TABLE products TO products_of_the_run");
  execute("CREATE TABLE products LIKE products_of_the_run");
  execute("ALTER TABLE products COMMENT = 'the catalogue'");
  std::vector<std::string> not_ours;
  ASSERT_TRUE(drop_targets(addresses_, created_, not_ours).ok());
  EXPECT_THAT(not_ours, ElementsAre("table products"));
  EXPECT_THAT(tables(), ElementsAre("products", "products_of_the_run"));
}

TEST_F(Targets, ATableOfAnEarlierRunNeedsTheFlag) {
  execute(create_table_sql(scenario_.entity(kPayment), "payments", mark_of(address_.database, "payments", "run-1")));
  execute("INSERT INTO payments (id) VALUES ('old')");
  const Status refused = prepare();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::Usage);
  EXPECT_THAT(refused.error().message, AllOf(HasSubstr("payments"), HasSubstr("run-1"), HasSubstr("shop_db")));
  EXPECT_THAT(refused.error().hint, HasSubstr("--drop-existing"));
  EXPECT_THAT(tables(), ElementsAre("payments")) << "a refusal must change nothing";
  EXPECT_EQ(scalar("SELECT COUNT(*) FROM payments"), "1");

  ASSERT_TRUE(prepare(true).ok());
  EXPECT_EQ(scalar("SELECT COUNT(*) FROM payments"), "0");
}

TEST_F(Targets, AForeignTableIsLeftAloneEvenWithTheFlag) {
  execute("CREATE TABLE payments (id INT) COMMENT='the accountant''s, not made by freshet'");
  execute("INSERT INTO payments VALUES (7)");
  for (const bool drop_existing : {false, true}) {
    const Status refused = prepare(drop_existing);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().kind, ErrorKind::Usage);
    EXPECT_THAT(refused.error().message, HasSubstr("table payments exists and was not created by Freshet"));
    EXPECT_THAT(tables(), ElementsAre("payments"));
    EXPECT_EQ(scalar("SELECT id FROM payments"), "7");
  }
  EXPECT_THAT(created_.made, IsEmpty());
}

TEST_F(Targets, AForeignViewIsLeftAlone) {
  execute("CREATE VIEW payments AS SELECT 1 AS id");
  EXPECT_FALSE(prepare(true).ok());
  EXPECT_THAT(tables(), ElementsAre("payments"));
}

TEST_F(Targets, WhatWasMadeBeforeAFailureIsDroppedAgain) {
  std::get<MysqlTarget>(scenario_.write[1].target).table = std::string(65, 'x');  // longer than a name may be
  EXPECT_FALSE(prepare().ok());
  EXPECT_THAT(tables(), IsEmpty());
  EXPECT_THAT(created_.made, IsEmpty());
}

TEST_F(Targets, AnExistingTopicNeedsTheFlag) {
  start_broker();
  ASSERT_TRUE(broker_->create_topic("baskets", 8).ok());
  write_to(kBasket, KafkaTarget{"baskets", "id", ColumnIndex{0}, 8, 1});
  const Status refused = prepare();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::Usage);
  EXPECT_THAT(refused.error().message, AllOf(HasSubstr("baskets"), HasSubstr("\"log\"")));
  EXPECT_THAT(refused.error().hint, HasSubstr("--use-existing-topics"));
  EXPECT_THAT(tables(), IsEmpty());

  ASSERT_TRUE(prepare(false, true).ok());
  EXPECT_EQ(describe(created_), "table products, table payments") << "the topic is not ours to delete";
}

TEST_F(Targets, AnUnreachableServerIsNamed) {
  mysql::Address nowhere = address_;
  nowhere.socket += ".nowhere";
  addresses_.servers[0] = nowhere;
  const Status refused = prepare();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::Unreachable);
  EXPECT_THAT(refused.error().message, HasSubstr("shop_db"));
}

/// The whole send side: two lanes, real targets, the system's clock.
TEST_F(Targets, APoolWritesALoadFromTwoLanesToBothKinds) {
  start_broker();
  ASSERT_TRUE(broker_->create_topic("baskets", 8).ok());
  write_to(kBasket, KafkaTarget{"baskets", "id", ColumnIndex{0}, 8, 1});
  ASSERT_TRUE(prepare(false, true).ok());
  const ShopRows rows;
  const SystemClock clock;
  Outcomes outcomes;
  auto pool = WriterPool::open(scenario_, WallTime{}, addresses_, 2, clock, outcomes.sink());
  ASSERT_TRUE(pool.ok()) << pool.error().message;

  const LaneOptions options{clock.now() + 20 * kNanosPerMilli, 200, Micros{}};
  const auto run = [&](int lane) {
    std::vector<Change> changes;
    for (Ordinal i = static_cast<Ordinal>(lane); i < 400; i += 2) {
      const Micros at = static_cast<Micros>(i) * 500;
      changes.push_back(insert(kBasket, i, at));
      changes.push_back(insert(kPayment, i, at + Micros{30'000}));
      changes.push_back(update(kPayment, i, 2, at + Micros{60'000}));
      if (i % 4 == 0) changes.push_back(erase(kPayment, i, 3, at + Micros{90'000}));
    }
    std::stable_sort(changes.begin(), changes.end(),
                     [](const Change& a, const Change& b) { return a.intended < b.intended; });
    ListedSchedule schedule(changes);
    run_lane(scenario_, rows, schedule, (*pool)->lane(lane), clock, options, {});
  };
  {
    std::jthread first(run, 0);
    std::jthread second(run, 1);
  }
  (*pool)->flush(clock.now() + 10 * kNanosPerSecond);
  EXPECT_THAT(outcomes.all(), SizeIs(1'300));
  EXPECT_EQ(outcomes.count(Outcome::Committed), 1'300);
  EXPECT_EQ(scalar("SELECT CONCAT(COUNT(*), ' ', MIN(version), ' ', MAX(version)) FROM payments"), "300 2 2");
  EXPECT_THAT((*pool)->broken(), IsEmpty());
}

TEST_F(Targets, APoolThatCannotOpenSaysWhichConnection) {
  mysql::Address nowhere = address_;
  nowhere.database = "nowhere";
  addresses_.servers[0] = nowhere;
  const SystemClock clock;
  const auto pool = WriterPool::open(scenario_, WallTime{}, addresses_, 1, clock, [](std::span<const Settled>) {});
  ASSERT_FALSE(pool.ok());
  EXPECT_EQ(pool.error().kind, ErrorKind::Unreachable);
  EXPECT_THAT(pool.error().message, HasSubstr("shop_db"));
}

}  // namespace
}  // namespace freshet
