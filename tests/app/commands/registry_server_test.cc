// Runs that write Avro while their schema registry goes away. A schema is registered once, before the first row: what
// becomes of the registry afterwards is no matter of the run's, and a schema that cannot be registered ends it before
// anything is written.
#include <gmock/gmock.h>
#include <signal.h>

#include "app/freshet_process.h"
#include "clients/http/registry.h"
#include "clients/kafka/kafka.h"
#include "clients/mysql/mysql.h"
#include "servers/kafka_broker.h"
#include "servers/mariadb_server.h"

namespace freshet {
namespace {

using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;
using testing::IsEmpty;

/// Orders are in a table and, as a mirror, in a topic; the "view" is the table seen from elsewhere, so that the audit
/// compares what was reported with what is there.
constexpr const char* kScenario = R"({
  "freshet": 1, "name": "avro", "seed": 5, "warm_up": "1s",
  "entities": {
    "order": {"key": {"id": "uuid"}, "fields": {"store": {"integer": [1, 20]}, "note": {"text": {"uniform": [20, 200]}}}},
    "click": {"key": {"id": "uuid"}, "fields": {"page": {"integer": [1, 20]}}}},
  "load": [{"entity": "order", "rate": "200/s", "for": "6s"}, {"entity": "click", "rate": "50/s", "for": "6s"}],
  "write": {
    "order": {"mysql": {"table": "orders"}, "kafka": {"topic": "orders", "format": "avro", "registry": "${REGISTRY}"}},
    "click": {"kafka": {"topic": "clicks", "format": "avro", "registry": "${REGISTRY}"}}},
  "views": {"orders_seen": {"from": "order", "key": ["id"]}},
  "pipeline": "external",
  "observe": {"orders_seen": {"mysql": {"table": "orders_seen"}}},
  "drain": "10s", "slo": ["lost == 0", "wrong == 0"],
  "connections": {"mysql": "${FRESHET_MYSQL}", "kafka": "${FRESHET_KAFKA}"}})";

/// Speaks as Confluent's registry does. Subjects with the second argument in them get 500; after SIGUSR1 all do.
constexpr const char* kRegistry = R"py(
import http.server, signal, sys
refused = sys.argv[2]
class Registry(http.server.BaseHTTPRequestHandler):
    asked = 0
    def do_POST(self):
        self.rfile.read(int(self.headers['Content-Length']))
        Registry.asked += 1
        with open(sys.argv[1], 'a') as log:
            print(self.path, file=log)
        wrong = refused in self.path
        answer = b'{"error_code":50001,"message":"the store is gone"}' if wrong else b'{"id": %d}' % Registry.asked
        self.send_response(500 if wrong else 200)
        self.send_header('Content-Length', str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
    def log_message(self, *arguments):
        pass
def refuse(*ignored):
    global refused
    refused = ''
signal.signal(signal.SIGUSR1, refuse)
server = http.server.HTTPServer(('127.0.0.1', 0), Registry)
print('ready', server.server_port)
server.serve_forever()
)py";

class RegistryOfARun : public testing::Test {
 protected:
  void SetUp() override {
    mariadb_ = MariadbServer::start({}).value();
    sql("CREATE DATABASE shop CHARACTER SET utf8mb4 COLLATE utf8mb4_bin");
    // The table that the view shows is the run's; it only has to be there when the view is made.
    sql("CREATE TABLE shop.orders (id VARCHAR(36), store BIGINT, note TEXT, version BIGINT)");
    sql("CREATE VIEW shop.orders_seen AS SELECT id, store, note, version AS order_version FROM shop.orders");
    sql("DROP TABLE shop.orders");
    broker_ = kafka::EmbeddedBroker::start().value();
    for (const char* topic : {"orders", "clicks"}) ASSERT_TRUE(broker_->create_topic(topic, 4).ok());
  }
  void start_registry(const std::string& refused = "no such subject") {
    ChildProcess::Options options;
    options.command = {"python3", "-u", "-c", kRegistry, log(), refused};
    options.ready_prefix = "ready ";
    const Status started = registry_.start(options);
    ASSERT_TRUE(started.ok()) << started.error().message;
  }
  std::unique_ptr<Running> running() {
    return std::make_unique<Running>(folder_, arguments(), "measured", environment());
  }
  [[nodiscard]] std::string arguments() const {
    return "run " + folder_.write("avro.json", kScenario) + " --use-existing-topics --out " + folder_.path() + "/out";
  }
  [[nodiscard]] std::map<std::string, std::string> environment() const {
    return {{"FRESHET_MYSQL", "mysql://root@localhost/shop?socket=" + mariadb_->socket()},
            {"FRESHET_KAFKA", broker_->bootstrap()},
            {"REGISTRY", url()},
            {"no_proxy", "127.0.0.1"}};
  }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + registry_.ready_line(); }
  [[nodiscard]] std::string log() const { return folder_.path() + "/asked"; }
  [[nodiscard]] bool registry_answers() const {
    return registry::register_schema(registry::parse_address(url()).value(), "orders-value", R"("long")").ok();
  }
  void sql(const std::string& statement) const {
    const Status done = connect().execute(statement);
    ASSERT_TRUE(done.ok()) << done.error().message;
  }
  [[nodiscard]] mysql::Connection connect() const {
    mysql::Address root;
    root.socket = mariadb_->socket();
    root.user = "root";
    return std::move(mysql::Connection::open(root)).value();
  }
  /// Messages of a topic that carry the schema of that id.
  [[nodiscard]] int messages(const std::string& topic, char id) const {
    auto consumer = kafka::Consumer::open({broker_->bootstrap(), {}});
    EXPECT_TRUE(consumer.ok() && (*consumer)->assign({topic}, kafka::Consumer::From::Beginning, 5'000).ok());
    int count = 0;
    for (int quiet = 0; quiet < 3;) {
      const auto polled = (*consumer)->poll(300, 1'000, [&](const kafka::Consumer::Message& message) {
        count += message.value.starts_with(std::string("\0\0\0\0", 4) + id) ? 1 : 0;
      });
      if (!polled.ok()) break;
      quiet = polled.value() == 0 ? quiet + 1 : 0;
    }
    return count;
  }
  void expect_a_run_as_if_nothing_had_happened(Running& run) {
    const Said said = run.ended();
    EXPECT_THAT(said.exit_code, AnyOf(0, 6)) << said.out;  // a busy machine may be late
    const nlohmann::json result = result_of(folder_);
    for (const char* entity : {"order", "click"}) {
      const nlohmann::json& inserts = result["load"]["changes"][entity]["insert"];
      EXPECT_GT(inserts["scheduled"], 100) << entity;
      EXPECT_EQ(inserts["committed"], inserts["scheduled"]) << entity;
    }
    const nlohmann::json& audit = result["audit"]["orders_seen"];
    EXPECT_EQ(audit["status"], "done");
    EXPECT_EQ(audit["missing"], 0);
    const nlohmann::json& changes = result["load"]["changes"];
    EXPECT_EQ(messages("orders", '\1') + messages("orders", '\2'), changes["order"]["insert"]["committed"]);
    EXPECT_EQ(messages("clicks", '\1') + messages("clicks", '\2'), changes["click"]["insert"]["committed"]);
  }

  Folder folder_;
  std::unique_ptr<MariadbServer> mariadb_;
  std::unique_ptr<kafka::EmbeddedBroker> broker_;
  ChildProcess registry_;
};

TEST_F(RegistryOfARun, ThatIsKilledInMidRunDoesNoHarm) {
  start_registry();
  const auto run = running();
  EXPECT_EQ(read_file(log()), "/subjects/orders-value/versions\n/subjects/clicks-value/versions\n");
  registry_.signal(SIGKILL);
  registry_.stop(0);
  expect_a_run_as_if_nothing_had_happened(*run);
  EXPECT_FALSE(registry_answers());
}

TEST_F(RegistryOfARun, ThatRefusesFromMidRunOnDoesNoHarm) {
  start_registry();
  const auto run = running();
  ASSERT_TRUE(registry_answers()) << "it is there, and the mischief is still to come";
  registry_.signal(SIGUSR1);
  expect_a_run_as_if_nothing_had_happened(*run);
  EXPECT_FALSE(registry_answers());
}

/// Negative control: a schema that the registry does not know is needed for the first message of its topic.
TEST_F(RegistryOfARun, ThatFailsBeforeTheLastSchemaEndsTheRunBeforeAnythingIsWritten) {
  start_registry("clicks");
  std::string before;
  for (const auto& [name, value] : environment()) before += name + "='" + value + "' ";
  const Said said = freshet(folder_, arguments(), before);
  EXPECT_EQ(said.exit_code, 8) << said.out << said.err;
  EXPECT_THAT(said.err, AllOf(HasSubstr(url()), HasSubstr("subject clicks-value"), HasSubstr("the store is gone")));
  EXPECT_EQ(result_of(folder_)["verdict"], "unreachable");
  EXPECT_EQ(messages("orders", '\1'), 0);
  EXPECT_EQ(connect().scalar("SELECT COUNT(*) FROM information_schema.tables WHERE table_name = 'orders'").value(), "0")
      << "the table of the run is taken down again";
}

}  // namespace
}  // namespace freshet
