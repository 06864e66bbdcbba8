// Topics in each format that the native pipeline reads, from the generator to the audit: every kind of column, rows
// that change, go and come back.
#include <gmock/gmock.h>

#include "app/freshet_process.h"

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
  void expect_every_row() {
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

TEST_F(TopicFormats, JsonIsReadRowByRow) {
  const Said said = run("");
  EXPECT_EQ(said.exit_code, 0) << said.out << said.err;
  expect_every_row();
}

TEST_F(TopicFormats, EnvelopesAreReadWithTheirDeletes) {
  const Said said = run("--set /write/order/kafka/format='\"debezium\"' --set /write/order/kafka/headers=true");
  EXPECT_EQ(said.exit_code, 0) << said.out << said.err;
  expect_every_row();
}

TEST_F(TopicFormats, AvroIsReadByTheSchemaOfTheRegistry) {
  const Said said = run_with_avro("right");
  EXPECT_EQ(said.exit_code, 0) << said.out << said.err;
  expect_every_row();
}

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

}  // namespace
}  // namespace freshet
