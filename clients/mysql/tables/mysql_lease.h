// Shows that a run is alive: a named lock of the database server (GET_LOCK), held by a session of its own.
//
// The server releases the lock when that session ends, however it ends, so a dead run holds nothing. No row, no time
// stamp, and no clocks that must agree are needed. A live run watches its session and takes the lock again if it was
// lost (the server was restarted, or the session was killed).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/result.h"
#include "clients/mysql/mysql.h"

namespace freshet::mysql {

/// Who may hold a lease for a run: its own process, or the pipeline that serves it.
enum class Holder { Run, Pipeline };

class Lease {
 public:
  static constexpr Nanos kRenewal = 500 * kNanosPerMilli;
  /// A lease that has been free for this long will not be taken again.
  static constexpr Nanos kGrace = 2 * kNanosPerSecond;

  /// Returns a Usage error if another process holds it, which means that it uses the same run id. `servers` are those
  /// on which this process already holds the lease: two addresses may lead to one server, and the second lease then
  /// only watches tables.
  [[nodiscard]] static Result<std::unique_ptr<Lease>> take(const Address& address, Holder holder,
                                                           const std::string& run_id, std::set<std::string>& servers);
  ~Lease();
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  /// Watches this table of the run from now on.
  void watch(const std::string& table);
  /// The first problem found, in one line: the run's table was replaced by another. Thread-safe.
  [[nodiscard]] std::string trouble() const;
  /// Checks now; afterwards trouble() is up to date. Returns an error if the server does not answer.
  Status look();

 private:
  Lease(Address address, Holder holder, std::string run_id);
  Status open();
  Status obtain();
  void renew();
  Status check_tables();

  bool holds_ = true;
  std::stop_source stop_;                              ///< ends waits of the session
  std::stop_callback<std::function<void()>> stopped_;  ///< forwards the stop of the address
  const Address address_;
  const std::string name_;
  const std::string run_id_;
  std::mutex using_;  ///< guards the session
  std::optional<Connection> session_;
  mutable std::mutex knowing_;                ///< guards the members below
  std::map<std::string, std::string> marks_;  ///< by table
  std::string trouble_;
  std::jthread keeper_;
};

/// True if any process holds a lease for this run on the connection's server.
[[nodiscard]] Result<bool> is_leased(Connection& connection, const std::string& run_id);

}  // namespace freshet::mysql
