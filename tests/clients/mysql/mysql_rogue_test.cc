// What a client of a server that means no good says, does and keeps to itself.
#include <gmock/gmock.h>

#include <cstdio>
#include <fstream>

#include "base/clock.h"
#include "clients/mysql/mysql.h"
#include "clients/mysql/mysql_secrecy.h"
#include "clients/mysql/rogue_server.h"

namespace freshet {
namespace {

using testing::HasSubstr;
using testing::Not;
using Trick = RogueServer::Trick;

constexpr const char* kPassword = "0pen-sesame-9";

mysql::Address address_of(const RogueServer& server) {
  mysql::Address address;
  address.port = server.port();
  address.user = "shopkeeper";
  address.password = kPassword;
  address.database = "shop";
  return address;
}

/// Says the error, with the hint, and how long it took is checked.
Error refused(const mysql::Address& address) {
  const SystemClock clock;
  const Instant began = clock.now();
  const auto opened = mysql::Connection::open(address, 1);
  EXPECT_LT(clock.now() - began, 5 * kNanosPerSecond);
  if (opened.ok()) {
    ADD_FAILURE() << "it was believed";
    return {};
  }
  EXPECT_EQ(opened.error().kind, ErrorKind::Unreachable) << opened.error().message;
  EXPECT_THAT(opened.error().message, HasSubstr("127.0.0.1:" + std::to_string(address.port))) << "says who it was";
  EXPECT_THAT(opened.error().message, Not(HasSubstr(kPassword)));
  return opened.error();
}

TEST(RogueServer, IsAcceptedWhenItBehaves) {
  const RogueServer server(Trick::None);
  const auto opened = mysql::Connection::open(address_of(server), 1);
  EXPECT_TRUE(opened.ok()) << opened.error().message;
}

TEST(RogueServer, GetsNoReadablePassword) {
  for (const Trick trick : {Trick::SwitchToClear, Trick::ClearAtOnce, Trick::SwitchToDialog, Trick::SwitchToOld}) {
    SCOPED_TRACE(static_cast<int>(trick));
    const RogueServer server(trick);
    const Error error = refused(address_of(server));
    EXPECT_THAT(error.message, Not(HasSubstr("native"))) << "that is not what it asked for";
    EXPECT_THAT(error.hint, HasSubstr("password_in_clear=1"));
    if (trick != Trick::ClearAtOnce) {
      EXPECT_THAT(server.heard(), HasSubstr("shopkeeper")) << "it was spoken to";
    }
    EXPECT_THAT(server.heard(), Not(HasSubstr(kPassword)));
  }
}

TEST(RogueServer, GetsNoReadablePasswordWithoutTlsWhateverTheAddressSaysOfTls) {
  for (const char* verify : {"0", "1"}) {
    const RogueServer server(Trick::SwitchToClear);
    mysql::Address address = address_of(server);
    address.options = {{"ssl_verify", verify}};
    refused(address);
    EXPECT_THAT(server.heard(), Not(HasSubstr(kPassword)));
  }
}

TEST(RogueServer, GetsItWhenTheAddressSaysSo) {
  const RogueServer server(Trick::SwitchToClear);
  mysql::Address address = address_of(server);
  address.options = {{"password_in_clear", "1"}};
  [[maybe_unused]] const auto opened = mysql::Connection::open(address, 1);
  EXPECT_THAT(server.heard(), HasSubstr(kPassword)) << "else the tests above prove nothing";
}

TEST(RogueServer, GetsNoFile) {
  const std::string file = testing::TempDir() + "own-secret";
  std::ofstream(file) << "the numbers of the vault";
  const RogueServer server(Trick::AskForFile, file);
  refused(address_of(server));
  EXPECT_THAT(server.heard(), HasSubstr("SET NAMES")) << "it was asked something";
  EXPECT_THAT(server.heard(), Not(HasSubstr("vault")));
  std::remove(file.c_str());
}

TEST(RogueServer, CannotKeepAClientWaitingForever) {
  for (const Trick trick : {Trick::EndlessRows, Trick::EndlessPacket, Trick::LyingLength, Trick::EmptyGreeting,
                            Trick::Noise, Trick::Silent, Trick::SilentLater}) {
    SCOPED_TRACE(static_cast<int>(trick));
    const RogueServer server(trick);
    refused(address_of(server));
    EXPECT_THAT(server.heard(), Not(HasSubstr(kPassword)));
  }
}

TEST(Secrecy, AServersOwnKeyIsTrustedOnThisMachineOrWhenItsNameIsProven) {
  mysql::Address address;
  const auto takes_key = [&] { return mysql::allowed_plugins(address).find("caching_sha2") != std::string::npos; };
  const auto readable = [&] { return mysql::allowed_plugins(address).find("clear") != std::string::npos; };
  for (const char* host : {"127.0.0.1", "127.8.8.8", "localhost", "::1"}) {
    address.host = host;
    EXPECT_TRUE(takes_key()) << host;
    EXPECT_FALSE(readable()) << host;
  }
  for (const char* host : {"10.0.0.1", "db.example", "::2"}) {
    address.host = host;
    EXPECT_FALSE(takes_key()) << host;
  }
  address.options["ssl_verify"] = "0";
  EXPECT_FALSE(takes_key()) << "a server with any certificate";
  address.options["ssl_verify"] = "1";
  EXPECT_TRUE(takes_key() && readable());
  address.options = {{"password_in_clear", "1"}};
  EXPECT_TRUE(takes_key() && readable());
}

}  // namespace
}  // namespace freshet
