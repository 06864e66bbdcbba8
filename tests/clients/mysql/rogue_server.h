// A malicious database server: it speaks as much of the protocol as it needs, keeps what clients send, and ends with
// its owner.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <string>
#include <thread>

#include "base/result.h"

namespace freshet {

class RogueServer {
 public:
  enum class Trick {
    None,            ///< lets everybody in, and says OK to everything: the control
    SwitchToClear,   ///< asks for the password by mysql_clear_password, in mid-login
    ClearAtOnce,     ///< names mysql_clear_password in its greeting
    SwitchToDialog,  ///< asks for it by dialog
    SwitchToOld,     ///< asks for the hash of 1998
    AskForFile,      ///< answers every statement with the wish to read a file of the client
    EndlessRows,     ///< answers every statement with rows and rows
    EndlessPacket,   ///< greets with a packet of ever more parts
    LyingLength,     ///< greets with less than it says
    EmptyGreeting,   ///< greets with a packet of nothing
    Noise,           ///< greets with bytes that mean nothing
    Silent,          ///< takes the connection and says nothing
    SilentLater      ///< greets, and says nothing to the login
  };

  explicit RogueServer(Trick trick, std::string file = "") : trick_(trick), file_(std::move(file)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    FRESHET_CHECK(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0, "bind");
    FRESHET_CHECK(::listen(listener_, 4) == 0, "listen");
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
  }
  ~RogueServer() {
    thread_.request_stop();
    thread_.join();
    ::close(listener_);
  }
  RogueServer(const RogueServer&) = delete;
  RogueServer& operator=(const RogueServer&) = delete;

  [[nodiscard]] int port() const { return port_; }
  /// Everything that clients have sent so far.
  [[nodiscard]] std::string heard() const {
    const std::scoped_lock lock(mutex_);
    return heard_;
  }

 private:
  static constexpr std::size_t kEnough = 256 << 20;  ///< endless for a test

  bool readable(int client, const std::stop_token& stop) const {
    while (!stop.stop_requested()) {
      pollfd wanted{client, POLLIN, 0};
      if (::poll(&wanted, 1, 20) > 0) return true;
    }
    return false;
  }
  /// A packet's payload; empty at the end of the connection.
  std::string receive(int client, const std::stop_token& stop) {
    std::string got;
    while (got.size() < 4 || got.size() < 4 + length_of(got)) {
      char buffer[4096];
      if (!readable(client, stop)) return "";
      const ssize_t size = ::recv(client, buffer, sizeof buffer, 0);
      if (size <= 0) return "";
      got.append(buffer, static_cast<std::size_t>(size));
      const std::scoped_lock lock(mutex_);
      heard_.append(buffer, static_cast<std::size_t>(size));
    }
    return got.substr(4);
  }
  static std::size_t length_of(const std::string& packet) {
    const auto byte = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(packet[i])); };
    return byte(0) | byte(1) << 8 | byte(2) << 16;
  }
  static bool send_raw(int client, const std::string& bytes) {
    for (std::size_t sent = 0; sent < bytes.size();) {
      const ssize_t step = ::send(client, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (step <= 0) return false;
      sent += static_cast<std::size_t>(step);
    }
    return true;
  }
  static std::string packet(int sequence, const std::string& payload) {
    std::string out;
    for (int shift = 0; shift < 24; shift += 8) out += static_cast<char>(payload.size() >> shift);
    return out + static_cast<char>(sequence) + payload;
  }
  [[nodiscard]] std::string greeting() const {
    using namespace std::string_literals;
    const std::string plugin = trick_ == Trick::ClearAtOnce ? "mysql_clear_password" : "mysql_native_password";
    return packet(0, "\x0a"s + "5.5.5-10.11.6-MariaDB\0"s + "\x01\0\0\0"s + "12345678\0"s + "\xff\xf7"s + "\x2d"s +
                         "\x02\0"s + "\xff\x81"s + "\x15"s + std::string(10, '\0') + "123456789012\0"s + plugin +
                         "\0"s);
  }

  void serve(const std::stop_token& stop) {
    while (readable(listener_, stop)) {
      const int client = ::accept(listener_, nullptr, nullptr);
      if (client < 0) continue;
      timeval patience{1, 0};
      ::setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
      entertain(client, stop);
      ::close(client);
    }
  }

  void entertain(int client, const std::stop_token& stop) {
    using namespace std::string_literals;
    switch (trick_) {
      case Trick::Silent:
        return wait(client, stop);
      case Trick::Noise:
        send_raw(client, std::string(64, '\x7f'));
        return wait(client, stop);
      case Trick::EmptyGreeting:
        send_raw(client, packet(0, ""));
        return wait(client, stop);
      case Trick::LyingLength:
        send_raw(client, "\xf0\xff\x0f\0\x0a"s + "5.5.5");
        return wait(client, stop);
      case Trick::EndlessPacket:
        return send_endless(client, stop);
      default:
        break;
    }
    send_raw(client, greeting());
    if (receive(client, stop).empty()) return;
    if (trick_ == Trick::SilentLater) return wait(client, stop);
    int sequence = 2;
    if (const std::string wish = other_plugin(); !wish.empty()) {
      send_raw(client, packet(sequence, wish));
      if (receive(client, stop).empty()) return;
      sequence += 2;
    }
    send_raw(client, packet(sequence, "\0\0\0\x02\0\0\0"s));
    while (!receive(client, stop).empty()) {
      if (!answer(client, stop)) return;
    }
  }
  [[nodiscard]] std::string other_plugin() const {
    using namespace std::string_literals;
    switch (trick_) {
      case Trick::SwitchToClear:
        return "\xfe"s + "mysql_clear_password\0"s;
      case Trick::SwitchToDialog:
        return "\xfe"s + "dialog\0"s + "\x04Password: "s;
      case Trick::SwitchToOld:
        return "\xfe"s + "mysql_old_password\0"s + "12345678\0"s;
      default:
        return "";
    }
  }
  bool answer(int client, const std::stop_token& stop) {
    using namespace std::string_literals;
    if (trick_ == Trick::AskForFile) {
      if (!send_raw(client, packet(1, "\xfb" + file_))) return false;
      receive(client, stop);  // the file, or nothing
      return send_raw(client, packet(3, "\0\0\0\x02\0\0\0"s));
    }
    if (trick_ != Trick::EndlessRows) return send_raw(client, packet(1, "\0\0\0\x02\0\0\0"s));
    const std::string column = "\x03"s + "def\0\0\0\x01"s + "a\0\x0c\x21\0\xff\0\0\0\xfd\0\0\0\0\0"s;
    if (!send_raw(client, packet(1, "\x01"s) + packet(2, column) + packet(3, "\xfe\0\0\x02\0"s))) return false;
    std::string rows;
    for (int i = 0; i < 1000; ++i) rows += packet(4 + i, "\x01x"s);
    for (std::size_t sent = 0; sent < kEnough && !stop.stop_requested(); sent += rows.size()) {
      if (!send_raw(client, rows)) return false;
    }
    return false;
  }
  void send_endless(int client, const std::stop_token& stop) {
    std::string part = "\xff\xff\xff";
    part += '\0';
    part += '\x0a';
    part.resize(4 + 0xffffff, 'x');
    for (std::size_t sent = 0; sent < kEnough && !stop.stop_requested(); sent += part.size()) {
      if (!send_raw(client, part)) return;
      ++part[3];
    }
  }
  void wait(int client, const std::stop_token& stop) {
    while (!receive(client, stop).empty()) {
    }
  }

  const Trick trick_;
  const std::string file_;
  int listener_ = -1;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::string heard_;
  std::jthread thread_;
};

}  // namespace freshet
