// TLS to a real MariaDB with a certificate that its own authority signed: taken with that authority, refused without.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "clients/mysql/mysql.h"
#include "servers/child_process.h"
#include "servers/private_directory.h"

namespace freshet {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;

class MysqlTls : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = PrivateDirectory::create().value();
    ASSERT_EQ(std::system(("cd " + directory_->path() + " && { " + kCertificates + "; } >openssl.log 2>&1").c_str()),
              0);
    start();
  }
  void start() {
    const std::string path = directory_->path();
    ASSERT_TRUE(server_
                    .start({.command = {"mariadb-install-db", "--no-defaults", "--force", "--skip-test-db",
                                        "--auth-root-authentication-method=normal", "--datadir=" + path + "/data",
                                        "--tmpdir=" + path, "--innodb-log-file-size=16M"},
                            .output_file = path + "/log"})
                    .ok());
    ASSERT_TRUE(server_.wait(120'000) && server_.exit_code() == 0) << tail_of(path + "/log", 20);
    ASSERT_TRUE(server_
                    .start({.command = {"mariadbd", "--no-defaults", "--user=root", "--datadir=" + path + "/data",
                                        "--tmpdir=" + path, "--socket=" + path + "/s", "--skip-networking",
                                        "--performance-schema=OFF", "--innodb-buffer-pool-size=32M",
                                        "--innodb-log-file-size=16M", "--ssl-ca=" + path + "/ca.pem",
                                        "--ssl-cert=" + path + "/server.pem", "--ssl-key=" + path + "/server-key.pem"},
                            .output_file = path + "/log"})
                    .ok());
    const SystemClock clock;
    while (!mysql::Connection::open(address(), 1).ok()) {
      ASSERT_THAT(server_.died(), IsEmpty()) << tail_of(path + "/log", 20);
      clock.sleep_until(clock.now() + 20 * kNanosPerMilli, {});
    }
  }
  [[nodiscard]] mysql::Address address(std::map<std::string, std::string> options = {}) const {
    mysql::Address address;
    address.socket = directory_->path() + "/s";
    address.user = "root";
    for (auto& [name, value] : options) {
      if (name != "ssl_verify") value = directory_->path() + "/" + value;
    }
    address.options = std::move(options);
    return address;
  }
  static std::string cipher(const mysql::Address& address) {
    auto session = mysql::Connection::open(address);
    if (!session.ok()) return "refused: " + session.error().message;
    std::string cipher;
    const Status asked = session->query("SHOW STATUS LIKE 'Ssl_cipher'",
                                        [&](auto values) { cipher = std::string(values[1].value_or("")); });
    EXPECT_TRUE(asked.ok());
    return cipher;
  }

  /// An authority, a server's and a client's certificate from it, and an authority that has nothing to do with it.
  static constexpr const char* kCertificates = R"(
    authority() { openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$2" -keyout $1-key.pem -out $1.pem; }
    signed() {
      openssl req -newkey rsa:2048 -nodes -subj "/CN=$2" -keyout $1-key.pem -out $1.csr &&
      openssl x509 -req -in $1.csr -days 2 -CA ca.pem -CAkey ca-key.pem -CAcreateserial -out $1.pem
    }
    authority ca shop-authority && authority stranger stranger && signed server localhost && signed client keeper)";

  std::unique_ptr<PrivateDirectory> directory_;
  ChildProcess server_;
};

TEST_F(MysqlTls, IsUsedWhenTheAddressSaysSo) {
  EXPECT_THAT(cipher(address()), IsEmpty()) << "control: without a word of TLS there is none";
  const std::string used = cipher(address({{"ssl_ca", "ca.pem"}, {"ssl_verify", "1"}}));
  EXPECT_THAT(used, Not(IsEmpty()));
  EXPECT_THAT(used, Not(::testing::HasSubstr("refused")));
}

TEST_F(MysqlTls, HidesWhatIsSentAheadToo) {
  auto session = mysql::Connection::open(address({{"ssl_ca", "ca.pem"}, {"ssl_verify", "1"}}));
  ASSERT_TRUE(session.ok()) << session.error().message;
  ASSERT_TRUE(session->execute("CREATE DATABASE ahead").ok());
  ASSERT_TRUE(session->execute("CREATE TABLE ahead.t (id INT PRIMARY KEY)").ok());
  const std::string insert = "INSERT INTO ahead.t VALUES (?)";
  const std::vector<mysql::Connection::BulkColumn> columns = {{0, {Kind::Integer, 0, 0, nullptr}}};
  std::vector<Row> rows(3);
  std::vector<mysql::Connection::Execution> executions;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].reset(1);
    rows[i].cells[0] = integer_cell(static_cast<std::int64_t>(i % 2));
    executions.push_back({&insert, columns, &rows[i]});
  }
  std::vector<unsigned> codes;
  const Status sent = session->execute_ahead(
      executions, [&](const mysql::Failure* refusal) { codes.push_back(refusal == nullptr ? 0 : refusal->code); });
  EXPECT_TRUE(sent.ok());
  EXPECT_EQ(codes, (std::vector<unsigned>{0, 0, 1062}));
  EXPECT_EQ(session->scalar("SELECT COUNT(*) FROM ahead.t").value(), "2");
}

TEST_F(MysqlTls, ACertificateThatTheAuthorityDidNotSignIsRefused) {
  const auto opened = mysql::Connection::open(address({{"ssl_ca", "stranger.pem"}, {"ssl_verify", "1"}}));
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().kind, ErrorKind::Unreachable);
  EXPECT_THAT(opened.error().message, ::testing::ContainsRegex("[Cc]ertificate|TLS|SSL"));
}

TEST_F(MysqlTls, AClientCertificateIsSentWhenTheServerRequiresOne) {
  auto root = mysql::Connection::open(address());
  ASSERT_TRUE(root.ok());
  ASSERT_TRUE(root->execute("CREATE USER keeper@localhost REQUIRE X509").ok());
  mysql::Address with = address({{"ssl_ca", "ca.pem"}, {"ssl_cert", "client.pem"}, {"ssl_key", "client-key.pem"}});
  mysql::Address without = address({{"ssl_ca", "ca.pem"}});
  with.user = without.user = "keeper";
  EXPECT_TRUE(mysql::Connection::open(with).ok());
  const auto refused = mysql::Connection::open(without);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::Unreachable);
}

}  // namespace
}  // namespace freshet
