// Connections: variables, overrides, URLs; and messages that never hold a secret.
#include "clients/connection.h"

#include <gtest/gtest.h>

#include <map>

namespace freshet {
namespace {

using Variables = std::map<std::string, std::string>;

Environment environment_of(const Variables& variables) {
  return [variables](const std::string& name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  };
}

Connection connection_to(const std::string& url) {
  Connection connection;
  connection.name = "sink";
  connection.url = url;
  return connection;
}

TEST(ConnectionUrl, VariablesAndDefaultsAreReplaced) {
  const struct {
    const char* url;
    Variables variables;
    const char* expected;
  } kCases[] = {
      {"kafka:9092", {}, "kafka:9092"},
      {"${HOST}:9092", {{"HOST", "kafka"}}, "kafka:9092"},
      {"${HOST}:${PORT}", {{"HOST", "kafka"}, {"PORT", "1"}}, "kafka:1"},
      {"${HOST:-localhost}:9092", {}, "localhost:9092"},
      {"${HOST:-localhost}:9092", {{"HOST", "kafka"}}, "kafka:9092"},
      {"${HOST:-localhost}:9092", {{"HOST", ""}}, "localhost:9092"},
      {"${A:-${B}}", {{"B", "b"}}, "b"},
      {"${A:-${B:-c}}", {}, "c"},
      {"${A:-x${B:-c}y}z", {}, "xcyz"},
      {"${A:-${B}}", {{"A", "a"}}, "a"},  // the default is not needed, so B need not be set
      {"${A}", {{"A", "${B}"}}, "${B}"},  // what the environment holds is taken as it is
      {"a}b$c", {}, "a}b$c"},
  };
  for (const auto& each : kCases) {
    const auto url = resolve_url(connection_to(each.url), environment_of(each.variables));
    ASSERT_TRUE(url.ok()) << each.url << ": " << url.error().message;
    EXPECT_EQ(url.value(), each.expected) << each.url;
  }
}

TEST(ConnectionUrl, AMissingVariableIsUnreachableAndNamed) {
  for (const char* url : {"${FRESHET_MYSQL}", "${A:-${FRESHET_MYSQL}}", "${A:-x}${FRESHET_MYSQL}"}) {
    const auto resolved = resolve_url(connection_to(url), environment_of({}));
    ASSERT_FALSE(resolved.ok()) << url;
    EXPECT_EQ(resolved.error().kind, ErrorKind::Unreachable);
    EXPECT_EQ(resolved.error().message, "connection \"sink\": the variable FRESHET_MYSQL is not set");
    EXPECT_EQ(resolved.error().hint, "set it, or FRESHET_CONNECTION_SINK, or use --embedded");
  }
}

TEST(ConnectionUrl, AMalformedVariableIsAMistakeOfTheFile) {
  for (const char* url : {"${", "${}", "${A", "${A:-b", "${A-b}", "${A:-${B}"}) {
    const auto resolved = resolve_url(connection_to(url), environment_of({{"A", "a"}, {"B", "b"}}));
    ASSERT_FALSE(resolved.ok()) << url;
    EXPECT_EQ(resolved.error().kind, ErrorKind::Usage) << url;
  }
}

TEST(ConnectionUrl, TheEnvironmentReplacesAConnectionByItsName) {
  EXPECT_EQ(connection_variable("sink"), "FRESHET_CONNECTION_SINK");
  const auto environment = environment_of({{"FRESHET_CONNECTION_SINK", "other:1"}});
  EXPECT_EQ(resolve_url(connection_to("${NOT_SET}"), environment).value(), "other:1");
  EXPECT_EQ(resolve_url(connection_to(""), environment).value(), "other:1");
  EXPECT_EQ(resolve_url(connection_to(""), environment_of({{"FRESHET_SINK", "plain:1"}})).value(), "plain:1");
  const auto missing = resolve_url(connection_to(""), environment_of({}));
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().kind, ErrorKind::Unreachable);
  EXPECT_EQ(missing.error().message, "connection \"sink\": it has no URL, and the variable FRESHET_SINK is not set");
}

TEST(MysqlUrl, EveryPartIsRead) {
  const auto address = mysql_address(
      connection_to("mysql://us%40er:p%3A%2Fw@db.example:3307/shop%20one?socket=/tmp/a%26b.sock&ssl_ca=/ca.pem"),
      environment_of({{"FRESHET_MYSQL_PASSWORD", "other"}}));
  ASSERT_TRUE(address.ok()) << address.error().message;
  EXPECT_EQ(address->user, "us@er");
  EXPECT_EQ(address->password, "p:/w");
  EXPECT_EQ(address->host, "db.example");
  EXPECT_EQ(address->port, 3307);
  EXPECT_EQ(address->database, "shop one");
  EXPECT_EQ(address->socket, "/tmp/a&b.sock");
  EXPECT_EQ(address->options, (std::map<std::string, std::string>{{"ssl_ca", "/ca.pem"}}));
}

TEST(MysqlUrl, BulkIsAnOption) {
  const auto address = mysql_address(connection_to("mysql://root@/shop?bulk=0"), environment_of({}));
  ASSERT_TRUE(address.ok()) << address.error().message;
  EXPECT_EQ(address->options.at("bulk"), "0");
}

TEST(MysqlUrl, PartsHaveDefaults) {
  const auto address = mysql_address(connection_to("mysql://root@/shop?socket=/run/s"), environment_of({}));
  ASSERT_TRUE(address.ok()) << address.error().message;
  EXPECT_EQ(address->host, "127.0.0.1");
  EXPECT_EQ(address->port, 3306);
  EXPECT_EQ(address->password, "");
  const auto six = mysql_address(connection_to("mysql://root@[::1]:3307/shop"), environment_of({}));
  ASSERT_TRUE(six.ok()) << six.error().message;
  EXPECT_EQ(six->host, "::1");
  for (const char* host : {"h;x", "h;", "a=b", "host=127.0.0.1;user=root", "h x", "h/x"}) {
    EXPECT_FALSE(
        mysql_address(connection_to(std::string("mysql://me@") + host + ":3306/shop"), environment_of({})).ok())
        << host;
  }
  EXPECT_EQ(six->port, 3307);
}

TEST(MysqlUrl, ThePasswordMayComeFromTheEnvironment) {
  const auto environment = environment_of({{"FRESHET_MYSQL_PASSWORD", "hidden"}});
  EXPECT_EQ(mysql_address(connection_to("mysql://u@h/d"), environment)->password, "hidden");
  EXPECT_EQ(mysql_address(connection_to("mysql://u:@h/d"), environment)->password, "") << "an empty one is one";
  EXPECT_EQ(mysql_address(connection_to("mysql://u:own@h/d"), environment)->password, "own");
}

TEST(MysqlUrl, MalformedOnesAreRefusedWithoutRepeatingThem) {
  for (const char* url :
       {"", "secret", "http://u:secret@h/d", "mysql://h/secret", "mysql://u:secret@h", "mysql://u:secret@h/",
        "mysql://:secret@h/d", "mysql://u:secret%@h/d", "mysql://u:secret%zz@h/d", "mysql://u:secret@h:0/d",
        "mysql://u:secret@h:65536/d", "mysql://u:secret@h:33o6/d", "mysql://u:secret@[::1/d",
        "mysql://u:secret@h/d?sokcet=/x", "mysql://u:secret@h/d?socket"}) {
    const auto address = mysql_address(connection_to(url), environment_of({}));
    ASSERT_FALSE(address.ok()) << url;
    EXPECT_EQ(address.error().message.find("secret"), std::string::npos) << address.error().message;
    EXPECT_EQ(address.error().message.rfind("connection \"sink\": ", 0), 0u) << address.error().message;
  }
}

TEST(KafkaUrl, BrokersAndPropertiesAreRead) {
  const auto plain = kafka_address(connection_to("a:9092,b:9093"), environment_of({}));
  ASSERT_TRUE(plain.ok()) << plain.error().message;
  EXPECT_EQ(plain->bootstrap, "a:9092,b:9093");
  EXPECT_TRUE(plain->properties.empty());
  const auto full = kafka_address(connection_to("kafka://[::1]:9092/?security.protocol=sasl_ssl&sasl.password=a%26b"),
                                  environment_of({}));
  ASSERT_TRUE(full.ok()) << full.error().message;
  EXPECT_EQ(full->bootstrap, "[::1]:9092");
  EXPECT_EQ(full->properties,
            (std::map<std::string, std::string>{{"security.protocol", "sasl_ssl"}, {"sasl.password", "a&b"}}));
}

TEST(KafkaUrl, MalformedOnesAreRefused) {
  for (const char* url : {"a", "a:", "a:0", ":9092", "a:9092,", "a:9092,,b:1", "mysql://u@h:1/d", "a:9092?x",
                          "a:9092?bootstrap.servers=b:1", "a b:9092"}) {
    const auto address = kafka_address(connection_to(url), environment_of({}));
    ASSERT_FALSE(address.ok()) << url;
    EXPECT_EQ(address.error().kind, ErrorKind::Usage) << url;
  }
}

}  // namespace
}  // namespace freshet
