// Topics in each format that the native pipeline reads, from the generator to the audit: every kind of column, rows
// that change, go and come back.
#include <gmock/gmock.h>

#include <set>
#include <sstream>

#include "app/freshet_process.h"
#include "clients/kafka/kafka.h"
#include "servers/kafka_broker.h"

namespace freshet {
namespace {

using testing::HasSubstr;

/// Keeps schemas and gives them back as Confluent's registry does. What it gives back, the second argument says:
/// "right", "none" (there is no such schema), or "wrong": one in which two fields have each other's names.
constexpr const char* kRegistry = R"py(
import http.server, json, sys
schemas = []
class Registry(http.server.BaseHTTPRequestHandler):
    def answer(self, status, what):
        text = json.dumps(what).encode()
        self.send_response(status)
        self.send_header('Content-Length', str(len(text)))
        self.end_headers()
        self.wfile.write(text)
    def do_POST(self):
        schema = json.loads(self.rfile.read(int(self.headers['Content-Length'])))['schema']
        if schema not in schemas:
            schemas.append(schema)
        self.answer(200, {'id': schemas.index(schema) + 300})
    def do_GET(self):
        if sys.argv[1] == 'none':
            return self.answer(404, {'error_code': 40403, 'message': 'Schema not found'})
        schema = schemas[int(self.path.rsplit('/', 1)[1]) - 300]
        if sys.argv[1] == 'wrong':
            schema = schema.replace('"buyer"', '"?"').replace('"seller"', '"buyer"').replace('"?"', '"seller"')
        self.answer(200, {'schema': schema})
    def log_message(self, *arguments):
        pass
server = http.server.HTTPServer(('127.0.0.1', 0), Registry)
print('ready', server.server_port)
server.serve_forever()
)py";

class TopicFormats : public testing::Test {
 protected:
  Said run(const std::string& arguments) {
    return freshet(folder_,
                   "run " FRESHET_SOURCE_DIR "/tests/app/scenarios/kinds.json --embedded --out out " + arguments,
                   "no_proxy=127.0.0.1");
  }
  Said run_with_avro(const char* answers) {
    ChildProcess::Options options;
    options.command = {"python3", "-u", "-c", kRegistry, answers};
    options.ready_prefix = "ready ";
    const Status started = registry_.start(options);
    EXPECT_TRUE(started.ok()) << started.error().message;
    return run("--set /write/order/kafka/format='\"avro\"' --set /write/order/kafka/registry='\"http://127.0.0.1:" +
               registry_.ready_line() + "\"'");
  }
  void expect_every_row(const Said& said) {
    EXPECT_EQ(said.exit_code, 0) << said.out << said.err;
    const nlohmann::json audit = result_of(folder_)["audit"]["orders"];
    EXPECT_GT(audit["expected"], 400);
    EXPECT_EQ(audit["expected"], audit["found"]);
    for (const char* what : {"missing", "stale", "duplicate", "phantom", "resurrected", "wrong", "indeterminate"}) {
      EXPECT_EQ(audit[what], 0) << what;
    }
    EXPECT_GT(result_of(folder_)["load"]["changes"]["order"]["delete"]["committed"], 20);
  }

  Folder folder_;
  ChildProcess registry_;
};

TEST_F(TopicFormats, JsonIsReadRowByRow) { expect_every_row(run("")); }

TEST_F(TopicFormats, EnvelopesAreReadWithTheirDeletes) {
  expect_every_row(run("--set /write/order/kafka/format='\"debezium\"' --set /write/order/kafka/headers=true"));
}

TEST_F(TopicFormats, AvroIsReadByTheSchemaOfTheRegistry) { expect_every_row(run_with_avro("right")); }

TEST_F(TopicFormats, ARegistryThatDoesNotKnowTheSchemaEndsThePipelineAndSaysSo) {
  const Said said = run_with_avro("none");
  EXPECT_EQ(said.exit_code, 8) << said.out << said.err;
  EXPECT_THAT(said.err + read_file(folder_.path() + "/out/logs/pipeline.log"), HasSubstr("Schema not found"));
}

TEST_F(TopicFormats, ASchemaThatNamesFieldsWronglyIsFoundByTheAudit) {
  const Said said = run_with_avro("wrong");
  EXPECT_EQ(said.exit_code, 7) << said.out << said.err;
  EXPECT_GT(result_of(folder_)["audit"]["orders"]["wrong"], 300);
}

TEST_F(TopicFormats, GenerateMakesTheSameEnvelopesForATopicAsForAFile) {
  auto broker = kafka::EmbeddedBroker::start();
  ASSERT_TRUE(broker.ok() && (*broker)->create_topic("orders", 4).ok());
  const std::string generate = "generate " FRESHET_SOURCE_DIR "/tests/app/scenarios/kinds.json --format debezium ";
  const Said said =
      freshet(folder_, generate + "--to kafka --use-existing-topics",
              "FRESHET_KAFKA=" + (*broker)->bootstrap() + " FRESHET_MYSQL=mysql://nobody@127.0.0.1:1/none");
  ASSERT_EQ(said.exit_code, 0) << said.err;
  std::multiset<std::string> expected;
  std::istringstream lines(freshet(folder_, generate).out);
  for (std::string line; std::getline(lines, line);) expected.insert(line);

  auto consumer = kafka::Consumer::open({(*broker)->bootstrap(), {}});
  ASSERT_TRUE(consumer.ok() && (*consumer)->assign({"orders"}, kafka::Consumer::From::Beginning, 5'000).ok());
  std::multiset<std::string> found;
  for (int quiet = 0; quiet < 3;) {
    const auto polled = (*consumer)->poll(300, 1'000, [&](const kafka::Consumer::Message& message) {
      found.insert(message.null_value ? "null" : std::string(message.value));
    });
    ASSERT_TRUE(polled.ok());
    quiet = polled.value() == 0 ? quiet + 1 : 0;
  }
  EXPECT_GT(found.count("null"), 20U);
  EXPECT_EQ(found, expected);
}

}  // namespace
}  // namespace freshet
