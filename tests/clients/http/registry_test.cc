// Registration of schemas at a real HTTP server that speaks as Confluent's registry does: what is sent, what is taken
// from the answer, and that no message holds a secret.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "clients/http/registry.h"

namespace freshet {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kServer = R"py(
import http.server, json, sys
class Registry(http.server.BaseHTTPRequestHandler):
    schemas = []
    def do_POST(self):
        body = self.rfile.read(int(self.headers['Content-Length'])).decode()
        with open(sys.argv[1] + '/requests', 'a') as log:
            print(self.path, self.headers['Content-Type'], self.headers.get('Authorization', '-'), body, file=log)
        status, answer = self.answer(json.loads(body)['schema'])
        answer = answer.encode()
        self.send_response(status)
        self.send_header('Content-Length', str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
    def answer(self, schema):
        if self.path == '/subjects/refused-value/versions':
            return 409, '{"error_code":409,"message":"incompatible with an earlier schema"}'
        if self.path == '/subjects/odd-value/versions':
            return 200, '{"schema":"{\\"id\\": 5}"}'
        if schema not in self.schemas:
            self.schemas.append(schema)
        return 200, json.dumps({'version': 1, 'schema': schema, 'id': 100 + self.schemas.index(schema)})
    def log_message(self, *arguments):
        pass
server = http.server.HTTPServer(('127.0.0.1', 0), Registry)
with open(sys.argv[1] + '/port.new', 'w') as port:
    print(server.server_port, file=port)
import os
os.rename(sys.argv[1] + '/port.new', sys.argv[1] + '/port')
server.serve_forever()
)py";

class SchemaRegistry : public ::testing::Test {
 protected:
  SchemaRegistry() {
    std::string name = "/tmp/freshet-test-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    std::ofstream(folder_ + "/server.py") << kServer;
    ::setenv("no_proxy", "127.0.0.1", 1);
    server_ = ::fork();
    if (server_ == 0) {
      ::execl("/usr/bin/python3", "python3", (folder_ + "/server.py").c_str(), folder_.c_str(), nullptr);
      ::_exit(127);
    }
    // The server renames the file when it listens.
    for (int i = 0; i < 1'000 && !std::filesystem::exists(folder_ + "/port"); ++i) ::usleep(10'000);
    std::ifstream(folder_ + "/port") >> port_;
  }
  void TearDown() override {
    ::kill(server_, SIGKILL);
    ::waitpid(server_, nullptr, 0);
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  [[nodiscard]] registry::Address address(const std::string& user = "") const {
    auto parsed = registry::parse_address("http://" + user + "127.0.0.1:" + std::to_string(port_) + "/");
    EXPECT_TRUE(parsed.ok());
    return std::move(parsed).value();
  }
  [[nodiscard]] std::string requests() const {
    std::ifstream file(folder_ + "/requests");
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::string folder_;
  pid_t server_ = -1;
  int port_ = 0;
};

TEST_F(SchemaRegistry, GivesOneIdPerSchema) {
  const auto first = registry::register_schema(address(), "orders-value", R"({"type":"string","doc":"say \"id\": 7"})");
  const auto second = registry::register_schema(address(), "orders-value", R"("long")");
  const auto again = registry::register_schema(address(), "other-value", R"({"type":"string","doc":"say \"id\": 7"})");
  ASSERT_TRUE(first.ok()) << first.error().message;
  ASSERT_TRUE(second.ok() && again.ok());
  EXPECT_EQ(first.value(), 100U);
  EXPECT_EQ(second.value(), 101U);
  EXPECT_EQ(again.value(), 100U);
}

TEST_F(SchemaRegistry, IsAskedAsTheInterfaceSays) {
  ASSERT_TRUE(registry::register_schema(address("me:s%3Acret@"), "a/b value", R"("long")").ok());
  EXPECT_EQ(requests(),
            "/subjects/a%2Fb%20value/versions application/vnd.schemaregistry.v1+json Basic bWU6czpjcmV0 "
            "{\"schemaType\":\"AVRO\",\"schema\":\"\\\"long\\\"\"}\n");
}

TEST_F(SchemaRegistry, TellsWhatItRefused) {
  const auto refused = registry::register_schema(address("me:secret@"), "refused-value", R"("long")");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::Unreachable);
  EXPECT_THAT(refused.error().message,
              AllOf(HasSubstr("refused-value"), HasSubstr("409"), HasSubstr("incompatible"), Not(HasSubstr("secret"))));
}

TEST_F(SchemaRegistry, RefusesAnAnswerWithoutAnId) {
  EXPECT_FALSE(registry::register_schema(address(), "odd-value", R"("long")").ok());
}

TEST_F(SchemaRegistry, ThatIsNotThereIsNamedWithoutItsSecret) {
  auto gone = address("me:secret@");
  gone.url = "http://127.0.0.1:1";
  const auto failed = registry::register_schema(gone, "orders-value", R"("long")");
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().kind, ErrorKind::Unreachable);
  EXPECT_THAT(failed.error().message, AllOf(HasSubstr("http://127.0.0.1:1"), Not(HasSubstr("secret"))));
}

TEST_F(SchemaRegistry, PlainHttpDoesNotAnswerToTls) {
  auto tls = address();
  tls.url.replace(0, 4, "https");
  EXPECT_FALSE(registry::register_schema(tls, "orders-value", R"("long")").ok());
}

TEST(SchemaRegistryUrl, IsTakenApart) {
  const auto address = registry::parse_address(
      "https://me:p%40ss@registry.example:8081/api/?ssl_ca=/ca.pem&ssl_cert=/c.pem&ssl_key=/k.pem&ssl_verify=0");
  ASSERT_TRUE(address.ok());
  EXPECT_EQ(address.value().url, "https://registry.example:8081/api");
  EXPECT_EQ(address.value().user, "me");
  EXPECT_EQ(address.value().password, "p@ss");
  EXPECT_EQ(address.value().ca_file, "/ca.pem");
  EXPECT_EQ(address.value().certificate_file, "/c.pem");
  EXPECT_EQ(address.value().key_file, "/k.pem");
  EXPECT_FALSE(address.value().verify);
}

TEST(SchemaRegistryUrl, IsRefusedWithoutItsSecret) {
  for (const char* url :
       {"registry:8081", "ftp://me:secret@host", "http://", "http://:secret@host", "http://me:secret%4@host",
        "http://me:secret@", "http://host?secret", "http://host?ssl_verify=secret", "http://ho st"}) {
    const auto address = registry::parse_address(url);
    ASSERT_FALSE(address.ok()) << url;
    EXPECT_EQ(address.error().kind, ErrorKind::Usage);
    EXPECT_THAT(address.error().message + address.error().hint, Not(HasSubstr("secret")));
  }
}

}  // namespace
}  // namespace freshet
