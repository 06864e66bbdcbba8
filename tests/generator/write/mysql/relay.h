// A relay on a unix socket before a server's, that breaks a connection at its next COMMIT, or other words: before the
// server sees them, or after the server has carried them out and before the client hears of it.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace freshet::fixture {

class CommitRelay {
 public:
  enum class Break { Never, BeforeCommit, AfterCommit };

  /// Listens at `path`; passes everything on to the server at `server`.
  CommitRelay(std::string path, std::string server) : path_(std::move(path)), server_(std::move(server)) {
    const sockaddr_un address = address_of(path_);
    listening_ = ::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                 ::listen(listener_, 16) == 0;
    acceptor_ = std::jthread([this](const std::stop_token& stop) { accept(stop); });
  }
  ~CommitRelay() {
    acceptor_.request_stop();
    acceptor_.join();
    ::close(listener_);
    ::unlink(path_.c_str());
  }
  CommitRelay(const CommitRelay&) = delete;
  CommitRelay& operator=(const CommitRelay&) = delete;

  [[nodiscard]] bool listening() const { return listening_; }
  /// What to do when the client next says the words; once.
  void arm(Break how, const char* words = "COMMIT") {
    words_ = words;
    armed_ = how;
  }
  [[nodiscard]] int breaks() const { return breaks_; }

 private:
  static sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    return address;
  }

  void accept(const std::stop_token& stop) {
    std::vector<std::jthread> sessions;
    while (!stop.stop_requested()) {
      pollfd waiting{listener_, POLLIN, 0};
      if (::poll(&waiting, 1, 20) <= 0) continue;
      const int client = ::accept(listener_, nullptr, nullptr);
      sessions.emplace_back([this, client](const std::stop_token& ending) { relay(client, ending); });
    }
  }

  void relay(int client, const std::stop_token& stop) {
    const int server = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_un address = address_of(server_);
    bool open = ::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    while (open && !stop.stop_requested()) {
      std::array<pollfd, 2> ends{pollfd{client, POLLIN, 0}, pollfd{server, POLLIN, 0}};
      if (::poll(ends.data(), ends.size(), 20) <= 0) continue;
      open = ends[0].revents != 0 ? from_client(client, server) : pass(server, client);
    }
    ::close(server);
    ::close(client);
  }

  bool from_client(int client, int server) {
    std::array<char, 65536> bytes{};
    const ssize_t size = ::recv(client, bytes.data(), bytes.size(), 0);
    if (size <= 0) return false;
    Break how = Break::Never;
    if (std::string_view(bytes.data(), static_cast<std::size_t>(size)).find(words_.load()) != std::string_view::npos) {
      how = armed_.exchange(Break::Never);
    }
    if (how != Break::Never) ++breaks_;
    if (how == Break::BeforeCommit) return false;
    if (::send(server, bytes.data(), static_cast<std::size_t>(size), MSG_NOSIGNAL) != size) return false;
    if (how == Break::Never) return true;
    await_answers(server, packets_in({bytes.data(), static_cast<std::size_t>(size)}));
    return false;
  }

  /// The server answers each command when it has executed it; the client never gets the answer.
  static void await_answers(int server, std::size_t commands) {
    std::array<char, 65536> bytes{};
    std::string answers;
    while (packets_in(answers) < commands) {
      const ssize_t size = ::recv(server, bytes.data(), bytes.size(), 0);
      if (size <= 0) return;
      answers.append(bytes.data(), static_cast<std::size_t>(size));
    }
  }
  /// Whole packets of the protocol: three bytes of length, a number, and what is in it.
  static std::size_t packets_in(std::string_view bytes) {
    constexpr std::size_t kHeader = 4;
    std::size_t packets = 0;
    while (bytes.size() >= kHeader) {
      const auto byte = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(bytes[i])); };
      const std::size_t size = kHeader + byte(0) + (byte(1) << 8) + (byte(2) << 16);
      if (bytes.size() < size) break;
      bytes.remove_prefix(size);
      ++packets;
    }
    return packets;
  }

  static bool pass(int from, int to) {
    std::array<char, 65536> bytes{};
    const ssize_t size = ::recv(from, bytes.data(), bytes.size(), 0);
    return size > 0 && ::send(to, bytes.data(), static_cast<std::size_t>(size), MSG_NOSIGNAL) == size;
  }

  const std::string path_;
  const std::string server_;
  const int listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  bool listening_ = false;
  std::atomic<const char*> words_ = "COMMIT";
  std::atomic<Break> armed_ = Break::Never;
  std::atomic<int> breaks_ = 0;
  std::jthread acceptor_;
};

}  // namespace freshet::fixture
