#include "clients/mysql/tables/mysql_lease.h"

#include <utility>

#include "clients/mysql/tables/mysql_ownership.h"
#include "clients/mysql/tables/mysql_tables.h"

namespace freshet::mysql {

namespace {

/// Servers accept names of up to 64 characters. Two runs whose long ids begin alike share a name; the effect is only
/// that tables are kept.
std::string lock_name(Holder holder, const std::string& run_id) {
  constexpr std::size_t kMost = 64;
  return ((holder == Holder::Run ? "freshet run " : "freshet pipeline ") + run_id).substr(0, kMost);
}

Address with_stop(Address address, std::stop_token stop) {
  address.stop = std::move(stop);
  return address;
}

}  // namespace

Result<bool> is_leased(Connection& connection, const std::string& run_id) {
  const auto held = [&](Holder holder) {
    return "IS_USED_LOCK(" + connection.quote(lock_name(holder, run_id)) + ") IS NOT NULL";
  };
  FRESHET_ASSIGN(const auto said, connection.scalar("SELECT " + held(Holder::Run) + " OR " + held(Holder::Pipeline)));
  return said != "0";
}

Lease::Lease(Address address, Holder holder, std::string run_id)
    : stopped_(address.stop, [this] { stop_.request_stop(); }),
      address_(with_stop(std::move(address), stop_.get_token())),
      name_(lock_name(holder, run_id)),
      run_id_(std::move(run_id)) {}

Result<std::unique_ptr<Lease>> Lease::take(const Address& address, Holder holder, const std::string& run_id,
                                           std::set<std::string>& servers) {
  std::unique_ptr<Lease> lease(new Lease(address, holder, run_id));
  FRESHET_TRY(lease->open());
  FRESHET_ASSIGN(const auto server, server_of(*lease->session_));
  lease->holds_ = servers.insert(server).second;
  FRESHET_TRY(lease->obtain());
  lease->keeper_ = std::jthread([owner = lease.get()](const std::stop_token& ended) {
    const SystemClock clock;
    while (!ended.stop_requested()) {
      clock.sleep_until(clock.now() + kRenewal, ended);
      if (!ended.stop_requested()) owner->renew();
    }
  });
  return lease;
}

Lease::~Lease() {
  keeper_.request_stop();
  stop_.request_stop();
  if (keeper_.joinable()) keeper_.join();
}

Status Lease::open() {
  constexpr int kConnectTimeoutS = 2;
  session_.reset();
  FRESHET_ASSIGN(session_, Connection::open(address_, kConnectTimeoutS));
  return {};
}

Status Lease::obtain() {
  if (!session_) FRESHET_TRY(open());
  if (!holds_) return {};
  const Result<std::string> got = session_->scalar("SELECT GET_LOCK(" + session_->quote(name_) + ", 0)");
  if (got.ok() && got.value() == "1") return {};
  session_.reset();
  if (!got.ok()) return got.error();
  return Error{ErrorKind::Usage,
               "run " + run_id_ + " is already running: another process holds the lock \"" + name_ + "\" on " +
                   address_.display(),
               ""};
}

void Lease::renew() {
  const std::scoped_lock lock(using_);
  // Without an answer, the server decides when to release the lock. If the session died with the server, it is opened
  // again; if the server still believes in the session, the session keeps the lock until then.
  if (session_ && check_tables().ok()) return;
  session_.reset();
  [[maybe_unused]] const Status again = obtain();
}

Status Lease::check_tables() {
  std::map<std::string, std::string> marks;
  {
    const std::scoped_lock lock(knowing_);
    marks = marks_;
  }
  if (marks.empty()) return session_->execute("DO 0");
  for (const auto& [table, mark] : marks) {
    FRESHET_ASSIGN(const auto comment, table_comment(*session_, table));
    if (!comment || *comment == mark) continue;
    const std::scoped_lock lock(knowing_);
    if (trouble_.empty()) {
      trouble_ = "table " + table + " is no longer the one that this run created (its comment is \"" + *comment +
                 "\"); it was left unchanged";
    }
  }
  return {};
}

void Lease::watch(const std::string& table) {
  const std::scoped_lock lock(knowing_);
  marks_[table] = mark_of(address_.database, table, run_id_);
}

std::string Lease::trouble() const {
  const std::scoped_lock lock(knowing_);
  return trouble_;
}

Status Lease::look() {
  const std::scoped_lock lock(using_);
  if (!session_) FRESHET_TRY(obtain());
  return check_tables();
}

}  // namespace freshet::mysql
