// TLS to a server with a certificate of its own making.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "generator/write_own_server.h"

namespace freshet::mysql {
namespace {

using testing::IsEmpty;
using testing::Not;

class OnTlsServer : public testing::Test {
 protected:
  /// A self-signed certificate for "localhost" and its key; false when there is no openssl.
  bool make_certificate() {
    ChildProcess openssl;
    const Status started =
        openssl.start({.command = {"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                                   "/CN=localhost", "-keyout", key_, "-out", certificate_}});
    return started.ok() && openssl.wait(60'000) && openssl.exit_code() == 0;
  }
  static std::string cipher(const Address& address) {
    auto connection = Connection::open(address);
    if (!connection.ok()) return connection.error().message;
    std::string cipher;
    const Status asked =
        connection->query("SHOW STATUS LIKE 'Ssl_cipher'", [&](auto values) { cipher = values[1].value_or(""); });
    EXPECT_TRUE(asked.ok());
    return cipher;
  }

  const std::unique_ptr<PrivateDirectory> directory_ = PrivateDirectory::create().value();
  const std::string certificate_ = directory_->path() + "/certificate.pem";
  const std::string key_ = directory_->path() + "/key.pem";
};

TEST_F(OnTlsServer, OptionsMakeTlsRequiredAndCheckTheCertificate) {
  if (!make_certificate()) GTEST_SKIP() << "no openssl to make a certificate with";
  const fixture::OwnServer server({"--ssl-cert=" + certificate_, "--ssl-key=" + key_});
  Address address = server.address();
  EXPECT_THAT(cipher(address), IsEmpty()) << "none was asked for";
  address.options = {{"ssl_ca", certificate_}, {"ssl_verify", "1"}};
  EXPECT_THAT(cipher(address), testing::HasSubstr("TLS_"));

  // A certificate that nobody we trust has signed.
  const std::string ours = certificate_ + ".ours";
  std::filesystem::rename(certificate_, ours);
  ASSERT_TRUE(make_certificate());
  address.options["ssl_ca"] = certificate_;
  const auto refused = Connection::open(address);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::Unreachable);
}

TEST_F(OnTlsServer, AServerWithoutTlsIsRefusedWhenTlsIsAskedFor) {
  if (!make_certificate()) GTEST_SKIP() << "no openssl to make a certificate with";
  const fixture::OwnServer server({"--skip-ssl"});
  Address address = server.address();
  address.options = {{"ssl_ca", certificate_}};
  const auto refused = Connection::open(address);
  ASSERT_FALSE(refused.ok()) << "no silent fall back to plain text";
  EXPECT_EQ(refused.error().kind, ErrorKind::Unreachable);
}

}  // namespace
}  // namespace freshet::mysql
