// The life of a private server: directory, system tables, start, readiness, end.
#include "servers/mariadb_server.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <vector>

#include "base/clock.h"
#include "servers/process_cost.h"

namespace freshet {
namespace {

constexpr int kInstallTimeoutMs = 60'000;
constexpr int kReadyTimeoutMs = 30'000;
constexpr int kAnswerPollMs = 5;
constexpr int kShutdownMs = 20'000;
constexpr int kPortAttempts = 8;
/// sockaddr_un holds 107 characters; some clients in other languages allow fewer.
constexpr std::size_t kLongestSocketPath = 100;
constexpr const char* kPackages = "apt-get install --no-install-recommends mariadb-server-core mariadb-client-core";

/// A port of 127.0.0.1 that was free a moment ago, or 0 if there is none. If another process takes it before the server
/// does, the server reports that, and the next port is tried.
int free_port() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  const bool bound = ::bind(listener, generic, size) == 0 && ::getsockname(listener, generic, &size) == 0;
  ::close(listener);
  return bound ? ntohs(address.sin_port) : 0;
}

/// 128 random bits in hex; empty if the kernel has no random source.
std::string random_password() {
  std::array<unsigned char, 16> bits{};
  if (::getrandom(bits.data(), bits.size(), 0) != static_cast<ssize_t>(bits.size())) return "";
  std::string hex;
  for (const unsigned char byte : bits) hex += fmt::format("{:02x}", byte);
  return hex;
}

/// The last part of what was written to the file.
std::string end_of(int file) {
  constexpr off_t kMost = 65'536;
  std::string text(kMost, '\0');
  const off_t size = ::lseek(file, 0, SEEK_END);
  const ssize_t got = ::pread(file, text.data(), text.size(), std::max<off_t>(size - kMost, 0));
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return text;
}

/// The last lines before the installer's advice, which is longer than any cause, limited to what a person reads.
std::string cause_in(const std::string& words) {
  constexpr const char* kAdvice = "Installation of system tables failed!";
  constexpr int kLines = 12;
  constexpr std::size_t kLongest = 2000;
  std::string cause = words.substr(0, words.find(kAdvice));
  while (!cause.empty() && cause.back() == '\n') cause.pop_back();
  std::size_t from = cause.size();
  for (int line = 0; line < kLines && from != std::string::npos && from > 0; ++line) from = cause.rfind('\n', from - 1);
  if (from != std::string::npos && from > 0) cause.erase(0, from + 1);
  if (cause.size() > kLongest) cause = "..." + cause.substr(cause.size() - kLongest);
  // A message must be one line.
  for (std::size_t end = 0; (end = cause.find('\n', end)) != std::string::npos;) cause.replace(end, 1, "; ");
  return cause;
}

Error interrupted() { return {ErrorKind::Interrupted, "interrupted while starting the private server", ""}; }

/// True if a server greets us on the socket. Its handshake is a packet of type 10: 3 bytes of length, a sequence
/// number, the protocol version. An error packet (too many connections) has 255 there and means that it is not ready.
bool greets(const std::string& path) {
  const int client = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const timeval patience{1, 0};
  ::setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  unsigned char greeting[5] = {};
  const bool greeted = ::connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                       ::recv(client, greeting, sizeof greeting, MSG_WAITALL) == sizeof greeting && greeting[4] == 10;
  ::close(client);
  return greeted;
}

/// Sets every option that a run depends on; no configuration file of the machine is read.
std::vector<std::string> server_command(const std::string& program, const std::string& directory,
                                        const std::string& socket, int port, const MariadbServer::Options& options) {
  std::vector<std::string> command = {
      program, "--no-defaults", "--datadir=" + directory + "/data", "--tmpdir=" + directory + "/tmp",
      "--secure-file-priv=" + directory + "/tmp", "--pid-file=" + directory + "/mariadbd.pid", "--socket=" + socket,
      "--bind-address=127.0.0.1", "--port=" + std::to_string(port), "--skip-name-resolve",
      "--character-set-server=utf8mb4", "--default-time-zone=+00:00", "--log-warnings=1", "--max-allowed-packet=64M",
      "--performance-schema=OFF", "--server-id=1",
      // Durability of an embedded run (docs/SEMANTICS.md §2): a commit survives the death of the server, not that of
      // the host. So the redo log goes through the file system's cache; unbuffered, each commit would wait for the
      // disk.
      "--innodb-flush-log-at-trx-commit=2", "--sync-binlog=0", "--innodb-buffer-pool-size=512M",
      "--innodb-log-file-size=512M", "--innodb-flush-method=O_DIRECT", "--loose-innodb-log-file-buffering=ON"};
  if (::geteuid() == 0) command.push_back("--user=root");  // as root it refuses to run without this
  if (options.binlog) {
    // Old log files are removed while the server runs, so that a long run needs a bounded amount of disk.
    for (const char* option : {"--log-bin=binlog", "--binlog-format=ROW", "--binlog-row-metadata=FULL",
                               "--binlog-row-image=FULL", "--binlog-annotate-row-events=OFF", "--gtid-strict-mode=1",
                               "--max-binlog-size=256M", "--binlog-expire-logs-seconds=1800"}) {
      command.emplace_back(option);
    }
  } else {
    command.emplace_back("--skip-log-bin");
  }
  if (!options.binlog_ignore_database.empty())
    command.push_back("--binlog-ignore-db=" + options.binlog_ignore_database);
  return command;
}

}  // namespace

Result<std::unique_ptr<MariadbServer>> MariadbServer::start(const Options& options) {
  const std::string program = find_program("mariadbd");
  if (program.empty() || find_program("mariadb-install-db").empty()) {
    return Error{ErrorKind::Usage, "there is no MariaDB server on this machine (mariadbd, mariadb-install-db)",
                 kPackages};
  }
  FRESHET_ASSIGN(auto directory,
                 options.directory.empty() ? PrivateDirectory::create() : PrivateDirectory::claim(options.directory));
  std::unique_ptr<MariadbServer> server(new MariadbServer());
  server->directory_ = std::move(directory);
  if (options.keep_directory) server->directory_->keep();
  const std::string& path = server->directory_->path();
  server->socket_ = path + "/mysql.sock";
  server->log_file_ = path + "/server.log";
  if (server->socket_.size() > kLongestSocketPath) {
    return Error{ErrorKind::Usage, "the path of the server's socket is too long: " + server->socket_,
                 "at most " + std::to_string(kLongestSocketPath) + " characters; set TMPDIR to a shorter folder"};
  }
  server->asked_to_stop_ = options.stop;
  FRESHET_TRY(server->install(options.stop));
  FRESHET_TRY(server->launch(options, program));
  return server;
}

Status MariadbServer::install(const std::stop_token& stop) {
  const std::string& path = directory_->path();
  std::error_code ignored;
  std::filesystem::create_directory(path + "/tmp", ignored);
  tcp_password_ = random_password();
  if (tcp_password_.empty()) return Error{ErrorKind::Internal, "the kernel provided no random numbers", ""};
  // The socket is in a directory of ours, but every user of this machine can reach the port, and a database root may
  // write files as the user that runs the server.
  const std::string accounts = path + "/accounts.sql";
  std::ofstream(accounts)
      << "DELETE FROM mysql.global_priv WHERE User = 'root' AND Host NOT IN ('localhost', '127.0.0.1');\n"
      << "DELETE FROM mysql.proxies_priv;\n"
      << "UPDATE mysql.global_priv SET Priv = JSON_SET(Priv, '$.plugin', 'mysql_native_password',"
      << " '$.authentication_string', PASSWORD('" << tcp_password_ << "')) WHERE Host = '127.0.0.1';\n";
  // No --user, although we may be root: with it the script would change the owner of the system server's files. A small
  // redo log is faster to write, and is replaced at the first start. The script's output goes to memory: a full disk,
  // which it may want to report, would lose it.
  const int said = ::memfd_create("install", MFD_CLOEXEC);
  const auto close_said = [&] {
    if (said >= 0) ::close(said);
  };
  Status started = process_.start(
      {.command = {"mariadb-install-db", "--no-defaults", "--force", "--skip-test-db", "--skip-name-resolve",
                   "--auth-root-authentication-method=normal", "--datadir=" + path + "/data",
                   "--tmpdir=" + path + "/tmp", "--extra-file=" + accounts, "--innodb-log-file-size=16M"},
       .inherited = {directory_->lock()},
       .output = said,
       .guarded = true});
  const bool ended = started.ok() && process_.wait(kInstallTimeoutMs, stop);
  std::filesystem::remove(accounts, ignored);
  const std::string words = end_of(said);
  close_said();
  if (!started.ok()) return started;
  if (ended && process_.exit_code() == 0) {
    std::ofstream(log_file_) << words;
    return {};
  }
  const std::string how = ended ? process_.died() : "did not end";
  process_.stop(0);
  if (stop.stop_requested()) return interrupted();
  return Error{ErrorKind::Unreachable, "mariadb-install-db " + how + ": " + cause_in(words), ""};
}

Status MariadbServer::launch(const Options& options, const std::string& program) {
  for (int attempt = 1;; ++attempt) {
    port_ = free_port();
    std::error_code ignored;
    const auto logged_before = std::filesystem::file_size(log_file_, ignored);
    FRESHET_TRY(process_.start({.command = server_command(program, directory_->path(), socket_, port_, options),
                                .output_file = log_file_,
                                .inherited = {directory_->lock()}}));
    Status ready = wait_ready(options.stop);
    if (ready.ok()) return {};
    process_.stop(0);
    std::ifstream log(log_file_);
    log.seekg(static_cast<std::streamoff>(logged_before));
    const std::string said((std::istreambuf_iterator<char>(log)), {});
    const bool port_was_taken = said.find("Bind on TCP/IP port") != std::string::npos;
    if (!port_was_taken || attempt == kPortAttempts) return ready;
  }
}

Status MariadbServer::wait_ready(const std::stop_token& stop) {
  const SystemClock clock;
  const Instant deadline = clock.now() + kReadyTimeoutMs * kNanosPerMilli;
  while (!greets(socket_)) {
    if (stop.stop_requested()) return interrupted();
    const bool ended = process_.wait(kAnswerPollMs);
    if (!ended && clock.now() < deadline) continue;
    const std::string how =
        ended ? process_.died() : "did not answer within " + std::to_string(kReadyTimeoutMs) + " ms";
    return Error{ErrorKind::Unreachable, "mariadbd " + how + ": " + cause_in(tail_of(log_file_, 12)), ""};
  }
  return {};
}

MariadbServer::~MariadbServer() {
  // Nothing that a clean shutdown writes would survive.
  if (!directory_->kept()) kill_now();
  stop();
}

std::string MariadbServer::died() { return process_.died(); }

ProcessCost MariadbServer::cost() const { return process_.cost(); }

void MariadbServer::stop() { process_.stop(kShutdownMs, asked_to_stop_); }

void MariadbServer::kill_now() {
  process_.signal(SIGKILL);
  process_.stop();
}

}  // namespace freshet
