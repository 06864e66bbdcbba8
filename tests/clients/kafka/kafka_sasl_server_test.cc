// SASL to a broker that accepts nothing else: it receives what the address says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "clients/kafka/kafka.h"
#include "servers/child_process.h"
#include "servers/private_directory.h"

namespace freshet {
namespace {

/// The beginning of a session in Kafka's protocol: ApiVersions (18), SaslHandshake (17) with the mechanism, which it
/// accepts when it is PLAIN, and the token, which it writes to the file. Then it hangs up.
constexpr const char* kBroker = R"py(
import os, socket, struct, sys
listener = socket.socket()
listener.bind(('127.0.0.1', 0))
listener.listen(8)
print('ready', listener.getsockname()[1])
def frame(session):
    size = session.recv(4, socket.MSG_WAITALL)
    return session.recv(struct.unpack('>i', size)[0], socket.MSG_WAITALL) if len(size) == 4 else b''
def answer(session, request, body):
    session.sendall(struct.pack('>i', 4 + len(body)) + request[4:8] + body)
VERSIONS = struct.pack('>i', 3) + b''.join(struct.pack('>hhh', *api) for api in ((3, 0, 1), (17, 0, 0), (18, 0, 0)))
while True:
    session, _ = listener.accept()
    while True:
        request = frame(session)
        if len(request) < 8:
            break
        api, version = struct.unpack('>hh', request[:4])
        if api == 18:
            answer(session, request, struct.pack('>h', 35 if version > 0 else 0) + VERSIONS)
            continue
        if api == 17:
            answer(session, request, struct.pack('>hih', 0 if request.endswith(b'\x00\x05PLAIN') else 33, 1, 5) + b'PLAIN')
            with open(sys.argv[1] + '.new', 'wb') as file:
                file.write(frame(session))
            os.rename(sys.argv[1] + '.new', sys.argv[1])
        break
    session.close()
)py";

class KafkaSasl : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = PrivateDirectory::create().value();
    ChildProcess::Options options;
    options.command = {"python3", "-u", "-c", kBroker, token_file()};
    options.ready_prefix = "ready ";
    ASSERT_TRUE(broker_.start(options).ok());
    address_.bootstrap = "127.0.0.1:" + broker_.ready_line();
  }
  [[nodiscard]] std::string token_file() const { return directory_->path() + "/token"; }
  [[nodiscard]] std::string token() const {
    std::ostringstream text;
    text << std::ifstream(token_file(), std::ios::binary).rdbuf();
    return text.str();
  }

  std::unique_ptr<PrivateDirectory> directory_;
  ChildProcess broker_;
  kafka::Address address_;
};

TEST_F(KafkaSasl, UserAndPasswordReachTheBroker) {
  address_.properties["security.protocol"] = "sasl_plaintext";
  address_.properties["sasl.mechanism"] = "PLAIN";
  address_.properties["sasl.username"] = "keeper";
  address_.properties["sasl.password"] = "se&cret";
  const auto topics = kafka::topics(address_, 3'000);
  ASSERT_FALSE(topics.ok()) << "it hangs up after that";
  EXPECT_EQ(token(), std::string("\0keeper\0se&cret", 15));
  EXPECT_THAT(topics.error().message, ::testing::Not(::testing::HasSubstr("se&cret")));
}

/// Negative control.
TEST_F(KafkaSasl, IsOffUnlessTheAddressHasIt) {
  ASSERT_FALSE(kafka::topics(address_, 1'000).ok());
  EXPECT_FALSE(std::filesystem::exists(token_file()));
}

}  // namespace
}  // namespace freshet
