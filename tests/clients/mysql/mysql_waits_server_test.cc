// Waits for a server: each has a limit, and ends with the address's stop token.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <map>
#include <thread>

#include "clients/mysql/mysql.h"
#include "servers/mariadb_server.h"

namespace freshet::mysql {
namespace {

using std::chrono::duration;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// Takes connections and never says a word.
class SilentServer {
 public:
  SilentServer() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(listener_, generic, size), 0);
    EXPECT_EQ(::listen(listener_, 8), 0);
    EXPECT_EQ(::getsockname(listener_, generic, &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~SilentServer() { ::close(listener_); }
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;
  [[nodiscard]] int port() const { return port_; }

 private:
  const int listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int port_ = 0;
};

class Waits : public testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = MariadbServer::start({.binlog = false}).value(); }
  static void TearDownTestSuite() { server_.reset(); }

  Address address() {
    Address address;
    address.socket = server_->socket();
    address.user = "root";
    address.stop = stop_.get_token();
    return address;
  }
  /// Runs `wait` while a stop is requested 100 ms after its begin; how long it took after that.
  template <typename Wait>
  double after_stop(const Wait& wait) {
    const auto began = steady_clock::now();
    std::jthread stopper([this] {
      std::this_thread::sleep_for(milliseconds(100));
      stop_.request_stop();
    });
    wait();
    return duration<double>(steady_clock::now() - began).count() - 0.1;
  }

  std::stop_source stop_;
  static std::unique_ptr<MariadbServer> server_;
};
std::unique_ptr<MariadbServer> Waits::server_;

TEST_F(Waits, AStopEndsAStatement) {
  auto session = Connection::open(address());
  ASSERT_TRUE(session.ok()) << session.error().message;
  Status status;
  EXPECT_LT(after_stop([&] { status = session->execute("DO SLEEP(30)"); }), 1);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().kind, ErrorKind::Interrupted) << status.error().message;
  EXPECT_TRUE(session->failure().lost());
  // And nothing more begins.
  EXPECT_FALSE(session->execute("DO 1").ok());
  EXPECT_FALSE(Connection::open(address()).ok());
}

TEST_F(Waits, AStopEndsConnecting) {
  SilentServer silent;
  Address address = this->address();
  address.socket.clear();
  address.port = silent.port();
  std::optional<Error> error;
  EXPECT_LT(after_stop([&] {
              const auto session = Connection::open(address, 30);
              if (!session.ok()) error = session.error();
            }),
            1);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->kind, ErrorKind::Interrupted) << error->message;
}

TEST_F(Waits, ConnectingHasALimitAsAWhole) {
  SilentServer silent;
  Address address = this->address();
  address.socket.clear();
  address.port = silent.port();
  const auto began = steady_clock::now();
  const auto session = Connection::open(address, 1);
  const double took_s = duration<double>(steady_clock::now() - began).count();
  ASSERT_FALSE(session.ok());
  EXPECT_EQ(session.error().kind, ErrorKind::Unreachable) << session.error().message;
  EXPECT_GE(took_s, 0.9);
  EXPECT_LT(took_s, 2);
}

TEST_F(Waits, LimitsAreTheSessionsOwn) {
  auto other = Connection::open(address());
  ASSERT_TRUE(other.ok());
  const std::map<std::string, std::string> limits = {{"lock_wait_timeout", "10"},
                                                     {"innodb_lock_wait_timeout", "10"},
                                                     {"net_read_timeout", "60"},
                                                     {"net_write_timeout", "60"}};
  for (const auto& [name, value] : limits) ASSERT_TRUE(other->execute("SET GLOBAL " + name + " = 1234").ok());
  auto session = Connection::open(address());
  ASSERT_TRUE(session.ok());
  for (const auto& [name, value] : limits) {
    EXPECT_EQ(session->scalar("SELECT @@" + name).value(), value) << name;
    ASSERT_TRUE(other->execute("SET GLOBAL " + name + " = DEFAULT").ok());
  }
}

TEST_F(Waits, AServersRefusalIsNotReportedAsOurError) {
  auto root = Connection::open(address());
  ASSERT_TRUE(root.ok());
  ASSERT_TRUE(root->execute("CREATE OR REPLACE DATABASE ours").ok());
  ASSERT_TRUE(root->execute("CREATE USER plain@localhost").ok());
  ASSERT_TRUE(root->execute("GRANT ALL ON ours.* TO plain@localhost").ok());
  ASSERT_TRUE(root->execute("SET GLOBAL read_only = 1").ok());
  Address plain = address();
  plain.user = "plain";
  auto session = Connection::open(plain);
  ASSERT_TRUE(session.ok());
  const Status made = session->execute("CREATE TABLE ours.t (id INT)");
  ASSERT_TRUE(root->execute("SET GLOBAL read_only = 0").ok());
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().kind, ErrorKind::Unreachable);
  EXPECT_NE(made.error().message.find("(error 1290)"), std::string::npos) << made.error().message;
  EXPECT_EQ(session->execute("SELECT nonsense FROM").error().kind, ErrorKind::Internal);
}

}  // namespace
}  // namespace freshet::mysql
