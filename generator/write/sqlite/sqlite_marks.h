// Whose a table of an SQLite file is, and which runs live that have tables there.
//
// A table that Freshet makes says, in a comment of its definition, under which name, in which file and for which run it
// was made. The file keeps the definition as it was written; a table that is renamed or copied does not fit its mark
// any more, and is not ours. It is looked at in the transaction that drops the table.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "generator/write/backend/backend.h"
#include "generator/write/sqlite/sqlite_database.h"
#include "scenarios/tables/table_mark.h"

namespace freshet::sqlite {

/// The run whose mark (scenarios/tables/table_mark.h) the definition of a table has; nothing when there is no mark that
/// fits.
[[nodiscard]] std::optional<std::string> owner_of(std::string_view file, std::string_view table, std::string_view sql);

/// The definition of the table, or of anything else in the file, that has this name; nothing when nothing has it.
[[nodiscard]] Result<std::optional<std::string>> definition_of(Database& database, const std::string& table);
/// Drops the table, in the transaction that there is, if it still has this definition.
[[nodiscard]] Result<Dropped> drop_defined(Database& database, const std::string& table, const std::string& sql);
/// The same in a transaction of its own.
[[nodiscard]] Result<Dropped> drop_table(Database& database, const std::string& table, const std::string& sql);

/// A run's word that it lives: a lock of the kernel on a byte of the file, far behind those that SQLite locks. It ends
/// with the process, however that ends.
///
/// When a process closes a file, it loses the locks that SQLite has on it, whatever the descriptor. So neither a lease
/// may end nor lives() be called while the process has a transaction in that file.
class FileLease final : public RunLease {
 public:
  /// Makes the file where there is none. Usage when the run lives already.
  [[nodiscard]] static Result<std::unique_ptr<RunLease>> take(const Address& address, const std::string& run_id);
  ~FileLease() override;
  FileLease(const FileLease&) = delete;
  FileLease& operator=(const FileLease&) = delete;

  void guard(const std::string& table) override;
  Status look() override;
  [[nodiscard]] std::string trouble() const override;

 private:
  FileLease(Address address, std::string run_id, int descriptor)
      : address_(std::move(address)), run_id_(std::move(run_id)), descriptor_(descriptor) {}

  const Address address_;
  const std::string run_id_;
  const int descriptor_;
  mutable std::mutex mutex_;
  std::vector<std::string> tables_;
  std::string trouble_;
};

/// Whether a process holds the lease of a run.
[[nodiscard]] Result<bool> lives(const Address& address, const std::string& run_id);

}  // namespace freshet::sqlite
