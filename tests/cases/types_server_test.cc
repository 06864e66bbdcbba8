// Tables of others, whose columns are not those that Freshet would have made: read, or refused by name.
#include <gmock/gmock.h>

#include <chrono>
#include <optional>
#include <thread>

#include "cases/service.h"
#include "clients/mysql/mysql.h"
#include "servers/mariadb_server.h"

namespace freshet::cases {
namespace {

class ForeignTables : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = MariadbServer::start({}).value(); }
  static void TearDownTestSuite() { server_.reset(); }
  void SetUp() override {
    address_.socket = server_->socket();
    address_.user = "root";
    auto connection = mysql::Connection::open(address_);
    ASSERT_TRUE(connection.ok());
    connection_.emplace(std::move(connection).value());
    sql("CREATE OR REPLACE DATABASE shop");
    sql("USE shop");
  }

  void sql(const std::string& statement) {
    const Status status = connection_->execute(statement);
    ASSERT_TRUE(status.ok()) << status.error().message << "\n" << statement;
  }
  void sql_file(const std::string& name) {
    std::istringstream statements(read_file(input(name)));
    for (std::string one; std::getline(statements, one, ';');) {
      if (one.find_first_not_of(" \n") != std::string::npos && one.find("SELECT") == std::string::npos) sql(one);
    }
  }
  static void expect_refusal(Service& pipeline, const std::string& reason) {
    const Said said = pipeline.ended();
    EXPECT_EQ(said.exit_code, 2) << said.out;
    EXPECT_THAT(said.out, testing::HasSubstr(reason));
  }
  // All rows of a query, once they are so; else as they are after ten seconds.
  std::string rows(const std::string& query, const std::string& expected) {
    std::string text;
    for (int i = 0; i < 200; ++i) {
      text.clear();
      const Status status = connection_->query(query, [&](const auto& values) {
        for (const auto& value : values) text += std::string(value.value_or("NULL")) + " ";
        text += "| ";
      });
      EXPECT_TRUE(status.ok()) << status.error().message;
      if (text == expected) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return text;
  }
  [[nodiscard]] std::map<std::string, std::string> environment() const {
    return {{"FRESHET_MYSQL", "mysql://root@localhost/shop?socket=" + server_->socket()}};
  }
  [[nodiscard]] std::string variable() const { return "FRESHET_MYSQL='" + environment().at("FRESHET_MYSQL") + "'"; }

  static inline std::unique_ptr<MariadbServer> server_;
  mysql::Address address_;
  std::optional<mysql::Connection> connection_;
  Folder folder_;
};

TEST_F(ForeignTables, case_12_an_integer_key_is_read_as_the_text_that_the_scenario_declares) {
  sql("CREATE TABLE oc_order (order_id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, city VARCHAR(30), total DECIMAL(15,4), "
      "version INT, updated_at DATETIME)");
  Service pipeline(folder_, "12-integer-key.json", environment());
  sql("INSERT INTO oc_order (city, total, version, updated_at) VALUES ('Bonn', 1.5, 1, NOW()), ('Kiel', 2.25, 1, "
      "NOW())");
  EXPECT_EQ(rows("SELECT order_id, city, total FROM v_int ORDER BY 1", "1 Bonn 1.50 | 2 Kiel 2.25 | "),
            "1 Bonn 1.50 | 2 Kiel 2.25 | ");
  sql("UPDATE oc_order SET total = 3 WHERE order_id = 1");
  sql("DELETE FROM oc_order WHERE order_id = 2");
  EXPECT_EQ(rows("SELECT order_id, city, total FROM v_int", "1 Bonn 3.00 | "), "1 Bonn 3.00 | ");
  sql("INSERT INTO oc_order (city, total, version, updated_at) VALUES ('Bonn', 1.2345, 1, NOW())");
  expect_refusal(pipeline, "shop.oc_order, insert: total: the value \"1.2345\" of type decimal(15,4)");
}

TEST_F(ForeignTables, case_14_hidden_columns_and_images_that_a_session_chose_are_read) {
  sql_file("14-hash-unique.setup.sql");
  Service pipeline(folder_, "14-hash-unique.json", environment());
  sql("INSERT INTO app_orders VALUES ('1', 'Bonn', 1.5, 1, NOW(6), 'a')");
  int version = 0;  // a key that comes again must have a later one
  for (const char* image : {"MINIMAL", "NOBLOB", "FULL"}) {
    sql(std::string("SET SESSION binlog_row_image = '") + image + "'");
    sql("INSERT INTO app_orders VALUES ('2', 'Bonn', 2.5, " + std::to_string(++version) + ", NOW(6), 'b')");
    sql("UPDATE app_orders SET city = 'Kiel', note = 'c' WHERE number = '2'");
    sql("UPDATE app_orders SET number = '3' WHERE number = '2'");
    const std::string expected = "1 Bonn 1.50 | 3 Kiel 2.50 | ";
    EXPECT_EQ(rows("SELECT number, city, total FROM v ORDER BY 1", expected), expected) << image;
    sql("DELETE FROM app_orders WHERE number = '3'");
    EXPECT_EQ(rows("SELECT number, city, total FROM v", "1 Bonn 1.50 | "), "1 Bonn 1.50 | ") << image;
  }
  sql("SET SESSION binlog_row_image = 'MINIMAL'");
  sql("INSERT INTO app_orders (number, city) VALUES ('9', 'Kiel')");
  expect_refusal(pipeline, "table shop.app_orders, insert: a row image without total, version, updated_at");
}

TEST_F(ForeignTables, an_update_that_lacks_columns_of_a_row_that_was_not_read_is_refused_by_name) {
  sql_file("14-hash-unique.setup.sql");
  sql("INSERT INTO app_orders VALUES ('old', 'Bonn', 1.5, 1, NOW(6), 'a')");
  Service pipeline(folder_, "14-hash-unique.json", environment());
  sql("SET SESSION binlog_row_image = 'MINIMAL'");
  sql("UPDATE app_orders SET city = 'Kiel'");
  expect_refusal(pipeline, "an update of order old was logged without number, total, version, updated_at");
}

TEST_F(ForeignTables, columns_that_cannot_become_their_field_are_refused_at_start) {
  const std::string rest = ", version INT, updated_at DATETIME(6))";
  for (const auto& [columns, expected] : std::vector<std::pair<std::string, std::string>>{
           {"number POINT, city TEXT, total DECIMAL(9,2)", "column shop.app_orders.number (point) has a geometry type"},
           {"number INT, city TEXT COMPRESSED, total INT", "is a COMPRESSED column, and cannot become field city"},
           {"number INT, city CHAR(9) CHARACTER SET sjis, total INT", "column shop.app_orders.city (char(9)) has"},
           {"number INT, city INT, total FLOAT", "total (float) cannot become field total, which is a decimal"},
           {"number INT, total FLOAT", "entity order: table shop.app_orders has no column city"}}) {
    sql("CREATE OR REPLACE TABLE app_orders (" + columns + rest);
    const Said said = freshet(folder_, "pipeline " + input("14-hash-unique.json"), variable());
    EXPECT_EQ(said.exit_code, 2) << said.err;
    EXPECT_NE(said.err.find(expected), std::string::npos) << said.err;
    EXPECT_EQ(rows("SHOW TABLES", "app_orders | "), "app_orders | ") << "a refusal leaves nothing behind";
  }
  sql("CREATE OR REPLACE TABLE app_orders (number INT PRIMARY KEY, city TEXT, total INT" + rest +
      " WITH SYSTEM VERSIONING");
  const Said said = freshet(folder_, "pipeline " + input("14-hash-unique.json"), variable());
  EXPECT_EQ(said.exit_code, 2) << said.err;
  EXPECT_NE(said.err.find("table shop.app_orders has system versioning"), std::string::npos) << said.err;
}

TEST_F(ForeignTables, a_value_wider_than_its_field_ends_the_pipeline_by_the_name_of_the_column) {
  sql("CREATE TABLE app_orders (number VARCHAR(20) PRIMARY KEY, city VARCHAR(30), total DECIMAL(10,2), version INT, "
      "updated_at DATETIME(6))");
  Service pipeline(folder_, "00-service.json", environment());
  sql("INSERT INTO app_orders VALUES ('1', 'Kiel', 1, 1, NOW(6)), ('2', 'Buxtehude', 1, 1, NOW(6))");
  const Said said = pipeline.ended();
  EXPECT_EQ(said.exit_code, 2) << said.out;
  EXPECT_THAT(said.out, testing::HasSubstr("sink `v`: "));
  EXPECT_THAT(said.out, testing::HasSubstr("Data too long for column 'city' at row 2 (error 1406)"));
  EXPECT_THAT(said.out, testing::HasSubstr("declare the field in the scenario as wide as the source's column"));
}

TEST_F(ForeignTables, ADroppedViewTableEndsThePipelineByItsName) {
  sql("CREATE TABLE app_orders (number VARCHAR(20) PRIMARY KEY, city VARCHAR(30), total DECIMAL(10,2), version INT, "
      "updated_at DATETIME(6))");
  Service pipeline(folder_, "00-service.json", environment());
  sql("DROP TABLE v");
  sql("INSERT INTO app_orders VALUES ('1', 'Kiel', 1, 1, NOW(6))");
  const Said said = pipeline.ended();
  EXPECT_EQ(said.exit_code, 8) << said.out;
  EXPECT_THAT(said.out, testing::HasSubstr("sink `v`: "));
  EXPECT_THAT(said.out, testing::HasSubstr("the table was dropped or changed"));
}

TEST_F(ForeignTables, case_12_generated_statements_fill_tables_as_benchmarks_define_them) {
  sql("CREATE TABLE item (i_id INT NOT NULL, i_im_id INT, i_name VARCHAR(24), i_price DECIMAL(5,2), i_data "
      "VARCHAR(50), "
      "PRIMARY KEY (i_id))");
  sql("CREATE TABLE tpcc_orders (o_id INT NOT NULL, o_d_id TINYINT NOT NULL, o_w_id SMALLINT NOT NULL, o_c_id INT, "
      "o_entry_d DATETIME, o_carrier_id TINYINT, o_ol_cnt TINYINT, o_all_local TINYINT, "
      "PRIMARY KEY (o_w_id, o_d_id, o_id), KEY idx_orders (o_w_id, o_d_id, o_c_id, o_id))");
  const Said made = freshet(folder_, "generate " + input("12-tpcc-item-orders.json") + " --format sql", variable());
  ASSERT_EQ(made.exit_code, 0) << made.err;
  const std::string client = "mariadb --no-defaults -uroot -S " + server_->socket() + " shop < ";
  ASSERT_EQ(std::system((client + folder_.write("statements.sql", made.out) + " 2>&1").c_str()), 0);
  EXPECT_EQ(rows("SELECT COUNT(*), MIN(i_id), MAX(i_id), MIN(i_price) >= 1 FROM item", "1000 1 1000 1 | "),
            "1000 1 1000 1 | ");
  EXPECT_EQ(rows("SELECT COUNT(*) > 100, MIN(o_w_id), MAX(o_ol_cnt) <= 15, SUM(o_carrier_id IS NULL) > 10 FROM "
                 "tpcc_orders",
                 "1 1 1 1 | "),
            "1 1 1 1 | ");
}

}  // namespace
}  // namespace freshet::cases
