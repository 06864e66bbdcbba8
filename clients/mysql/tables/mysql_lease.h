// A run's word that it lives: a named lock of the database server (GET_LOCK), held by a session of its own.
//
// The server gives the lock back when that session ends, however it ends, so that a dead run holds nothing: no row, no
// time stamp, no clock to agree on. A living run looks after its session and takes the lock anew when it was lost (the
// server was started again, somebody killed the session).
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

/// Who may hold a lease for a run: its own process, and the pipeline that serves it.
enum class Holder { Run, Pipeline };

class Lease {
 public:
  static constexpr Nanos kRenewal = 500 * kNanosPerMilli;
  /// A lease that is free for so long is not coming back.
  static constexpr Nanos kGrace = 2 * kNanosPerSecond;

  /// Usage when somebody else holds it: another process uses the same run id. `servers` are those on which this process
  /// holds it already: two addresses may lead to one server, and the second lease then only looks after tables.
  [[nodiscard]] static Result<std::unique_ptr<Lease>> take(const Address& address, Holder holder,
                                                           const std::string& run_id, std::set<std::string>& servers);
  ~Lease();
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  /// Looks after this table of the run from now on.
  void watch(const std::string& table);
  /// The first thing that was found amiss, in one line: another table stands where the run's was. Any thread.
  [[nodiscard]] std::string trouble() const;
  /// Looks at once; then trouble() is up to date. An error when the server does not answer.
  Status look();

 private:
  Lease(Address address, Holder holder, std::string run_id);
  Status open();
  Status obtain();
  void renew();
  Status check_tables();

  bool holds_ = true;
  std::stop_source stop_;                              ///< ends what the session waits for
  std::stop_callback<std::function<void()>> stopped_;  ///< as the stop of the address does
  const Address address_;
  const std::string name_;
  const std::string run_id_;
  std::mutex using_;  ///< the session
  std::optional<Connection> session_;
  mutable std::mutex knowing_;                ///< what is below
  std::map<std::string, std::string> marks_;  ///< by table
  std::string trouble_;
  std::jthread keeper_;
};

/// Whether anybody holds a lease for this run on the connection's server.
[[nodiscard]] Result<bool> is_leased(Connection& connection, const std::string& run_id);

}  // namespace freshet::mysql
