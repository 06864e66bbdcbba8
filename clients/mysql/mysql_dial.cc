// Connecting within a time limit, while a stop token can end the wait at any time.
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/clock.h"
#include "clients/mysql/mysql_session.h"

namespace freshet::mysql {

void Hold::take(int socket, const std::stop_token& stop) {
  release();
  socket_ = ::fcntl(socket, F_DUPFD_CLOEXEC, 0);
  if (socket_ >= 0) stopped_.emplace(stop, [this] { hang_up(); });
}

void Hold::hang_up() const {
  if (socket_ >= 0) ::shutdown(socket_, SHUT_RDWR);
}

void Hold::release() {
  stopped_.reset();  // waits for a callback that is running
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
}

namespace {

// The events of `waits` that occurred, in the library's form.
int wait_for(int socket, int waits, int most_ms) {
  pollfd event{socket, 0, 0};
  if ((waits & MYSQL_WAIT_READ) != 0) event.events |= POLLIN;
  if ((waits & MYSQL_WAIT_WRITE) != 0) event.events |= POLLOUT;
  if ((waits & MYSQL_WAIT_EXCEPT) != 0) event.events |= POLLPRI;
  int ready;
  do {
    ready = ::poll(&event, 1, most_ms);
  } while (ready < 0 && errno == EINTR);
  if (ready <= 0) return MYSQL_WAIT_TIMEOUT;
  int came = 0;
  if ((event.revents & (POLLIN | POLLHUP | POLLERR)) != 0) came |= MYSQL_WAIT_READ;
  if ((event.revents & (POLLOUT | POLLHUP | POLLERR)) != 0) came |= MYSQL_WAIT_WRITE;
  if ((event.revents & POLLPRI) != 0) came |= MYSQL_WAIT_EXCEPT;
  return (came & waits) != 0 ? came & waits : waits & ~MYSQL_WAIT_TIMEOUT;
}

}  // namespace

// The library's blocking call does not expose its socket until it is connected, and applies the limit to each packet of
// the login separately. Its non-blocking form returns whenever it would wait. Afterwards the session blocks as usual.
bool Connection::State::dial(const Address& address, int timeout_s) {
  // For the coroutine of the non-blocking form. The resolver and the TLS library run on it, and the default of 60 KiB
  // is too small.
  constexpr std::size_t kStack = std::size_t{512} << 10;
  MYSQL* const handle = mysql.get();
  mysql_options(handle, MYSQL_OPT_NONBLOCK, &kStack);
  mysql_options(handle, MYSQL_OPT_CONNECT_TIMEOUT, &timeout_s);
  const bool local = !address.socket.empty();
  if (stop.stop_requested()) return false;
  const SystemClock clock;
  const Instant deadline = clock.now() + timeout_s * kNanosPerSecond;
  MYSQL* made = nullptr;
  int waits = mysql_real_connect_start(
      &made, handle, local ? "localhost" : address.host.c_str(), address.user.c_str(), address.password.c_str(),
      address.database.empty() ? nullptr : address.database.c_str(), local ? 0 : static_cast<unsigned>(address.port),
      local ? address.socket.c_str() : nullptr, 0);
  while (waits != 0) {
    // Each address of a host has its own socket.
    const int socket = static_cast<int>(mysql_get_socket(handle));
    hold.take(socket, stop);
    Nanos left = std::max(Nanos{}, deadline - clock.now());
    if ((waits & MYSQL_WAIT_TIMEOUT) != 0) {
      left = std::min<Nanos>(left, static_cast<int>(mysql_get_timeout_value_ms(handle)) * kNanosPerMilli);
    }
    waits = mysql_real_connect_cont(&made, handle, wait_for(socket, waits, static_cast<int>(left / kNanosPerMilli)));
  }
  if (made != nullptr) hold.take(static_cast<int>(mysql_get_socket(handle)), stop);
  return made != nullptr;
}

}  // namespace freshet::mysql
